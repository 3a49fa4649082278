"""What can happen to a run or a fill as a whole: it begins, ends, goes, or gets another number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.changing import BOTH, OMS, RUN_REGISTRY, CannotChange, Changing, checked, concerns
from simulator.dataset_changes import bare_dataset
from simulator.rows import INTERNAL_HOST
from simulator.tables import Row, Tables

_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


class RunChanges(Changing):
    """All raise CannotChange, in a sentence. `service` says whom it concerns: both, oms or runregistry."""

    def add_run(
        self, run_number: int, fill_number: int | None = None, like: int | None = None, service: str = BOTH
    ) -> None:
        """A copy of the run `like` (default: the newest run of OMS), in its fill unless another is given.

        In the Run Registry it has an online and, if the other had one, an express dataset, both open.
        """
        with self.changing(f"Run {run_number}: added ({service}).") as tables:
            model = _known(tables.runs, "run", max(tables.runs, default=0) if like is None else like)
            row = _renumbered(model, "runs", run_number)
            if fill_number is not None:
                row["attributes"]["fill_number"] = fill_number
            if concerns(service, OMS):
                _refuse_taken(tables.runs, "run", run_number)
                tables.runs[run_number] = row
            if concerns(service, RUN_REGISTRY):
                _register(tables, row, int(model["id"]))

    def delete_run(self, run_number: int, service: str = BOTH) -> None:
        with self.changing(f"Run {run_number}: deleted ({service}).") as tables:
            keys = _keys_of(tables, run_number)
            _refuse_unknown(tables, run_number, service)
            if concerns(service, OMS):
                tables.runs.pop(run_number, None)
            if concerns(service, RUN_REGISTRY):
                for key in keys:
                    del tables.datasets[key]
                tables.uncached -= set(keys)
                tables.hidden_runs -= {run_number}

    def rename_run(self, run_number: int, new_number: int, service: str = BOTH) -> None:
        """The run gets another number, which must be free."""
        with self.changing(f"Run {run_number}: now {new_number} ({service}).") as tables:
            _refuse_unknown(tables, run_number, service)
            if concerns(service, OMS) and run_number in tables.runs:
                _refuse_taken(tables.runs, "run", new_number)
                tables.runs[new_number] = _renumbered(tables.runs.pop(run_number), "runs", new_number)
            if concerns(service, RUN_REGISTRY):
                _renumber_datasets(tables, run_number, new_number)

    def hide_run(self, run_number: int) -> None:
        """Marked as deleted in the Run Registry: it still shows the datasets of the run, but not the run."""
        with self.changing(f"Run {run_number}: marked as deleted.") as tables:
            _refuse_unknown(tables, run_number, RUN_REGISTRY)
            tables.hidden_runs |= {run_number}

    def show_run(self, run_number: int) -> None:
        with self.changing(f"Run {run_number}: no longer marked as deleted.") as tables:
            _refuse_unknown(tables, run_number, RUN_REGISTRY)
            tables.hidden_runs -= {run_number}

    def end_run(self, run_number: int, service: str = BOTH, facts: Mapping[str, Any] | None = None) -> None:
        """A running run gets its end and, from `facts`, whatever else is final, such as the luminosity."""
        with self.changing(f"Run {run_number}: ended ({service}).") as tables:
            row = _known(tables.runs, "run", run_number)
            if row["attributes"].get("end_time") is not None and concerns(service, OMS):
                raise CannotChange(f"Run {run_number} has ended already.")
            final = {**_end_of(row["attributes"]), **_without_number(facts or {})}
            if concerns(service, OMS):
                tables.runs[run_number] = {**row, "attributes": {**row["attributes"], **final}}
            if concerns(service, RUN_REGISTRY):
                last = final.get("last_lumisection_number", row["attributes"].get("last_lumisection_number"))
                change_registry_run(tables, run_number, "oms_attributes", {**final, "ls_duration": last})

    def add_fill(self, fill_number: int, like: int | None = None) -> None:
        """A copy of the fill `like` (default: the newest), without any runs of its own."""
        with self.changing(f"Fill {fill_number}: added.") as tables:
            model = _known(tables.fills, "fill", max(tables.fills, default=0) if like is None else like)
            _refuse_taken(tables.fills, "fill", fill_number)
            row = _renumbered(model, "fills", fill_number)
            row["attributes"] |= {"first_run_number": None, "last_run_number": None}
            tables.fills[fill_number] = row

    def delete_fill(self, fill_number: int) -> None:
        """Its runs still name it."""
        with self.changing(f"Fill {fill_number}: deleted.") as tables:
            _known(tables.fills, "fill", fill_number)
            del tables.fills[fill_number]

    def rename_fill(self, fill_number: int, new_number: int) -> None:
        """Its runs follow in OMS; the Run Registry's copy names the old one."""
        with self.changing(f"Fill {fill_number}: now {new_number}.") as tables:
            row = _known(tables.fills, "fill", fill_number)
            _refuse_taken(tables.fills, "fill", new_number)
            del tables.fills[fill_number]
            tables.fills[new_number] = _renumbered(row, "fills", new_number)
            for number, run in list(tables.runs.items()):
                if run["attributes"].get("fill_number") == fill_number:
                    tables.runs[number] = {**run, "attributes": {**run["attributes"], "fill_number": new_number}}


