"""How the simulated world changes while it is read."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from simulator.tables import Tables

_REMEMBERED = 50
BOTH, OMS, RUN_REGISTRY = "both", "oms", "runregistry"
SERVICES = (BOTH, OMS, RUN_REGISTRY)


class CannotChange(ValueError):
    """The world is not such that this can be changed; `str()` says why, in a sentence."""


class Changing:
    """Safe to use from any thread: readers take `tables` once and never wait."""

    def __init__(self, tables: Tables) -> None:
        self._lock = threading.Lock()
        self._original = tables
        self._tables = tables
        self._put_off: list[tuple[int, str, Callable[[Self], object]]] = []
        self._told: deque[str] = deque(maxlen=_REMEMBERED)

    @property
    def tables(self) -> Tables:
        return self._tables

    @property
    def told(self) -> list[str]:
        """The latest changes in words, the newest last."""
        with self._lock:
            return list(self._told)

    @property
    def waiting(self) -> list[str]:
        """The changes that wait for a page to be served, in words."""
        with self._lock:
            return [f"After page {page}: {words}" for page, words, _ in self._put_off]

    def reset(self) -> None:
        """Everything is again as it was at the beginning, and nothing waits."""
        with self._lock:
            self._tables = self._original
            self._put_off.clear()
            self._told.clear()

    @contextmanager
    def changing(self, words: str) -> Iterator[Tables]:
        """Tables to change; they count when the block ends, unless it raises."""
        with self._lock:
            tables = self._tables.copy()
            yield tables
            self._tables = tables.copy()  # what the block looked up in sorted order is worked out anew
            self._told.append(words)

    def after_page(self, page: int, change: Callable[[Self], object], words: str = "a change") -> None:
        """Once, after the Run Registry answered that page (from 0) of a search with more pages to come.

        `world.after_page(0, lambda world: world.hide(run_number, dataset))`
        """
        with self._lock:
            self._put_off.append((page, words, change))

    def page_served(self, page: int) -> None:
        with self._lock:
            due = [item for item in self._put_off if item[0] == page]
            self._put_off = [item for item in self._put_off if item[0] != page]
        for _, words, change in due:
            try:
                change(self)
            except CannotChange as exc:
                with self._lock:
                    self._told.append(f"Not done ({words}): {exc}")


def checked(value: Any) -> Any:
    """A value that JSON can carry, as a copy of its own. Raises CannotChange."""
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as exc:
        raise CannotChange(f"{value!r:.80} is nothing that JSON can carry.") from exc


def concerns(service: str, which: str) -> bool:
    """Raises CannotChange for a service that there is not."""
    if service not in SERVICES:
        raise CannotChange(f"There is no service {service!r}; there are {', '.join(SERVICES)}.")
    return service in (BOTH, which)
