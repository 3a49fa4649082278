"""Which methods are answered at all; whatever else a request asks for, nothing is done with it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

_ANSWERED = ("GET", "HEAD", "POST")


class MethodsMiddleware:
    """No view sees a method that it may take for reading, or refuse only after it has looked around."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in _ANSWERED:
            return HttpResponseNotAllowed(_ANSWERED)
        return self.get_response(request)
