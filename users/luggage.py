"""A form that is sent signed out waits behind the sign-in and comes back; nothing is done with it before a click."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from users.carry import PREFIX, Fields, is_too_much, marks, pairs, safe_next
from users.handover import asked_at, handed_over
from users.served import FIELD

# What the sign-in page says while a form waits, which may have no fields at all.
_WAITS = "form_waits"


@dataclass(frozen=True)
class Luggage:
    """`url`: where the form was sent to. `marks`: who it was served to, maybe somebody else than who signs in next."""

    url: str
    fields: Fields
    marks: list[str]

    @property
    def contents(self) -> Fields:
        return [*self.fields, *((FIELD, mark) for mark in self.marks)]


def pack(request: HttpRequest, url: str, sent: Fields) -> Luggage | None:
    """None where it is far too much, or leads to another site."""
    if not safe_next(request, url):
        return None
    luggage = Luggage(url, asked_at(url).handover.coming_back(sent), marks(sent))
    return None if is_too_much(luggage.contents) else luggage


def brought(request: HttpRequest) -> Luggage | None:
    """The luggage again, after it went through the sign-in page."""
    post = request.POST
    carried = [(name.removeprefix(PREFIX), value) for name, value in pairs(post) if name.startswith(PREFIX)]
    return pack(request, post.get("next", ""), carried) if carried or _WAITS in post else None


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """The answer to somebody who sent a form and is signed out: the sign-in page, with the form in its luggage."""
    url = request.get_full_path()
    return sign_in_page(request, url, pack(request, url, pairs(request.POST)))


def sign_in_page(request: HttpRequest, url: str, luggage: Luggage | None, who: str = "") -> HttpResponse:
    """`who`: the name to start from, for somebody who is to sign in again instead of another person."""
    form = AuthenticationForm(request, initial={"username": who})
    context = {"form": form, "next": url, "luggage": luggage, "signed_out": True}
    return render(request, "users/login.html", context, status=403)


def unpacked(request: HttpRequest, url: str, luggage: Luggage | None, status: int = 200) -> HttpResponse:
    """A page with one button that sends the form on its way again; or the one of who had been served it."""
    if luggage:
        of_another = handed_over(request, url, luggage.contents)
        if of_another:
            return of_another
    asked = asked_at(safe_next(request, url) or "/")
    context = {"luggage": luggage, "asked": asked, "fields": luggage.fields if luggage else []}
    return render(request, "users/carry_on.html", context, status=status)
