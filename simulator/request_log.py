"""The recent requests to the simulated services, for tests to count."""

import threading
from collections import deque
from typing import Any

_KEPT = 5_000


class RequestLog:
    """Safe to use from any thread. A status of 0 means that the connection was closed without an answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def add(self, target: str, method: str, path: str, query: str, status: int) -> None:
        entry = {"method": method, "path": path, "query": query, "status": status, "target": target}
        with self._lock:
            self._entries.append(entry)

    def all(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._entries)

    def of(self, target: str) -> list[dict[str, Any]]:
        return [entry for entry in self.all() if entry["target"] == target]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self.all())
