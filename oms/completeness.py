"""What a report or a verdict needs to know of a run, what of it is not there, and whether the run is going on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from oms.run_types import RunType
from oms.units import is_integrated
from upstream.names import OMS
from upstream.notices import ServiceNotice

if TYPE_CHECKING:
    from oms.models import OmsFill, OmsRun


@dataclass(frozen=True)
class Gap:
    """A needed fact that nobody gave, or a luminosity in a `unit` that we can't convert.

    `comes_with_the_end`: nobody can say it before the run is over. `oms_answered`: it was asked and answered without.
    """

    label: str
    unit: str = ""
    comes_with_the_end: bool = False
    oms_answered: bool = field(default=False, compare=False)


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
    answered = _oms_answered(run)
    if run.run_type == RunType.UNKNOWN:
        yield Gap("run type", oms_answered=answered)
    if run.lumisections is None:
        yield Gap("lumisections", comes_with_the_end=True, oms_answered=answered)
    if run.b_field is None:
        yield Gap("B field", oms_answered=answered)
    # Cosmics have no luminosity to report, and local runs no fill.
    if is_collisions:
        yield from _luminosity_gaps(run, "")
    if run.fill_id is None and (is_collisions or run.fill_number is not None):
        # Where it has a number, OMS was not asked for it yet, or in vain.
        yield Gap("fill", oms_answered=answered and run.fill_number is None)
    if is_collisions and run.fill:
        yield from _luminosity_gaps(run.fill, "the fill's ")


def _luminosity_gaps(owner: OmsRun | OmsFill, whose: str) -> Iterator[Gap]:
    """No report needs the luminosity of a fill; but what there is must be usable."""
    answered = _oms_answered(owner)
    for name in ("delivered", "recorded"):
        label, unit = f"{whose}{name} luminosity", getattr(owner, f"{name}_lumi_unit").strip()
        if getattr(owner, f"{name}_lumi") is not None:
            if not is_integrated(unit):
                yield Gap(f"unit of {label if whose else f'the {label}'}", unit, True, answered)
        elif not whose:
            yield Gap(label, "", True, answered)


def _oms_answered(owner: OmsRun | OmsFill) -> bool:
    return owner.source == "oms"


def gaps_in_words(run: OmsRun) -> tuple[ServiceNotice, ...]:
    """One sentence for each kind of gap, with what to do about it."""
    silent = [gap for gap in _gaps_for_people(run) if not gap.unit]
    return (*running_in_words(run), *_silence_in_words(silent), *units_in_words(run))


def _silence_in_words(silent: list[Gap]) -> Iterator[ServiceNotice]:
    """Of what OMS was not asked, or in vain, it can't be told that it does not say it."""
    for answered, words, service in ((True, "OMS does not say", OMS), (False, "Not known yet", "")):
        labels = ", ".join(gap.label for gap in silent if gap.oms_answered == answered)
        if labels:
            yield ServiceNotice(f"{words}: {labels}.", "Fill in what you know.", service)


def running_in_words(run: OmsRun) -> tuple[ServiceNotice, ...]:
    told = f"Run {run.pk} is still running: its lumisections and luminosity are completed after its end."
    return (ServiceNotice(told),) if run.is_running else ()


def units_in_words(run: OmsRun) -> tuple[ServiceNotice, ...]:
    """A sentence for each unit that we don't know."""
    found = [gap for gap in _gaps_for_people(run) if gap.unit]
    sentences = []
    for unit in dict.fromkeys(gap.unit for gap in found):
        of = ", ".join(gap.label for gap in found if gap.unit == unit)
        who = OMS if all(gap.oms_answered for gap in found if gap.unit == unit) else ""
        given = "OMS gives the luminosity" if who else "Luminosity is given"
        unknown = f"{given} in '{unit}', which CertHelper does not know ({of})."
        sentences.append(ServiceNotice(unknown, "Choose the unit if you know it.", who))
    return tuple(sentences)


def _gaps_for_people(run: OmsRun) -> list[Gap]:
    """What is not said anyway when a run is over."""
    return [gap for gap in gaps(run) if not (run.is_running and gap.comes_with_the_end)]
