"""What a page tells of a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ServiceNotice:
    """`service`: whose doing it is, "" for nobody's; `advice`: what to do about it, whom to tell, what to type."""

    sentence: str
    advice: str = ""
    service: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} {self.advice}".strip()


def notice_of(failure: Any, *meanwhile: str) -> ServiceNotice:
    """Of a failure with `service` and `advice`. `meanwhile`: what can be done on this page, which comes first."""
    return ServiceNotice(str(failure), " ".join(filter(None, (*meanwhile, failure.advice))), failure.service)
