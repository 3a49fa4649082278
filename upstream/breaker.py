"""The circuit breaker: a service that keeps failing costs no page more than a moment.

Not pybreaker, because that lets one call at a time through in each process, and ours run side by side.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from upstream.budget import remaining
from upstream.errors import RequestRefused, Resting, TimedOut, UpstreamError
from upstream.health import Health, health_of, record_failure, record_refusal, record_success
from upstream.threads import Pool

T = TypeVar("T")

# So long a page waits for the probe of a service that is ill: long enough to see that it is back.
PATIENCE = 0.5  # seconds
_LOOK_AGAIN = 0.02  # seconds
# `http.send` keeps the limits itself, except for names that do not resolve and headers that drip.
_GRACE = 0.25  # seconds
_wire = Pool("wire")


def ask(service: str, question: Callable[[], T]) -> T:
    """The answer to `question`, which asks `service`; what came of it is remembered as its health.

    Raises what `question` raises, TimedOut, and Resting when the service is ill and is being probed already.
    """
    health = health_of(service)
    return _ask_if_back(health, question) if health.is_open else _ask(service, question)


def _ask(service: str, question: Callable[[], T]) -> T:
    limit = min(settings.UPSTREAM_READ_TIMEOUT, remaining())
    if limit <= 0:
        raise TimedOut(service)
    try:
        return _send(service, question).result(limit + _GRACE)
    except TimeoutError as exc:
        failure = TimedOut(service)
        record_failure(failure)
        raise failure from exc


def _send(service: str, question: Callable[[], T], finally_: Callable[[], object] = lambda: None) -> Future[T]:
    def answer() -> T:
        try:
            told = question()
        except UpstreamError as failure:
            if failure.is_illness:
                record_failure(failure)
            elif isinstance(failure, RequestRefused):
                record_refusal(failure)
            raise
        else:
            record_success(service)
            return told
        finally:
            finally_()

    return _wire.submit(answer)


def _ask_if_back(health: Health, question: Callable[[], T]) -> T:
    """One question at a time, in all processes together, finds out whether the service is back."""
    probe = f"upstream-probe:{health.service.replace(' ', '-')}"
    until = time.monotonic() + PATIENCE
    while health.is_open:
        if cache.add(probe, time.time(), timeout=settings.UPSTREAM_READ_TIMEOUT + 2):
            return _probe(health, question, lambda: cache.delete(probe))
        asked_long_ago = time.time() - (cache.get(probe) or time.time()) > PATIENCE
        if asked_long_ago or time.monotonic() > until:
            raise _resting(health)
        time.sleep(_LOOK_AGAIN)
        health = health_of(health.service)
    return _ask(health.service, question)


def _probe(health: Health, question: Callable[[], T], finally_: Callable[[], object]) -> T:
    """The page waits a moment; what the service answers later is still noted."""
    try:
        return _send(health.service, question, finally_).result(min(PATIENCE, remaining()))
    except TimeoutError as exc:
        raise _resting(health) from exc


def _resting(health: Health) -> Resting:
    since = timezone.localtime(health.ill_since)
    return Resting(health.service, f"since {since:%H:%M}")
