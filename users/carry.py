"""Nothing typed is lost when the session is: the fields of a form wait behind the sign-in and come back."""

from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from users.served import FIELD

PREFIX = "carried-"
_NOT_CARRIED = {"csrfmiddlewaretoken", FIELD, "username", "next", "review", "correct", "search"}
_MOST_CHARACTERS = 200_000

Fields = list[tuple[str, str]]


def typed_fields(post: QueryDict) -> Fields:
    """(name, value) of everything a form sent, but for what belongs to the sign-in; [] if it is far too much."""
    return as_typed(pairs(post))


def carried_fields(post: QueryDict) -> Fields:
    """The luggage again, after it went through the sign-in page."""
    return luggage([(name.removeprefix(PREFIX), value) for name, value in pairs(post) if name.startswith(PREFIX)])


def as_typed(sent: Fields) -> Fields:
    return within_limit([(name, value) for name, value in sent if _is_typed(name)])


def luggage(sent: Fields) -> Fields:
    """What was typed, and who it was served to, which may be somebody else than who signs in next."""
    typed = as_typed(sent)
    return typed and typed + [(name, value) for name, value in sent if name == FIELD]


def pairs(post: QueryDict) -> Fields:
    return [(name, value) for name, values in post.lists() for value in values]


def _is_typed(name: str) -> bool:
    return name not in _NOT_CARRIED and not name.startswith(PREFIX) and "password" not in name


def within_limit(fields: Fields) -> Fields:
    return fields if sum(len(name) + len(value) for name, value in fields) <= _MOST_CHARACTERS else []


def safe_next(request: HttpRequest, url: str) -> str:
    """`url` if it stays on this site, else ""."""
    is_safe = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if is_safe else ""


def sign_in_and_carry(request: HttpRequest) -> HttpResponse:
    """The answer to somebody who sent a form and is signed out: the sign-in page, with the form in its luggage."""
    return sign_in_page(request, request.get_full_path(), luggage(pairs(request.POST)))


def sign_in_page(request: HttpRequest, url: str, fields: Fields, who: str = "") -> HttpResponse:
    """`who`: the name to start from, for somebody who is to sign in again instead of another person."""
    form = AuthenticationForm(request, initial={"username": who})
    context = {"form": form, "next": url, "carried": fields, "signed_out": True}
    return render(request, "users/login.html", context, status=403)


def carry_on(request: HttpRequest, url: str, fields: Fields, status: int = 200) -> HttpResponse:
    """A page with one button that brings the fields back to the form they came from, unsaved."""
    context = {"action": safe_next(request, url) or "/", "fields": as_typed(fields)}
    return render(request, "users/carry_on.html", context, status=status)
