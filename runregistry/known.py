"""What the Run Registry said last of a run: remembered whenever it answers, used when it does not."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from oms.answers import Facts, Unreadable, fitting
from oms.client import run_facts
from oms.models import OmsRun, Source
from runregistry.exceptions import RunRegistryDataInvalid
from runregistry.models import KnownDataset, KnownRun
from runregistry.rows import RegistryDataset
from upstream.cleaning import REFUSED_BY_THE_DATABASE

logger = logging.getLogger(__name__)

# Stored again only after so long: it is a memory, not a log.
_RECENT = timedelta(minutes=5)


@dataclass(frozen=True)
class LastKnown:
    """Answers about one run as the Run Registry did at `asked_at`; only datasets of a reconstruction are known."""

    datasets: tuple[RegistryDataset, ...]
    asked_at: datetime

    def datasets_of(self, run_number: int) -> list[RegistryDataset]:
        return list(self.datasets)

    def dataset_names_of(self, run_number: int) -> list[str]:
        return [dataset.name for dataset in self.datasets]


def last_known(run_number: int) -> LastKnown | None:
    run = KnownRun.objects.filter(pk=run_number).prefetch_related("datasets").first()
    if run is None:
        return None
    datasets = (
        RegistryDataset(run_number, each.name, each.tracker_state, run.run_class)
        for each in sorted(run.datasets.all(), key=lambda each: each.name)
    )
    return LastKnown(tuple(datasets), run.asked_at)


def last_facts(run_number: int) -> Facts | None:
    """What its copy of the run said last, without units; None where it said nothing of use."""
    known = KnownRun.objects.filter(pk=run_number).first()
    if known is None:
        return None
    names = ("lumisections", "recorded_lumi", "start_time", "end_time")
    told = {**{name: getattr(known, name) for name in names}, "fill_type_runtime": known.fill_type}
    values = {name: value for name, value in told.items() if value not in (None, "")}
    return Facts(values, told_at=known.asked_at) if values else None


def is_still_running(run: OmsRun | None, known: KnownRun | None) -> bool:
    """Where OMS answered its word counts, else the Run Registry's."""
    if run and (run.source == Source.OMS or known is None):
        return run.is_running
    return known is not None and known.is_running


def still_running(run_numbers: Iterable[int]) -> set[int]:
    """Which of these runs are going on, as far as a service told."""
    numbers = list(run_numbers)
    runs, known = OmsRun.objects.in_bulk(numbers), KnownRun.objects.in_bulk(numbers)
    return {number for number in numbers if is_still_running(runs.get(number), known.get(number))}


def remember_run(run_number: int, datasets: list[RegistryDataset]) -> None:
    """Store all datasets of one run, unless the same was stored a moment ago."""
    recently = KnownRun.objects.filter(pk=run_number, asked_at__gt=timezone.now() - _RECENT)
    stored = set(KnownDataset.objects.filter(run__in=recently).values_list("name", "tracker_state"))
    if datasets and stored != {(each.name, each.tracker_state) for each in datasets if each.reco}:
        remember(datasets)


def remember(datasets: list[RegistryDataset]) -> None:
    """Store what the Run Registry has just said of these runs, all their datasets. Raises RunRegistryDataInvalid.

    Two requests at a time take the rows in the same order, so they wait for each other instead of deadlocking.
    """
    try:
        _remember(datasets)
    except REFUSED_BY_THE_DATABASE as exc:
        logger.warning("What the Run Registry says can't be stored", exc_info=True)
        raise RunRegistryDataInvalid from exc


def _remember(datasets: list[RegistryDataset]) -> None:
    now = timezone.now()
    # What is in the list of names only tells nothing of its run.
    telling = sorted(datasets, key=lambda each: bool(each.run_class or each.oms_attributes))
    by_run = {dataset.run_number: _run(dataset, now) for dataset in telling}
    certifiable = [each for each in datasets if each.reco and each.run_number in by_run]
    rows = [
        KnownDataset(run_id=each.run_number, name=each.name, reco=each.reco, tracker_state=each.tracker_state)
        for each in sorted(certifiable, key=lambda each: (each.run_number, each.name))
    ]
    facts = ["run_class", "lumisections", "recorded_lumi", "start_time", "end_time", "fill_type", "asked_at"]
    with transaction.atomic():
        KnownRun.objects.bulk_create(
            [by_run[number] for number in sorted(by_run)],
            update_conflicts=True,
            unique_fields=["run_number"],
            update_fields=facts,
        )
        KnownDataset.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["run", "name"], update_fields=["reco", "tracker_state"]
        )
        _drop_unlisted(set(by_run), rows)


def _drop_unlisted(runs: set[int], rows: list[KnownDataset]) -> None:
    listed_now = {(row.run_id, row.name) for row in rows}
    stored = KnownDataset.objects.filter(run_id__in=runs).values_list("pk", "run_id", "name")
    gone = [pk for pk, run, name in stored if (run, name) not in listed_now]
    KnownDataset.objects.filter(pk__in=gone).delete()


def _run(dataset: RegistryDataset, now: datetime) -> KnownRun:
    known: Mapping[str, Any] = run_facts(dataset.oms_attributes).values
    return KnownRun(
        run_number=dataset.run_number,
        run_class=dataset.run_class,
        lumisections=_fitting("lumisections", known.get("lumisections")),
        recorded_lumi=known.get("recorded_lumi"),
        start_time=known.get("start_time"),
        end_time=known.get("end_time"),
        fill_type=(known.get("fill_type_runtime") or "")[:100],
        asked_at=now,
    )


def _fitting(name: str, value: Any) -> Any:
    """None where our column can't hold it: a memory of a number that is none would only mislead."""
    try:
        return value and fitting(KnownRun._meta.get_field(name), value)
    except Unreadable:
        return None
