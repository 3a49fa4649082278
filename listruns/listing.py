"""Which certifications the list shows and exports, in which order, and how its links say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django_filters import MultipleChoiceFilter

from certify.models import TrackerCertification
from listruns.filters import SHOWS, CertificationFilter
from searches.addresses import LONGEST, RUNS, SEARCH, Address
from searches.keeping import SearchRefused, store
from users.models import User

# What an index gives in order; a tie is broken by the newest, and descending turns everything round.
_NEWEST = ("-created_at", "-id")
SORTS: dict[str, tuple[str, ...]] = {
    "run": ("run_reconstruction__run_id", "run_reconstruction__reconstruction"),
    "date": ("date", "id"),
    "entered": ("created_at", "id"),
    "pixel": ("pixel", *_NEWEST),
    "strip": ("strip", *_NEWEST),
    "tracking": ("tracking", *_NEWEST),
    "author": ("author__username", *_NEWEST),
}
_COLUMNS = (
    ("Run", "run"),
    ("Reco", ""),
    ("Verdict", ""),
    ("Pixel", "pixel"),
    ("Strip", "strip"),
    ("Tracking", "tracking"),
    ("Type", ""),
    ("Dataset", ""),
    ("Reference", ""),
    ("Author", "author"),
    ("Date", "date"),
)


_LONGEST_THAT_ARRIVES = 3500  # characters


class TooLongForAnAddress(SearchRefused):
    def __init__(self) -> None:
        super().__init__("These filters are too long together: give fewer letters of a comment, a name or a problem.")


@dataclass(frozen=True)
class Chip:
    """One thing that the list is filtered by. `url` shows the list without it."""

    words: str
    url: str


@dataclass(frozen=True)
class Column:
    label: str
    url: str = ""
    direction: str = ""


class Listing:
    """`query` is the part of the URL that matters: filters, `sort` and `show`.

    `key`: of the stored search that its runs stand in.
    """

    def __init__(self, query: QueryDict, user: User) -> None:
        self.address = Address.read(query)
        self.key, data = self.address.key, self.address.query
        self.filter = CertificationFilter(data, queryset=TrackerCertification.objects.all())
        self.form = self.filter.form
        self.form.sorts = [*SORTS, *(f"-{name}" for name in SORTS)]
        self.address.complain(self.form)
        self.active = {name: said for name in self.filter.filters if (said := self._said(data, name))}
        self.sort = data.get("sort", "") if data.get("sort", "").removeprefix("-") in SORTS else ""
        self.shows_today = not self.address.refusal and self._shows_today(data.get("show", ""), user)

    def _said(self, data: QueryDict, name: str) -> list[str]:
        """Of most filters the last value in the URL counts, of some each of them."""
        is_multiple = isinstance(self.filter.filters[name], MultipleChoiceFilter)
        said = data.getlist(name) if is_multiple else [data.get(name, "")]
        return list(dict.fromkeys(value.strip() for value in said if value.strip()))

    def _shows_today(self, show: str, user: User) -> bool:
        """By default today's for whoever has certified something today, else the latest."""
        if show in SHOWS:
            return show == "today"
        if self.active or self.sort:
            return False
        return TrackerCertification.objects.of_day(timezone.localdate()).filter(author=user).exists()

    @property
    def is_valid(self) -> bool:
        return self.form.is_valid()

    @property
    def certifications(self) -> QuerySet:
        """Only when it is valid."""
        found = self.filter.qs.order_by(*self._order())
        return found.of_day(timezone.localdate()) if self.shows_today else found

    def _order(self) -> tuple[str, ...]:
        # Of some runs or days, the order of their numbers is the one that the index has.
        by_date = {"date_from", "date_to"} & set(self.active)
        name = self.sort or ("-run" if "runs" in self.active else "-date" if by_date else "-entered")
        order = SORTS[name.removeprefix("-")]
        if not name.startswith("-"):
            return order
        return tuple(field[1:] if field.startswith("-") else f"-{field}" for field in order)

    def url(self, **changes: str | list[str]) -> str:
        """The list with something changed; an empty value takes it away."""
        shown = {"show": "today" if self.shows_today else "all"}
        query = {**self.active, "sort": self.sort, **shown, **changes}
        if self.key and query.get(RUNS) == self.active.get(RUNS):
            query = {SEARCH: self.key, **query, RUNS: ""}
        return f"?{urlencode({name: value for name, value in query.items() if value}, doseq=True)}"

    def shorten(self, user: User) -> None:
        """Its address names a stored search instead of all the runs. Raises QuotaReached and TooLongForAnAddress."""
        if RUNS in self.active:
            self.key = store(self.active[RUNS][0], user).key
        if len(self.url()) > LONGEST:
            raise TooLongForAnAddress

    @property
    def chips(self) -> list[Chip]:
        chips = [Chip("today", self.url(show="all"))] if self.shows_today else []
        chips += [self._chip(name, value) for name, values in self.active.items() for value in values]
        # Of what was only typed as yet, some may not fit into an address.
        return [chip for chip in chips if len(chip.url) <= _LONGEST_THAT_ARRIVES]

    def _chip(self, name: str, value: str) -> Chip:
        others = [other for other in self.active[name] if other != value]
        return Chip(self._in_words(name, value), self.url(**{name: others}))

    def _in_words(self, name: str, value: str) -> str:
        field = self.form.fields[name]
        words = dict(getattr(field, "choices", None) or {}).get(value, value)
        return f"{field.label}: {words if len(str(words)) <= 60 else str(words)[:57] + '…'}"

    @property
    def columns(self) -> list[Column]:
        return [self._column(label, name) for label, name in _COLUMNS]

    def _column(self, label: str, name: str) -> Column:
        if not name:
            return Column(label)
        direction = {name: "ascending", f"-{name}": "descending"}.get(self.sort, "")
        turned = f"-{name}" if direction == "ascending" else name
        return Column(label, self.url(sort=turned), direction)

    @property
    def rare_is_active(self) -> bool:
        """One of the filters that the page folds away is in use, or wrong."""
        common = {"runs", "date_from", "date_to", "reco", "verdict"}
        return bool((set(self.active) | set(self.form.errors)) - common)

    def fields(self, names: tuple[str, ...]) -> list[Any]:
        return [self.form[name] for name in names]
