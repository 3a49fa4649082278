"""What a run has told since somebody certified it while it was going on: its author is told, once and all together."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from certify import writer
from certify.chronicle import last_save_by_author
from certify.models import TrackerCertification
from certify.notices import TOLD_AT_THE_END
from history.models import Entry
from oms.completeness import gaps, is_going_on
from oms.differences import subject_of
from oms.models import OmsRun
from oms.presentation import UNITS, told_in_words
from oms.typed import plain

# What no service has told so long after the end may never come.
_PATIENCE = timedelta(hours=6)


def tell_authors(run: OmsRun) -> None:
    """Once the run is over and what comes with its end is there."""
    if run.start_time is None or run.is_running or not _has_told_all(run):
        return
    until = run.start_time + timedelta(hours=settings.RUNNING_HOURS)
    living = TrackerCertification.objects.filter(run_reconstruction__run=run, created_at__lt=until)
    for certification in living.select_related("run_reconstruction"):
        saved = last_save_by_author(certification)
        at = saved.at if saved else certification.created_at
        then = _facts_at(run, at, saved)
        if _was_going_on(run, then, at):
            writer.note_ending(certification.pk, at, _changes(run, then), run.get_source_display())


def _has_told_all(run: OmsRun) -> bool:
    if not any(gap.comes_with_the_end for gap in gaps(run)):
        return True
    return run.end_time is not None and run.end_time < timezone.now() - _PATIENCE


def _facts_at(run: OmsRun, at: datetime, saved: Entry | None) -> dict[str, Any]:
    """As the history tells it; what was saved with the certification itself was known then."""
    later = Entry.objects.about(subject_of(run)).filter(at__gt=at).order_by("id")
    old: dict[str, Any] = {}
    for entry in later.exclude(click=saved.click) if saved else later:
        old = {**entry.old, **old}
    names = (each.name for each in run._meta.concrete_fields)
    return {name: old.get(name, plain(run, name)) for name in names}


def _was_going_on(run: OmsRun, then: dict[str, Any], at: datetime) -> bool:
    """As a service said at that time or, where none did, as it turned out to be."""
    start, end = _moment(then["start_time"]), _moment(then["end_time"])
    turned_out = end is None and run.end_time is not None and run.start_time <= at < run.end_time
    return turned_out or is_going_on(start, end, at)


def _changes(run: OmsRun, then: dict[str, Any]) -> dict[str, list[str]]:
    """Fact → old and new in words."""
    now = {name: plain(run, name) for name in then}
    pairs = {name: [_in_words(run, name, facts) for facts in (then, now)] for name in TOLD_AT_THE_END}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _in_words(run: OmsRun, name: str, facts: dict[str, Any]) -> str:
    value = _moment(facts[name]) if name.endswith("_time") else facts[name]
    unit = facts.get(f"{name}_unit") or run.units.get(name) or UNITS.get(name, "")
    return told_in_words(run, name, [value, unit])


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