def change_registry_run(tables: Tables, run_number: int, column: str, values: Mapping[str, Any]) -> None:
    """`values` into `oms_attributes` or `rr_attributes` of the run, which all its datasets share."""
    _refuse_unknown(tables, run_number, RUN_REGISTRY)
    keys = _keys_of(tables, run_number)
    run = tables.datasets[keys[0]]["Run"]
    changed = {**run, column: {**(run.get(column) or {}), **values}}
    for key in keys:
        tables.datasets[key] = {**tables.datasets[key], "Run": changed}


def _without_number(facts: Mapping[str, Any]) -> Row:
    if "run_number" in facts:
        raise CannotChange("The number of a run is changed by renaming the run.")
    return checked(dict(facts))


def _end_of(attributes: Row) -> Row:
    """As OMS says it or, where it has not ended there, after its duration."""
    start, duration = attributes.get("start_time"), attributes.get("duration")
    end = attributes.get("end_time")
    try:
        end = end or (datetime.fromisoformat(start) + timedelta(seconds=duration)).strftime(_MOMENT)
    except (TypeError, ValueError, OverflowError):
        end = datetime.now(UTC).strftime(_MOMENT)
    level = attributes.get("end_lumi")
    return {"end_time": end, "last_update": end, "end_lumi": attributes.get("init_lumi") if level is None else level}


def _register(tables: Tables, row: Row, model: int) -> None:
    run_number = row["attributes"]["run_number"]
    if _keys_of(tables, run_number):
        raise CannotChange(f"The Run Registry has run {run_number} already.")
    models = [tables.datasets[key] for key in _keys_of(tables, model)]
    models = models or [bare_dataset(run_number, row["attributes"])]
    for dataset in models:
        if dataset["name"] == "online" or "express" in dataset["name"].lower():
            copy = {**(dataset["Run"].get("oms_attributes") or {}), **row["attributes"]}
            states = {name: "OPEN" for name in dataset["dataset_attributes"] if name.endswith("_state")}
            tables.datasets[run_number, dataset["name"]] = {
                **dataset,
                "run_number": run_number,
                "dataset_attributes": {**dataset["dataset_attributes"], **states},
                "deleted": False,
                "Run": {**dataset["Run"], "oms_attributes": copy},
            }


def _renumber_datasets(tables: Tables, run_number: int, new_number: int) -> None:
    if _keys_of(tables, new_number):
        raise CannotChange(f"The Run Registry has run {new_number} already.")
    for key in _keys_of(tables, run_number):
        row = tables.datasets.pop(key)
        copy = {**(row["Run"].get("oms_attributes") or {}), "run_number": new_number}
        run = {**row["Run"], "oms_attributes": copy}
        tables.datasets[new_number, key[1]] = {**row, "run_number": new_number, "Run": run}
        if key in tables.uncached:
            tables.uncached = tables.uncached - {key} | {(new_number, key[1])}
    if run_number in tables.hidden_runs:
        tables.hidden_runs = tables.hidden_runs - {run_number} | {new_number}


def _renumbered(row: Row, resource: str, number: int) -> Row:
    attributes = {**row["attributes"], f"{resource.removesuffix('s')}_number": number}
    links = {"self": f"{INTERNAL_HOST}/{resource}/{number}"}
    return {**row, "id": str(number), "attributes": attributes, "links": links}


def _keys_of(tables: Tables, run_number: int) -> list[tuple[int, str]]:
    return [key for key in tables.datasets if key[0] == run_number]


def _known(rows: dict[int, Row], what: str, number: int) -> Row:
    if number not in rows:
        raise CannotChange(f"OMS has no {what} {number}.")
    return rows[number]


def _refuse_taken(rows: dict[int, Row], what: str, number: int) -> None:
    if number in rows:
        raise CannotChange(f"OMS has {what} {number} already.")
    if number <= 0:
        raise CannotChange(f"{number} is no number of a {what}.")


def _refuse_unknown(tables: Tables, run_number: int, service: str) -> None:
    in_oms = concerns(service, OMS) and run_number in tables.runs
    in_registry = concerns(service, RUN_REGISTRY) and bool(_keys_of(tables, run_number))
    if not in_oms and not in_registry:
        who = {BOTH: "Neither service", OMS: "OMS", RUN_REGISTRY: "The Run Registry"}[service]
        raise CannotChange(f"{who} has {'' if service == BOTH else 'no '}run {run_number}.")
