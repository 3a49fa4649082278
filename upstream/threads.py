"""Threads that ask, while the one that renders the page waits no longer than it may."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar
from weakref import WeakSet

T = TypeVar("T")

# What is being asked at this moment, by anybody in this process.
in_flight: WeakSet[Future[Any]] = WeakSet()


class Pool:
    """Its threads know the budget of the page they work for. What runs in a pool must not wait for the same one."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=64, thread_name_prefix=name)

    def submit(self, work: Callable[..., T], *about: Any) -> Future[T]:
        future = self._executor.submit(copy_context().run, work, *about)
        in_flight.add(future)
        return future
