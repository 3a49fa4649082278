"""Whether this process can serve people, for load balancers and for administrators."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex

from django.conf import settings
from django.contrib.sessions.models import Session
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from certify.models import Round

logger = logging.getLogger(__name__)

# Whoever asks more often gets the same answer: it writes into the database.
_HOLDS = 2  # seconds
_WRITTEN = 16 * 1024  # bytes that no database makes smaller
# A worker that has not been heard of for so many of its rounds is missing.
_MISSED_ROUNDS = 10
_PROBE = "readyz"


@dataclass(frozen=True)
class Readiness:
    """`failures`: why nobody is to be sent here. `degraded`: what people have to do without."""

    failures: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        return 503 if self.failures else 200

    def __str__(self) -> str:
        if self.failures:
            return "\n".join(("not ready", *self.failures))
        return "\n".join(("ready, degraded", *self.degraded)) if self.degraded else "ready"


class _Watch:
    """The last answer, for a moment; and what can't become wrong again while the process lives."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: tuple[float, Readiness] | None = None
        self.is_migrated = False
        self.is_collected = False

    def readiness(self) -> Readiness:
        with self._lock:
            if self._told is None or time.monotonic() - self._told[0] > _HOLDS:
                self._told = (time.monotonic(), _look(self))
            return self._told[1]

    def forget(self) -> None:
        self.__init__()


watch = _Watch()


def _look(watch: _Watch) -> Readiness:
    try:
        failures = (*_migrations(watch), *_static_files(watch), *_storage())
        degraded = (*_shared_cache(), *worker_is_missing())
    except (DatabaseError, InterfaceError) as exc:
        return Readiness((f"the database does not answer: {type(exc).__name__}",))
    return Readiness(failures, degraded)


def _migrations(watch: _Watch) -> tuple[str, ...]:
    if watch.is_migrated:
        return ()
    executor = MigrationExecutor(connection)
    pending = [str(migration) for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    watch.is_migrated = not pending
    return (f"migrations are pending, run manage.py migrate: {', '.join(pending)}",) if pending else ()


def _static_files(watch: _Watch) -> tuple[str, ...]:
    """Of a manifest each file that a page may name must be there, or the page is an error."""
    if watch.is_collected or not hasattr(staticfiles_storage, "manifest_name"):
        return ()
    files = (path for finder in get_finders() for path, _ in finder.list(None))
    missing = [path for path in files if staticfiles_storage.clean_name(path) not in staticfiles_storage.hashed_files]
    watch.is_collected = not missing
    return (f"static files are not collected, run manage.py collectstatic: {missing[0]}",) if missing else ()


def _storage() -> tuple[str, ...]:
    """A full disk is only told by a write that is kept and needs room. What is written is a session of nobody."""
    written = {"session_data": token_hex(_WRITTEN // 2), "expire_date": timezone.now()}
    try:
        Session.objects.update_or_create(pk=_PROBE, defaults=written)
    except DatabaseError as exc:
        logger.warning("Nothing can be stored: %s", exc)
        return (f"nothing can be stored: {type(exc).__name__}",)
    return ()


def _shared_cache() -> tuple[str, ...]:
    cache.get(_PROBE)
    is_down = getattr(cache, "is_down", False)
    return ("the cache does not answer, each process goes on by itself",) if is_down else ()


def worker_is_missing() -> tuple[str, ...]:
    """The sentence, where no round of a worker ended lately."""
    last = Round.objects.first()
    if last is None:
        return ("no worker has been running yet, start manage.py worker",)
    allowed = timedelta(seconds=max(settings.WORKER_INTERVAL, 30) * _MISSED_ROUNDS)
    if timezone.now() - last.ended_at < allowed:
        return ()
    since = f"{timezone.localtime(last.ended_at):%d %b, %H:%M}"
    return (f"no worker has ended a round since {since}, start manage.py worker",)
