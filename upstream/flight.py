"""One question for all who have the same one at the same moment, in whichever process they are."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar
from uuid import uuid4

from django.core.cache import cache

from upstream.budget import remaining
from upstream.errors import TimedOut

T = TypeVar("T")

# After so long another one asks, because the one that does may have died.
_ASKING_TAKES = 15  # seconds
_LOOK_AGAIN = 0.02  # seconds
# Whoever comes this much later still gets the same answer: the first one may not have stored it yet.
SHARED = 2  # seconds


def shared(
    service: str, key: str, ask: Callable[[], T], failures: tuple[type[Exception], ...], seconds: int = SHARED
) -> T:
    """The answer, asked for once; `seconds` is how long it serves others. A failure is shared with those who waited.

    Answers and `failures` must be picklable. Raises what `ask` raises, and TimedOut about `service`.
    """
    flight = uuid4().hex
    while True:
        held = cache.get(f"{key}:answer")
        if held:
            return held[0]
        if cache.add(f"{key}:asking", flight, timeout=_ASKING_TAKES):
            return _ask(key, flight, ask, failures, seconds)
        _wait_for_another(service, key)


def _ask(key: str, flight: str, ask: Callable[[], T], failures: tuple[type[Exception], ...], seconds: int) -> T:
    try:
        answer = ask()
        if seconds > 0:
            cache.set(f"{key}:answer", (answer,), seconds)
        return answer
    except failures as failure:
        cache.set(f"{key}:failed:{flight}", failure, _ASKING_TAKES)
        raise
    finally:
        cache.delete(f"{key}:asking")


def _wait_for_another(service: str, key: str) -> None:
    """Until whoever asks is done. Raises what she was told, if that was a failure."""
    other = cache.get(f"{key}:asking")
    while other and cache.get(f"{key}:asking") == other:
        if remaining() <= 0:
            raise TimedOut(service)
        time.sleep(_LOOK_AGAIN)
    failure = cache.get(f"{key}:failed:{other}")
    if failure:
        raise failure
