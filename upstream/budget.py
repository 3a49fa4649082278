"""How long all questions of one page may take together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def remaining() -> float:
    """Seconds that are left of the page's budget; more than any single limit where there is no page."""
    deadline = _deadline.get()
    return float("inf") if deadline is None else deadline - time.monotonic()


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Waits no longer for what was asked before: the questions themselves keep the time that they were given."""
    token = _deadline.set(time.monotonic() + min(seconds, remaining()))
    try:
        yield
    finally:
        _deadline.reset(token)


class PageBudgetMiddleware:
    """Starts the clock of every request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _deadline.set(time.monotonic() + settings.UPSTREAM_PAGE_BUDGET)
        try:
            return self.get_response(request)
        finally:
            _deadline.reset(token)
