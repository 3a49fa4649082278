"""What a report or a verdict needs to know of a run, what of it is not there, and whether the run is going on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from oms.run_types import RunType
from oms.units import is_integrated

if TYPE_CHECKING:
    from oms.models import OmsFill, OmsRun


@dataclass(frozen=True)
class Gap:
    """A needed fact that nobody gave, or a luminosity in a `unit` that we can't convert.

    `comes_with_the_end`: nobody can say it before the run is over.
    """

    label: str
    unit: str = ""
    comes_with_the_end: bool = False


def started_lately(at: datetime | None = None) -> datetime:
    """What started before this and has no end never told its end. `at`: as it was then."""
    return (at or timezone.now()) - timedelta(hours=settings.RUNNING_HOURS)


def is_going_on(start: datetime | None, end: datetime | None, at: datetime | None = None) -> bool:
    return start is not None and end is None and start > started_lately(at)


def running(prefix: str = "") -> Q:
    """Runs that are still going on; `prefix` leads to them: `run_reconstruction__run__`."""
    return Q(**{f"{prefix}end_time": None, f"{prefix}start_time__gt": started_lately()})


def gaps(run: OmsRun) -> Iterator[Gap]:
    """In the order in which people ask for them."""
    is_collisions = run.run_type == RunType.COLLISIONS
    if run.run_type == RunType.UNKNOWN:
        yield Gap("run type")
    if run.lumisections is None:
        yield Gap("lumisections", comes_with_the_end=True)
    if run.b_field is None:
        yield Gap("B field")
    # Cosmics have no luminosity to report, and local runs no fill.
    if is_collisions:
        yield from _luminosity_gaps(run, "")
    if run.fill_id is None and (is_collisions or run.fill_number is not None):
        yield Gap("fill")
    if is_collisions and run.fill:
        yield from _luminosity_gaps(run.fill, "the fill's ")


def _luminosity_gaps(owner: OmsRun | OmsFill, whose: str) -> Iterator[Gap]:
    """No report needs the luminosity of a fill; but what there is must be usable."""
    for name in ("delivered", "recorded"):
        label, unit = f"{whose}{name} luminosity", getattr(owner, f"{name}_lumi_unit").strip()
        if getattr(owner, f"{name}_lumi") is not None:
            if not is_integrated(unit):
                yield Gap(f"unit of {label if whose else f'the {label}'}", unit, comes_with_the_end=True)
        elif not whose:
            yield Gap(label, comes_with_the_end=True)


def gaps_in_words(run: OmsRun) -> tuple[str, ...]:
    """One sentence for each kind of gap, with what to do about it."""
    silent = ", ".join(gap.label for gap in _gaps_for_people(run) if not gap.unit)
    # Of what OMS never answered it can't be told what it does not say.
    who = "OMS does not say" if run.source == "oms" else "Not known yet"
    silence = (f"{who}: {silent}. Fill in what you know.",) if silent else ()
    return (*running_in_words(run), *silence, *units_in_words(run))


def running_in_words(run: OmsRun) -> tuple[str, ...]:
    told = f"Run {run.pk} is still running: its lumisections and luminosity are completed after its end."
    return (told,) if run.is_running else ()


def units_in_words(run: OmsRun) -> tuple[str, ...]:
    """A sentence for each unit that we don't know."""
    found = [gap for gap in _gaps_for_people(run) if gap.unit]
    sentences = []
    for unit in dict.fromkeys(gap.unit for gap in found):
        of = ", ".join(gap.label for gap in found if gap.unit == unit)
        unknown = f"OMS gives the luminosity in '{unit}', which CertHelper does not know ({of})."
        sentences.append(f"{unknown} Choose the unit if you know it.")
    return tuple(sentences)


def _gaps_for_people(run: OmsRun) -> list[Gap]:
    """What is not said anyway when a run is over."""
    return [gap for gap in gaps(run) if not (run.is_running and gap.comes_with_the_end)]
