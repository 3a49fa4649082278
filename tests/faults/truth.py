"""What the pages store when nothing is wrong, and whether something else was stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from oms.models import OmsFill, OmsRun, RunType
from runregistry.models import KnownDataset, KnownRun

_LUMINOSITIES = ("delivered_lumi", "delivered_lumi_unit", "recorded_lumi", "recorded_lumi_unit")
_OF_RUN = ("run_number", "run_type", "lumisections", "b_field", "energy", "fill_number", "hlt_key", *_LUMINOSITIES)
_OF_FILL = ("fill_number", "b_field", "energy", *_LUMINOSITIES)
_ON_THE_WORK_LIST = ("run_number", "run_class", "lumisections", "recorded_lumi", "start_time")
_UNKNOWN = (None, "", RunType.UNKNOWN)


@dataclass(frozen=True)
class Truth:
    run: Mapping[str, Any]
    fill: Mapping[str, Any]
    known_run: Mapping[str, Any]
    known_datasets: frozenset[str]
    dataset: str


def truth_of_the_database(dataset: str) -> Truth:
    """From a database that holds one run, opened and listed while all services were well."""
    truth = Truth(
        run=_values(OmsRun.objects.get(), _OF_RUN),
        fill=_values(OmsFill.objects.get(), _OF_FILL),
        known_run=_values(KnownRun.objects.get(), _ON_THE_WORK_LIST),
        known_datasets=_known_datasets(),
        dataset=dataset,
    )
    gaps = [name for facts in (truth.run, truth.fill) for name, value in facts.items() if value in _UNKNOWN]
    assert not gaps, f"without {gaps} a false value could not be told from a true one"
    return truth


def assert_nothing_false_is_stored(truth: Truth, typed: Mapping[str, Any] | None = None) -> None:
    """`typed`: what a person said of the run, which counts as well."""
    for run in OmsRun.objects.all():
        _compare(run, truth.run, typed or {})
    for fill in OmsFill.objects.all():
        _compare(fill, truth.fill, {})
    for known in KnownRun.objects.all():
        _compare(known, truth.known_run, {})
    assert _known_datasets() <= truth.known_datasets


def _compare(stored: Model, truth: Mapping[str, Any], typed: Mapping[str, Any]) -> None:
    values = _values(stored, truth)
    false = {name: value for name, value in values.items() if value not in (*_UNKNOWN, truth[name], typed.get(name))}
    assert not false, f"{stored!r} holds {false}; true is { {name: truth[name] for name in false} }"


def _values(row: Model, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _known_datasets() -> frozenset[str]:
    return frozenset(KnownDataset.objects.values_list("name", flat=True))
