"""Whose word counts about how a request came to us."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_SAID_BY_PROXIES = ("HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_FOR")


class TrustedProxiesMiddleware:
    """Takes what only a proxy may say out of requests that did not come through one of ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.TRUSTED_PROXIES and not is_trusted(request.META.get("REMOTE_ADDR", "")):
            for header in _SAID_BY_PROXIES:
                request.META.pop(header, None)
        return self.get_response(request)


def is_trusted(address: str) -> bool:
    """`address`: of who is connected to us, "" on a socket."""
    if not address:
        return "unix" in settings.TRUSTED_PROXIES
    try:
        asked = ip_address(address)
    except ValueError:
        return False
    return any(each != "unix" and asked in each for each in settings.TRUSTED_PROXIES)
