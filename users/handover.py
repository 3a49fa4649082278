"""A form that was served to one person and is sent by another: kept for the first, offered to the second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import Resolver404, resolve

from users.carry import Fields, as_typed, luggage, safe_next, within_limit
from users.models import User
from users.served import FIELD, OPENING, TAKEN_OVER, take_over, typist_besides


class Handover:
    """What a view says about its form for this case, as its attribute `handover`.

    `shows_again`: sent with `review`, the form comes back before anything is saved. `is_background`: a script sends
    it, and shows what it is answered.
    """

    shows_again = False
    is_background = False

    def keep(self, typist: User, asked: Asked, fields: Fields) -> bool:
        """Keep what was typed as a draft of the typist's; whether it could."""
        return False

    def may_take_over(self, user: User, asked: Asked) -> bool:
        """Never a guest. A view that asks for a right refuses who lacks it by itself; this spares them the button."""
        return user.may_certify or user.is_staff


@dataclass(frozen=True)
class Asked:
    """The address that a form is sent to, as its view sees it."""

    url: str
    handover: Handover
    kwargs: dict[str, Any]
    query: QueryDict


def is_for_anybody(request: HttpRequest) -> bool:
    """Who presses "Sign out" means whoever is signed in, and signing in is for all."""
    return request.resolver_match.url_name in ("login", "logout")


def handed_over(request: HttpRequest, url: str, sent: Fields) -> HttpResponse | None:
    """The answer to a form that somebody else was served than who is signed in; None if it may go on.

    Nothing is stored of it but a draft of who typed it, and that only with our signature.
    """
    typist = typist_besides(request.user, [value for name, value in sent if name == FIELD])
    if typist is None:
        return None
    asked = _asked(safe_next(request, url) or "/")
    is_kept = bool(typist.person) and asked.handover.keep(typist.person, asked, as_typed(sent))
    context = {"typist": typist.person, "is_kept": is_kept}
    if asked.handover.is_background:
        return render(request, "users/typed_by_another.txt", context, content_type="text/plain", status=409)
    context = {**context, **_offer(typist.person, request.user, asked, sent)}
    return render(request, "users/typed_by_another.html", context, status=409)


def _offer(typist: User | None, user: User, asked: Asked, sent: Fields) -> dict[str, Any]:
    """What the page offers: to take it over, or to sign in as the typist."""
    fields = as_typed(sent) if asked.handover.shows_again else _all(sent)
    form = dict(fields).get(OPENING) or unquote(urlsplit(asked.url)[2])
    return {
        "action": asked.url,
        "fields": [(name, value) for name, value in fields if name != TAKEN_OVER],
        "is_too_long": bool(sent) and not within_limit(sent),
        "shows_again": asked.handover.shows_again,
        "may_take_over": asked.handover.may_take_over(user, asked),
        "taken_over": take_over(typist, user, form) if typist else "",
        "luggage": luggage(sent),
    }


def _all(sent: Fields) -> Fields:
    """The fields of a form that saves at once, its button too; a password never stands in a page."""
    own = ("csrfmiddlewaretoken", FIELD)
    return within_limit([(name, value) for name, value in sent if name not in own and "password" not in name])


def _asked(url: str) -> Asked:
    path, query = urlsplit(url)[2:4]
    try:
        match = resolve(unquote(path))
    except Resolver404:
        return Asked(url, Handover(), {}, QueryDict(query))
    view = getattr(match.func, "view_class", match.func)
    return Asked(url, getattr(view, "handover", Handover()), match.kwargs, QueryDict(query))
