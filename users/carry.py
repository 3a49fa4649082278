"""The fields of a form on their way from one page to another: what goes along, and where to."""

from __future__ import annotations

from collections.abc import Container

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from users.served import FIELD

PREFIX = "carried-"
_OF_THE_PAGE = {"csrfmiddlewaretoken", FIELD}
_OF_THE_SIGN_IN = {"username", "next"}
# What comes before an application reads the head of an answer into 4096 bytes, as nginx does.
LONGEST_REDIRECT = 2048
_MOST_CHARACTERS = 200_000
_MOST_FIELDS = 900  # Django refuses a form of 1000

Fields = list[tuple[str, str]]


def typed_fields(post: QueryDict, buttons: Container[str] = ()) -> Fields:
    """(name, value) of what was typed into a form, see `as_typed`; [] if it is far too much."""
    return within_limit(as_typed(pairs(post), buttons))


def as_typed(sent: Fields, buttons: Container[str] = ()) -> Fields:
    """What of a form is shown again: its button is not pressed a second time."""
    typed = [(name, value) for name, value in as_sent(sent) if name not in _OF_THE_SIGN_IN]
    return [(name, value) for name, value in typed if name not in buttons]


def as_sent(sent: Fields) -> Fields:
    """All of a form, its button too, but for what its page put into it. A password never stands in a page."""
    return [(name, value) for name, value in sent if name not in _OF_THE_PAGE and _may_travel(name)]


def _may_travel(name: str) -> bool:
    return not name.startswith(PREFIX) and "password" not in name


def marks(sent: Fields) -> list[str]:
    """Who the form was served to, as it says."""
    return [value for name, value in sent if name == FIELD]


def sent_query(request: HttpRequest) -> QueryDict:
    """What a form asked for, as it would stand in an address."""
    return QueryDict(urlencode(as_sent(pairs(request.POST))))


def pairs(post: QueryDict) -> Fields:
    return [(name, value) for name, values in post.lists() for value in values]


def is_too_much(fields: Fields) -> bool:
    return len(fields) > _MOST_FIELDS or sum(len(name) + len(value) for name, value in fields) > _MOST_CHARACTERS


def within_limit(fields: Fields) -> Fields:
    return [] if is_too_much(fields) else fields


def safe_next(request: HttpRequest, url: str) -> str:
    """`url` if it is an address of this site, else ""."""
    # What follows the question mark leads nowhere else, and may be longer than Django looks at.
    where = url.partition("?")[0]
    is_safe = url_has_allowed_host_and_scheme(where, {request.get_host()}, require_https=request.is_secure())
    return url if is_safe and url.startswith("/") else ""


def onward(request: HttpRequest, url: str) -> HttpResponse:
    """To an address of ours; by a link where it is too long for the header of an answer."""
    if len(url) <= LONGEST_REDIRECT:
        return redirect(url)
    return render(request, "users/onward.html", {"url": url})
