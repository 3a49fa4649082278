"""What the processes share in Redis, and what each goes on with by itself while Redis does not answer.

Values are kept as JSON: whoever can write into Redis must not be able to run code here.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

# A page asks Redis several times, but waits for one that hangs only once in each pause.
_PATIENCE = 0.1  # seconds
_PAUSE = 5  # seconds


class ProcessCache(LocMemCache):
    """In the memory of this process."""

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return super().add(key, json.dumps(value), timeout, version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        super().set(key, json.dumps(value), timeout, version)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        found = super().get(key, None, version)
        return default if found is None else json.loads(found)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        raise NotImplementedError("Nothing counts in the cache.")


class Json:
    """How Redis keeps values. What somebody else has put there, or an older version of us, counts as not there."""

    def dumps(self, value: Any) -> bytes:
        return json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            return None


class SharedCache(RedisCache):
    """Redis; while it does not answer, the memory of this process. It heals by itself."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        limits = {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE, "retry": Retry(NoBackoff(), 0)}
        options = {"serializer": Json(), **limits, **params.get("OPTIONS", {})}
        super().__init__(server, {**params, "OPTIONS": options})
        self._beside = ProcessCache(f"beside {server}", {})
        self._health = _health_of(str(server))

    @property
    def is_down(self) -> bool:
        return self._health.is_down

    def _ask(self, method: str, *args: Any, **kwargs: Any) -> Any:
        if self._health.may_ask():
            try:
                answer = getattr(RedisCache, method)(self, *args, **kwargs)
            except (RedisError, OSError) as exc:
                self._health.failed(exc)
            else:
                if self._health.answered():
                    self._beside.clear()
                return answer
        return getattr(self._beside, method)(*args, **kwargs)


def _asking(method: str) -> Callable[..., Any]:
    def ask(self: SharedCache, *args: Any, **kwargs: Any) -> Any:
        return self._ask(method, *args, **kwargs)

    return ask


for _method in ("add", "get", "set", "touch", "delete", "get_many", "has_key", "set_many", "delete_many", "clear"):
    setattr(SharedCache, _method, _asking(_method))


class _RedisHealth:
    """Shared by the threads of the process: after a failure Redis rests, then one of them tries it again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._again_at = 0.0
        self.is_down = False

    def may_ask(self) -> bool:
        if not self.is_down:
            return True
        with self._lock:
            if time.monotonic() < self._again_at:
                return False
            self._again_at = time.monotonic() + _PAUSE
            return True

    def failed(self, exc: Exception) -> None:
        with self._lock:
            if not self.is_down:
                logger.warning("The cache does not answer, so each process goes on by itself: %s", type(exc).__name__)
            self.is_down, self._again_at = True, time.monotonic() + _PAUSE

    def answered(self) -> bool:
        """Whether that is news."""
        if not self.is_down:
            return False
        with self._lock:
            self.is_down = False
        logger.warning("The cache answers again")
        return True


_known: dict[str, _RedisHealth] = {}


def _health_of(server: str) -> _RedisHealth:
    return _known.setdefault(server, _RedisHealth())
