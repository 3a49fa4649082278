"""Asking the Run Registry for runs, and remembering what it said for when it says nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from certify.models import TrackerCertification
from certify.target import RECOS, RegistrySilent
from oms.run_numbers import TypedRuns
from runregistry.client import RunRegistryClient
from runregistry.conditions import OPEN, listed, open_datasets, runs_in, started_since
from runregistry.known import remember
from runregistry.models import KnownDataset, KnownRun
from runregistry.rows import Datasets
from upstream.notices import ServiceNotice, notice_of
from users.models import User

MOST_RUNS = 500
_OPEN_WORK_SHOWN = 100
# For so long a page that is opened again, as after a claim, need not ask again.
FRESH = 20  # seconds
# A state older than this is told as a question.
STALE = timedelta(minutes=10)
_NOT_ASKED = ServiceNotice(
    "Without the shifter role the Run Registry is not asked.", "An administrator can give it to you."
)


@dataclass(frozen=True)
class Search:
    """By run numbers, or the last so many days, or neither: the open work."""

    typed: TypedRuns = field(default_factory=TypedRuns)
    days: int | None = None

    @property
    def is_for_open_work(self) -> bool:
        return not self.typed.ranges and not self.days

    @property
    def key(self) -> str:
        text = f"{self.typed.ranges} {self.days}"
        return f"openruns-search:{hashlib.sha256(text.encode()).hexdigest()}"

    @property
    def since(self) -> datetime:
        return timezone.now() - timedelta(days=self.days or 0)


@dataclass(frozen=True)
class Found:
    """`runs` newest first, with their datasets. `failure`: why the Run Registry was not of use, None when it was.

    `left_out`: what it gave besides and is of no use, a sentence for each reason.
    """

    runs: list[KnownRun]
    asked_at: datetime | None
    failure: ServiceNotice | None = None
    has_more: bool = False
    left_out: tuple[str, ...] = ()


def look_up(search: Search, registry: RunRegistryClient, fresh: bool = False) -> Found:
    """What the Run Registry says now, or said a moment ago; when it is silent, what it said last.

    Of the open work, what it said last is enough unless `fresh` asks for more.
    """
    if search.is_for_open_work and not fresh:
        return last_known(search)
    remembered = None if fresh else cache.get(search.key)
    if remembered:
        numbers, asked_at, has_more, left_out = remembered
        asked_at = datetime.fromisoformat(asked_at)
        return Found(_known(Q(pk__in=numbers)), asked_at, has_more=has_more, left_out=tuple(left_out))
    try:
        numbers, has_more, left_out = _ask(search, registry)
    except RegistrySilent as exc:
        known = last_known(search)
        return Found(known.runs, known.asked_at, failure=notice_of(exc))
    asked_at = timezone.now()
    cache.set(search.key, [numbers, asked_at.isoformat(), has_more, left_out], FRESH)
    return Found(_known(Q(pk__in=numbers)), asked_at, has_more=has_more, left_out=left_out)


def found_for(user: User, search: Search, *, fresh: bool = False) -> Found:
    """Who only reads asks nobody, and is told so where they search."""
    if user.may_certify:
        return look_up(search, RunRegistryClient(), fresh=fresh)
    known = last_known(search)
    if search.is_for_open_work:
        return known
    return replace(known, failure=_NOT_ASKED)


def last_known(search: Search) -> Found:
    """From our own memory, asking nobody."""
    if search.typed.ranges:
        runs = _known(search.typed.as_condition("run_number"))
    elif search.days:
        runs = _known(Q(start_time__gte=search.since))
    else:
        runs = _known(Q(pk__in=_runs_with_open_work()))
    return Found(runs, min((run.asked_at for run in runs), default=None))


def _ask(search: Search, registry: RunRegistryClient) -> tuple[list[int], bool, tuple[str, ...]]:
    """The numbers of the runs, whether there are more, and what is left out."""
    if search.is_for_open_work:
        # Twice: which runs have open datasets, then all datasets of these runs.
        opened, has_more = registry.search(open_datasets(), MOST_RUNS)
        numbers = sorted({dataset.run_number for dataset in opened}, reverse=True)
        found = registry.search(listed(numbers), MOST_RUNS)[0] if numbers else Datasets()
        remember(found)
        _close_others(numbers, has_more)
        return numbers, has_more, found.left_out or opened.left_out
    condition = runs_in(search.typed.ranges) if search.typed.ranges else started_since(search.since)
    found, has_more = registry.search(condition, MOST_RUNS)
    remember(found)
    numbers = sorted({dataset.run_number for dataset in found}, reverse=True)
    if search.typed.ranges and not has_more:
        _forget(search.typed.as_condition("run_number"), numbers)
    return numbers, has_more, found.left_out


def _forget(searched: Q, found: list[int]) -> None:
    """Runs that the Run Registry no longer has."""
    gone = KnownRun.objects.filter(searched).exclude(pk__in=found)
    if not gone.exists():
        return
    with transaction.atomic():
        # Locked before their datasets are looked for, or another answer adds one meanwhile.
        locked = gone.select_for_update().order_by("pk").values_list("pk", flat=True)
        KnownRun.objects.filter(pk__in=list(locked)).delete()


def _close_others(still_open: list[int], has_more: bool) -> None:
    """Whatever was open and is not among all that is open now has been closed."""
    closed = KnownDataset.objects.filter(tracker_state=OPEN).exclude(run_id__in=still_open)
    if has_more:
        closed = closed.filter(run_id__gt=min(still_open))
    closed.update(tracker_state="CLOSED")


def _known(condition: Q) -> list[KnownRun]:
    return list(KnownRun.objects.filter(condition).prefetch_related("datasets")[:MOST_RUNS])


def _runs_with_open_work() -> list[int]:
    of_it = TrackerCertification.objects.filter(
        run_reconstruction__run_id=OuterRef("run_id"), run_reconstruction__reconstruction=OuterRef("reco")
    )
    # One without a name may be of any dataset of its reconstruction.
    certified = of_it.filter(Q(dataset__name=OuterRef("name")) | Q(dataset=None))
    open_work = KnownDataset.objects.filter(tracker_state=OPEN, reco__in=RECOS).exclude(Exists(certified))
    runs = open_work.order_by("-run_id").values_list("run_id", flat=True).distinct()
    return list(runs[:_OPEN_WORK_SHOWN])
