"""What a person reads is theirs: no cache between us and their browser keeps it for others."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers


class PrivateMiddleware:
    """Says nothing of how long the browser itself may keep a page: going back stays as it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        patch_cache_control(answer, private=True)
        patch_vary_headers(answer, ["Cookie"])
        return answer
