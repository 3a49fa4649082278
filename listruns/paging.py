"""Pages of a list that is too long to be counted."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from django.db.models import QuerySet

from certify.models import TrackerCertification

PER_PAGE = 50


@dataclass(frozen=True)
class Page:
    """A page that knows its neighbours but not the total: counting a million rows is not worth it."""

    number: int
    rows: list[TrackerCertification]
    has_next: bool

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def following(self) -> int | None:
        return self.number + 1 if self.has_next else None


def page_of(certifications: QuerySet, asked: str) -> Page:
    """The page asked for, or the one nearest to it: the first for what is no page number, the last for too high."""
    page = _page(certifications, _page_number(asked))
    if page.rows or page.number == 1:
        return page
    # Only who asks for a page that is not there makes us count.
    return _page(certifications, max(1, ceil(certifications.count() / PER_PAGE)))


def _page(certifications: QuerySet, number: int) -> Page:
    start = (number - 1) * PER_PAGE
    rows = list(certifications[start : start + PER_PAGE + 1])
    return Page(number, rows[:PER_PAGE], len(rows) > PER_PAGE)


def _page_number(asked: str) -> int:
    # Beyond nine digits the database's own numbers end, and with them any page.
    return max(1, int(asked[:9])) if asked.isdecimal() else 1
