"""The facts of a run in three groups for reading: label, value, unit, and what is odd about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from oms.models import Difference, OmsFill, OmsRun, RunType, Source
from oms.oddities import why_odd
from oms.typed_facts import TypedFact
from oms.units import is_integrated, pretty

UNKNOWN = "–"
# Of facts for which OMS may give no unit.
UNITS = {"b_field": "T", "energy": "GeV"}


@dataclass(frozen=True)
class Fact:
    label: str
    value: str
    unit: str = ""
    typed_by: str = ""
    typed_at: datetime | None = None
    official: str = ""
    odd_because: str = ""
    proposed: tuple[str, ...] = ()

    @property
    def is_odd(self) -> bool:
        return bool(self.odd_because)


@dataclass(frozen=True)
class FactGroup:
    """`source` and `fetched_at` hold for every fact that has no `typed_by`, which has `typed_at` instead."""

    title: str
    facts: list[Fact] = field(default_factory=list)
    source: str = ""
    fetched_at: datetime | None = None


def fact_groups(run: OmsRun) -> list[FactGroup]:
    """Run, luminosity and fill, as a certification shows them."""
    _find_what_people_say(run)
    return [
        _group("Run", run, _run_facts),
        _group("Luminosity", run, _luminosity_facts),
        _group(f"Fill {run.fill_id}", run.fill, _fill_facts) if run.fill else FactGroup(_no_fill(run)),
    ]


def _find_what_people_say(run: OmsRun) -> None:
    """What is typed and what differs, of the run and of its fill in one query each."""
    if run._state.adding:
        return
    differ = Difference.objects.standing().about(run).with_all_shown()
    typed = TypedFact.objects.about(run).select_related("by")
    for owner in filter(None, (run, run.fill)):
        owner.standing = [each for each in differ if each.owner == owner]
        key = "run_id" if owner is run else "fill_id"
        owner.typed_is([each for each in typed if getattr(each, key) == owner.pk])


def _no_fill(run: OmsRun) -> str:
    if run.fill_number is not None:
        return f"Fill {run.fill_number}: not fetched yet"
    return "No fill" if run.source == Source.OMS else "Fill not known"


def _group(title: str, owner: OmsRun | OmsFill, facts: Callable[[Any], list[Fact]]) -> FactGroup:
    return FactGroup(title, facts(owner), owner.get_source_display(), owner.fetched_at)


def _run_facts(run: OmsRun) -> list[Fact]:
    return [
        _fact(run, "run_type", run.get_run_type_display(), label="Type"),
        _number(run, "lumisections", digits=0),
        _number(run, "b_field", UNITS["b_field"], digits=2),
        _number(run, "energy", UNITS["energy"], digits=0),
        _fact(run, "fill_type_runtime", run.fill_type_runtime, label="Particles"),
        _fact(run, "era", run.era),
        _fact(run, "start_time", _moment(run.start_time), label="Start"),
        _fact(run, "end_time", _end(run), label="End"),
        _fact(run, "hlt_key", run.hlt_key, label="HLT key"),
    ]


def _luminosity_facts(run: OmsRun) -> list[Fact]:
    return [
        _luminosity(run, "delivered_lumi", "Delivered"),
        _luminosity(run, "recorded_lumi", "Recorded"),
        _luminosity(run, "init_lumi", "Initial"),
        _luminosity(run, "end_lumi", "Final"),
    ]


def _fill_facts(fill: OmsFill) -> list[Fact]:
    return [
        _fact(fill, "fill_type_runtime", fill.fill_type_runtime, label="Type"),
        _number(fill, "bunches_colliding", digits=0),
        _luminosity(fill, "peak_lumi", "Peak"),
        _number(fill, "peak_pileup", digits=1),
        _luminosity(fill, "init_lumi", "Initial"),
        _luminosity(fill, "delivered_lumi", "Delivered"),
        _luminosity(fill, "recorded_lumi", "Recorded"),
        _number(fill, "efficiency_lumi", "%", label="Efficiency", digits=1),
        _fact(fill, "injection_scheme", fill.injection_scheme, label="Scheme"),
    ]


def _fact(owner: OmsRun | OmsFill, name: str, value: str, unit: str = "", label: str = "", odd: str = "") -> Fact:
    label = label or owner._meta.get_field(name).verbose_name
    typed = owner.typist(name)
    differ = [each for each in owner.standing if each.name == name]
    said = [told_in_words(owner, name, each.told) for each in differ if not each.is_proposal]
    proposed = [f"{each.told_by} says {told_in_words(owner, name, each.told)}" for each in differ if each.is_proposal]
    return Fact(
        label[:1].upper() + label[1:],
        value or UNKNOWN,
        unit if value else "",
        typed.who if typed else "",
        typed.at if typed else None,
        said[0] if said else "",
        odd,
        tuple(proposed),
    )


def told_in_words(owner: OmsRun | OmsFill, name: str, told: list[Any]) -> str:
    """A value and its unit, as one of two that differ: with all its digits."""
    value, unit = told
    if value in (None, ""):
        return UNKNOWN
    if name == "run_type":
        return RunType(value).label
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return _moment(value)
    number = f"{value:,}".replace(",", "\u202f") if isinstance(value, int | float) else str(value)
    if name == "fill_number":
        number = str(value)
    return f"{number} {pretty(unit)}".strip()


def _number(owner: OmsRun | OmsFill, name: str, unit: str = "", label: str = "", digits: int = 3) -> Fact:
    value = getattr(owner, name)
    if value is None:
        return _fact(owner, name, "", label=label)
    # The unit that came with this row counts, even where it is not the usual one.
    unit = pretty(owner.units.get(name, unit))
    odd = why_odd(name, value, getattr(owner, "run_type", ""))
    return _fact(owner, name, _digits(value, digits), unit, label, odd)


def _luminosity(owner: OmsRun | OmsFill, name: str, label: str) -> Fact:
    value = getattr(owner, name)
    if value is None:
        return _fact(owner, name, "", label=label)
    unit = getattr(owner, f"{name}_unit").strip()
    odd = why_odd(name, value) or _why_of_unit(name, unit)
    return _fact(owner, name, _digits(value, 3), pretty(unit) or "unit unknown", label, odd)


def _why_of_unit(name: str, unit: str) -> str:
    if not unit:
        return "nobody gave its unit"
    is_unknown = name in ("delivered_lumi", "recorded_lumi") and not is_integrated(unit)
    return "CertHelper does not know this unit" if is_unknown else ""


def _digits(value: float, digits: int) -> str:
    """Thousands apart, `digits` decimals; a small number keeps its leading digits instead of becoming 0."""
    if value and abs(value) < 10**-digits:
        return f"{value:.3g}"
    return f"{value:,.{digits}f}".replace(",", "\u202f")


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def _end(run: OmsRun) -> str:
    if run.is_running:
        return "still running"
    # Where nobody gave the start either there is nothing to say.
    return _moment(run.end_time) or ("not known" if run.start_time else "")
