"""A form that was served to one person and is sent by another: kept for the first, offered to the second."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import Resolver404, resolve

from users.carry import Fields, as_sent, as_typed, is_too_much, marks, safe_next, within_limit
from users.models import User
from users.served import FIELD, TAKEN_OVER, take_over, typist_besides

# The button that a form has which `shows_again`.
REVIEW = "review"


class Handover:
    """What a view says about its form for this case, as its attribute `handover`.

    `shows_again`: sent with `review`, the form comes back before anything is saved. `is_background`: a script sends
    it, and shows what it is answered. `buttons`: names of its buttons, which are not typed.
    `is_anybodys`: it only asks, so that it matters to nobody who asks it.
    """

    shows_again = False
    is_background = False
    is_anybodys = False
    buttons: frozenset[str] = frozenset()

    def coming_back(self, sent: Fields) -> Fields:
        """What of a form is sent once more by a button: all, where that is what it does at once."""
        return as_typed(sent, self.buttons) if self.shows_again else as_sent(sent)

    def form(self, asked: Asked, fields: Fields) -> str:
        """What tells the form from others, for the word that says who took it over."""
        return asked.path

    def keep(self, typist: User, asked: Asked, fields: Fields) -> bool:
        """Keep what was typed as a draft of the typist's; whether it could."""
        return False

    def may_take_over(self, user: User, asked: Asked) -> bool:
        """Never a guest. A view that asks for a right refuses who lacks it by itself; this spares them the button."""
        return user.may_certify or user.is_staff


@dataclass(frozen=True)
class Asked:
    """The address that a form is sent to, as its view sees it. `name`: what is done there, in words."""

    url: str
    path: str
    handover: Handover = field(default_factory=Handover)
    name: str = ""
    kwargs: dict[str, Any] = field(default_factory=dict)
    query: QueryDict = field(default_factory=QueryDict)

    @property
    def about(self) -> str:
        """ "run 325000 prompt (/PromptReco/…)", "" for what is about no run."""
        if "run_number" not in self.kwargs:
            return ""
        dataset = self.query.get("dataset", "")
        names = [f"run {self.kwargs['run_number']}", self.kwargs.get("reco", ""), f"({dataset})" if dataset else ""]
        return " ".join(filter(None, names))


def is_for_anybody(request: HttpRequest) -> bool:
    """Who presses "Sign out" means whoever is signed in, and signing in is for all."""
    return request.resolver_match.url_name in ("login", "logout")


def asked_at(url: str) -> Asked:
    path, query = urlsplit(url)[2:4]
    path = unquote(path)
    try:
        match = resolve(path)
    except Resolver404:
        return Asked(url, path)
    view = getattr(match.func, "view_class", match.func)
    name = (match.url_name or "").replace("_", " ")
    return Asked(url, path, getattr(view, "handover", Handover()), name, match.kwargs, QueryDict(query))


def handed_over(request: HttpRequest, url: str, sent: Fields) -> HttpResponse | None:
    """The answer to a form that somebody else was served than who is signed in; None if it may go on.

    Nothing is stored of it but a draft of who typed it, and that only with our signature.
    """
    typist = typist_besides(request.user, marks(sent))
    asked = asked_at(safe_next(request, url) or "/")
    if typist is None or asked.handover.is_anybodys:
        return None
    typed = within_limit(as_typed(sent, asked.handover.buttons))
    is_kept = bool(typist.person) and asked.handover.keep(typist.person, asked, typed)
    context = {"typist": typist.person, "is_kept": is_kept}
    if asked.handover.is_background:
        return render(request, "users/typed_by_another.txt", context, content_type="text/plain", status=409)
    context = {**context, **_offer(typist.person, request.user, asked, sent)}
    return render(request, "users/typed_by_another.html", context, status=409)


def _offer(typist: User | None, user: User, asked: Asked, sent: Fields) -> dict[str, Any]:
    """What the page offers: to take it over, or to sign in as the typist."""
    coming_back = asked.handover.coming_back(sent)
    form = asked.handover.form(asked, coming_back)
    is_too_long = is_too_much(coming_back)
    luggage = [] if is_too_long else [*coming_back, *((FIELD, mark) for mark in marks(sent))]
    return {
        "asked": asked,
        "fields": [] if is_too_long else [(name, value) for name, value in coming_back if name != TAKEN_OVER],
        "is_too_long": is_too_long,
        "may_take_over": asked.handover.may_take_over(user, asked),
        "taken_over": take_over(typist, user, form) if typist else "",
        "luggage": luggage,
    }
