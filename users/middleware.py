from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from users.carry import LONGEST_REDIRECT, pairs
from users.handover import handed_over, is_for_anybody
from users.luggage import sign_in_first, sign_in_page


class ServedToMiddleware:
    """No view sees a form that was served to somebody else than who is signed in.

    A form that does not say who it was served to, as a program's, is of who is signed in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.method != "POST" or not request.user.is_authenticated or is_for_anybody(request):
            return None
        return handed_over(request, request.get_full_path(), pairs(request.POST))


class NoDeadEndMiddleware:
    """A form that any view sends to the sign-in waits there, and comes back; so does an address, whatever its length.

    An address that takes only forms says so to whoever opens it, as after a form that was too long to wait.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if answer.status_code == 302 and _is_to_sign_in(request, answer.url):
            return _signed_in_first(request, answer)
        return _in_words(request, answer) if answer.status_code == 405 else answer


def _signed_in_first(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    if request.method == "POST":
        return sign_in_first(request)
    if len(answer.url) > LONGEST_REDIRECT:
        return sign_in_page(request, request.get_full_path(), None)
    return answer


def _is_to_sign_in(request: HttpRequest, url: str) -> bool:
    if request.user.is_authenticated or is_for_anybody(request):
        return False
    return urlsplit(url).path in (reverse("login"), reverse("admin:login"))


def _in_words(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    page = render(request, "405.html", status=405)
    page["Allow"] = answer["Allow"]
    return page
