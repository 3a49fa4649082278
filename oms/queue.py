"""Runs that are to be refreshed: which, when, and by one process at a time."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from oms.models import OmsRun
from oms.run_types import RunType, follows

# Longer than a run can take; who dies meanwhile is replaced after it.
_LEASE = timedelta(minutes=2)
_FIRST_PAUSE = timedelta(minutes=5)
_LONGEST_PAUSE = timedelta(hours=12)
# What still has no end after so long never gets one.
_NEVER_ENDS = timedelta(days=14)


def recent() -> Q:
    """Runs whose facts OMS may still change: going on, or younger than REFRESH_HOURS."""
    now = timezone.now()
    is_young = Q(start_time__gte=now - timedelta(hours=settings.REFRESH_HOURS))
    return is_young | Q(end_time=None, start_time__gte=now - _NEVER_ENDS)


def runs_with_outdated_type() -> QuerySet[OmsRun]:
    """Those whose stored type is not the one that follows from their facts, and that no person chose.

    The rule may change after a run was stored. Whoever recomputes them goes through the writer: verdicts may turn.
    """
    cosmics = follows(RunType.COSMICS) & ~Q(run_type=RunType.COSMICS)
    collisions = follows(RunType.COLLISIONS) & ~Q(run_type=RunType.COLLISIONS)
    return OmsRun.objects.filter(cosmics | collisions).exclude(typed_facts__name="run_type")


def due(runs: QuerySet[OmsRun]) -> QuerySet[OmsRun]:
    """Those whose pause is over and that nobody refreshes, the longest waiting first."""
    now = timezone.now()
    is_due, is_free = Q(due_at=None) | Q(due_at__lte=now), Q(leased_until=None) | Q(leased_until__lt=now)
    return runs.filter(is_due & is_free).order_by(F("due_at").asc(nulls_first=True), "run_number")


def lease(run_number: int) -> bool:
    """Whether this process may refresh it now; False when another one does, or has just done so."""
    mine = due(OmsRun.objects.filter(pk=run_number)).order_by()
    return mine.update(leased_until=timezone.now() + _LEASE) == 1


def release(run_number: int, *, answered: bool, settled: bool) -> None:
    """A service that was ill is asked again in the next round; one that knows no more, later and later.

    It was not in vain to ask for a run that is still going on: its end must not wait for a long pause.
    """
    run = OmsRun.objects.only("tries", "start_time", "end_time").filter(pk=run_number).first()
    if run is None:
        return
    tries = 0 if settled or run.is_running else min(run.tries + answered, 20)
    pause = min(_FIRST_PAUSE * 2 ** max(tries - 1, 0), _LONGEST_PAUSE) if answered else timedelta()
    OmsRun.objects.filter(pk=run_number).update(leased_until=None, due_at=timezone.now() + pause, tries=tries)


def ask_soon(run_number: int) -> None:
    """Something of it is open again: in the next round, whatever was tried before."""
    OmsRun.objects.filter(pk=run_number).update(due_at=None, tries=0)
