"""One question for all who have the same one at the same moment, in whichever process they are."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import uuid4

from django.core.cache import BaseCache, cache

from upstream.budget import remaining
from upstream.errors import TimedOut

T = TypeVar("T")

# After so long another one asks, because the one that does may have died.
_ASKING_TAKES = 15  # seconds
_LOOK_AGAIN = 0.02  # seconds
# Whoever comes this much later still gets the same answer: the first one may not have stored it yet.
SHARED = 2  # seconds


@dataclass(frozen=True)
class AsJson(Generic[T]):
    """How an answer lies in the cache, and how it is read from there. `read` raises on what it has not written."""

    write: Callable[[T], Any]
    read: Callable[[Any], T]


PLAIN: AsJson[Any] = AsJson(lambda answer: answer, lambda kept: kept)


def shared(
    service: str,
    key: str,
    ask: Callable[[], T],
    failures: tuple[type[Exception], ...],
    seconds: int = SHARED,
    *,
    since: float = 0.0,
    as_json: AsJson[T] = PLAIN,
    store: BaseCache = cache,
) -> T:
    """The answer, asked for once; `seconds` is how long it serves others. A failure is shared with those who waited.

    `since`: an answer from before that moment, in seconds of the clock, does not do.

    `failures` are made again from their arguments. Raises what `ask` raises, and TimedOut about `service`.
    """
    flight = uuid4().hex
    while True:
        held = store.get(f"{key}:answer")
        if held:
            try:
                if held[1] >= since:
                    return as_json.read(held[0])
            except (TypeError, ValueError, LookupError):
                store.delete(f"{key}:answer")
        if store.add(f"{key}:asking", flight, timeout=_ASKING_TAKES):
            break
        _wait_for_another(service, key, failures, store)
    try:
        answer = ask()
        if seconds > 0:
            store.set(f"{key}:answer", [as_json.write(answer), time.time()], seconds)
        return answer
    except failures as failure:
        store.set(f"{key}:failed:{flight}", [type(failure).__name__, *failure.args], _ASKING_TAKES)
        raise
    finally:
        store.delete(f"{key}:asking")


def _wait_for_another(service: str, key: str, failures: tuple[type[Exception], ...], store: BaseCache) -> None:
    """Until whoever asks is done. Raises what they were told, if that was a failure."""
    other = store.get(f"{key}:asking")
    while other and store.get(f"{key}:asking") == other:
        if remaining() <= 0:
            raise TimedOut(service)
        time.sleep(_LOOK_AGAIN)
    failed = store.get(f"{key}:failed:{other}")
    if failed:
        name, *arguments = failed
        raise _class_named(name, failures)(*arguments)


def _class_named(name: str, classes: tuple[type[Exception], ...]) -> type[Exception]:
    """One of these, or of what is derived of them; the first, where it is none."""
    known = list(classes)
    for each in known:
        known += each.__subclasses__()
    return next((each for each in known if each.__name__ == name), classes[0])
