"""How each service has answered lately, shared by all processes through the cache."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from upstream import names
from upstream.errors import UpstreamError

# So many failures in a row, and a service is asked by one question at a time only.
FAILURES_UNTIL_OPEN = 3
_REMEMBERED = 30 * 24 * 3600  # seconds
_MOMENTS = ("ill_since", "last_success", "last_error_at")
_one_thread = threading.Lock()

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Health:
    """`failures` counts those since the last success; `ill_since` is the first of them. `last_error` has no secrets.

    `causes`: in technical words, each kind of failure since `ill_since` once.
    """

    service: str
    failures: int = 0
    ill_since: datetime | None = None
    last_success: datetime | None = None
    last_error: str = ""
    last_error_at: datetime | None = None
    last_advice: str = ""
    causes: tuple[str, ...] = ()

    @property
    def is_ill(self) -> bool:
        return self.failures > 0

    @property
    def is_open(self) -> bool:
        """In the circuit breaker's sense: it is asked no more, but for one probe at a time."""
        return self.failures >= FAILURES_UNTIL_OPEN


def health_of(service: str) -> Health:
    return _read(service, cache.get(_key(service)))


def health_of_all(services: Iterable[str] = names.ALL) -> list[Health]:
    """In one round trip to the cache."""
    known = cache.get_many([_key(service) for service in services])
    return [_read(service, known.get(_key(service))) for service in services]


def record_success(service: str) -> None:
    with _one_thread:
        before = health_of(service)
        _store(replace(before, failures=0, ill_since=None, causes=(), last_success=timezone.now()))
    if before.is_ill:
        logger.info("%s is well again, after %s failures since %s", service, before.failures, before.ill_since)


def record_failure(error: UpstreamError) -> None:
    """Two processes at the same moment may count one failure too few, which does no harm."""
    with _one_thread:
        before, now = health_of(error.service), timezone.now()
        since = before.ill_since or now
        cause = f"{error} Reason: {error.reason}." if error.reason else str(error)
        is_new = cause not in before.causes
        told = replace(
            before,
            failures=before.failures + 1,
            ill_since=since,
            last_error=str(error),
            last_error_at=now,
            last_advice=error.advice,
            causes=(*before.causes, cause) if is_new else before.causes,
        )
        _store(told)
    if is_new:
        logger.warning("%s is not well: %s", error.service, cause)


def record_refusal(error: UpstreamError) -> None:
    """It answered, though not what was asked for: it is well, and the administrator is to see what it says."""
    with _one_thread:
        before = health_of(error.service)
        is_new = before.last_error != str(error)
        _store(
            replace(before, last_error=str(error), last_error_at=timezone.now(), last_advice=error.advice),
        )
    if is_new:
        logger.warning("%s refuses: %s", error.service, f"{error} {error.reason}".strip())


def _store(health: Health) -> None:
    kept = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(health).items()}
    cache.set(_key(health.service), kept, _REMEMBERED)


def _read(service: str, kept: Any) -> Health:
    """What was kept, or nothing known where that can't be read: others may write into the cache, too."""
    try:
        moments = {name: kept[name] and datetime.fromisoformat(kept[name]) for name in _MOMENTS}
        causes = tuple(map(str, kept.get("causes", ())))
        return Health(**{**kept, **moments, "causes": causes, "service": service})
    except (TypeError, ValueError, KeyError):
        return Health(service)


def _key(service: str) -> str:
    return f"upstream-health:{service.replace(' ', '-')}"
