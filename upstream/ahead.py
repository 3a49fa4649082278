"""Side by side: a question is sent before its answer is needed, so that several cost the time of the slowest."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from math import isinf
from typing import Any

from upstream.budget import remaining
from upstream.errors import TimedOut
from upstream.threads import Pool

_ahead = Pool("ahead")


class Ahead:
    """A client with the same methods. What was asked ahead is answered once, whoever asks for it then.

    Only for clients that touch no database: they are asked from other threads.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._asked: dict[tuple[str, tuple[Any, ...]], Future[Any]] = {}

    def ask(self, question: str, *about: Any) -> None:
        """Send it now; what it raises is raised where its answer is taken."""
        self._asked[question, about] = _ahead.submit(getattr(self._client, question), *about)

    def was_asked(self, question: str, *about: Any) -> bool:
        return (question, about) in self._asked

    def __getattr__(self, question: str) -> Callable[..., Any]:
        method = getattr(self._client, question)

        def answer(*about: Any) -> Any:
            asked = self._asked.get((question, about))
            return self._wait_for(asked) if asked else method(*about)

        return answer

    def _wait_for(self, asked: Future[Any]) -> Any:
        """Not longer than the page may take, however slowly the service drips its answer."""
        left = remaining()
        try:
            return asked.result(None if isinf(left) else max(left, 0))
        except TimeoutError as exc:
            raise TimedOut(self._client.service.name) from exc
