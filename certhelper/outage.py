"""When our own database is gone or full: what people are told, and how little is written into the log."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from pathlib import Path
from tempfile import gettempdir

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

GONE = (OperationalError, InterfaceError)
_AGAIN = 10  # seconds


def server_error(request: HttpRequest) -> HttpResponse:
    """The plain page of an error; another one where the database is not there, which may be back in a moment."""
    if _is_gone(sys.exc_info()[1]):
        page = render_to_string("503.html", {"is_form": request.method == "POST"})
        return HttpResponse(page, status=503, headers={"Retry-After": str(_AGAIN), "Cache-Control": "no-store"})
    return defaults.server_error(request)


def _is_gone(error: BaseException | None) -> bool:
    """Whether the database is why."""
    while error is not None:
        if isinstance(error, GONE):
            return True
        error = error.__cause__ or error.__context__
    return False


class OncePerSecond(logging.Filter):
    """Of requests that the lost database cost one line a second stays, without its traceback.

    The processes of one machine tell each other by the time of a file; where that can't be, each writes for itself.
    """

    def __init__(self, last_line: Path | None = None) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._last = float("-inf")
        self._last_line = last_line or Path(gettempdir(), f"certhelper-{os.getuid()}-last-outage-line")

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not _is_gone(error):
            return True
        with self._lock:
            if time.monotonic() - self._last < 1 or self._another_wrote():
                return False
            self._last = time.monotonic()
        record.msg, record.args = "The database does not answer: %s", (str(error).splitlines() or [""])[:1]
        record.args = tuple(record.args)
        record.exc_info = record.exc_text = None
        return True

    def _another_wrote(self) -> bool:
        try:
            if self._last_line.exists() and 0 <= time.time() - self._last_line.stat().st_mtime < 1:
                return True
            self._last_line.touch()
        except OSError:  # its disk may be the one that is full
            pass
        return False
