"""What can happen to a dataset in the Run Registry."""

from __future__ import annotations

from simulator.changing import CannotChange, Changing
from simulator.tables import Row, Tables

_BIGGEST = 2_147_483_647  # of PostgreSQL's integers


class DatasetChanges(Changing):
    """All raise CannotChange, in a sentence. Any name will do, as upstream: an empty one, or one of 400 characters."""

    def move_state(self, run_number: int, dataset: str, state: str, workspace: str = "tracker") -> None:
        """OPEN, SIGNOFF, COMPLETED or waiting dqm gui; "" takes the state away."""
        with self.changing(f"{_named(run_number, dataset)}: {workspace} state {state or 'none'}.") as tables:
            row = _row(tables, run_number, dataset)
            attributes = {**row["dataset_attributes"], f"{workspace}_state": state}
            if not state:
                del attributes[f"{workspace}_state"]
            _put(tables, row, dataset_attributes=attributes)

    def hide(self, run_number: int, dataset: str) -> None:
        """From the search and from the list of names. Never `online`: the Run Registry refuses that."""
        if dataset == "online":
            raise CannotChange("The Run Registry hides no online dataset.")
        with self.changing(f"{_named(run_number, dataset)}: hidden.") as tables:
            _put(tables, _row(tables, run_number, dataset), deleted=True)

    def show(self, run_number: int, dataset: str) -> None:
        with self.changing(f"{_named(run_number, dataset)}: shown.") as tables:
            _put(tables, _row(tables, run_number, dataset), deleted=False)

    def add_dataset(self, run_number: int, dataset: str, state: str = "OPEN") -> None:
        """With the triplets of another dataset of the run. The run must be known to one of the services."""
        with self.changing(f"{_named(run_number, dataset)}: added.") as tables:
            _refuse_taken(tables, run_number, dataset)
            like = next((row for (number, _), row in tables.datasets.items() if number == run_number), None)
            like = like or _from_oms(tables, run_number)
            states = {"global_state": "OPEN", "tracker_state": state, "dt_state": "OPEN"}
            attributes = {} if dataset == "online" else {name: value for name, value in states.items() if value}
            added = {"name": dataset, "dataset_attributes": attributes, "datasets_in_gui": [], "deleted": False}
            tables.datasets[run_number, dataset] = {**like, **added, "version": 1}

    def delete_dataset(self, run_number: int, dataset: str) -> None:
        """For good, unlike `hide`."""
        with self.changing(f"{_named(run_number, dataset)}: deleted.") as tables:
            _row(tables, run_number, dataset)
            del tables.datasets[run_number, dataset]
            tables.uncached -= {(run_number, dataset)}

    def rename_dataset(self, run_number: int, dataset: str, new_name: str) -> None:
        with self.changing(f"{_named(run_number, dataset)}: renamed to '{new_name}'.") as tables:
            row = _row(tables, run_number, dataset)
            _refuse_taken(tables, run_number, new_name)
            del tables.datasets[run_number, dataset]
            _put(tables, row, name=new_name)
            if (run_number, dataset) in tables.uncached:
                tables.uncached = tables.uncached - {(run_number, dataset)} | {(run_number, new_name)}

    def drop_triplet_cache(self, run_number: int, dataset: str) -> None:
        """The dataset is then in the list of names and missing in the search."""
        with self.changing(f"{_named(run_number, dataset)}: without triplet cache.") as tables:
            _row(tables, run_number, dataset)
            tables.uncached |= {(run_number, dataset)}

    def restore_triplet_cache(self, run_number: int, dataset: str) -> None:
        with self.changing(f"{_named(run_number, dataset)}: with triplet cache.") as tables:
            _row(tables, run_number, dataset)
            tables.uncached -= {(run_number, dataset)}


def _named(run_number: int, dataset: str) -> str:
    return f"Run {run_number}, dataset '{dataset}'"


def _row(tables: Tables, run_number: int, dataset: str) -> Row:
    row = tables.datasets.get((run_number, dataset))
    if row is None:
        raise CannotChange(f"The Run Registry has no dataset '{dataset}' of run {run_number}.")
    return row


def _put(tables: Tables, row: Row, **columns: object) -> None:
    changed = {**row, **columns, "version": row.get("version", 0) + 1}
    tables.datasets[changed["run_number"], changed["name"]] = changed


def _refuse_taken(tables: Tables, run_number: int, dataset: str) -> None:
    if (run_number, dataset) in tables.datasets:
        raise CannotChange(f"Run {run_number} has a dataset '{dataset}' already, perhaps a hidden one.")
    if "\x00" in dataset:
        raise CannotChange("No database stores a name with a NUL in it.")
    if not 0 < run_number <= _BIGGEST:
        raise CannotChange(f"{run_number} is no run number that the Run Registry could store.")


def _from_oms(tables: Tables, run_number: int) -> Row:
    if run_number not in tables.runs:
        raise CannotChange(f"Neither OMS nor the Run Registry knows run {run_number}: add the run first.")
    return bare_dataset(run_number, tables.runs[run_number]["attributes"])


def bare_dataset(run_number: int, attributes: Row) -> Row:
    """A dataset of a run of which the Run Registry knows only what OMS says."""
    rr_attributes = {"class": "", "state": "OPEN", "significant": True, "short_run": False, "stop_reason": ""}
    copy = {**attributes, "ls_duration": attributes.get("last_lumisection_number")}
    return {
        "run_number": run_number,
        "name": "online",
        "dataset_attributes": {},
        "datasets_in_gui": [],
        "deleted": False,
        "version": 1,
        "Run": {"rr_attributes": rr_attributes, "oms_attributes": copy},
        "DatasetTripletCache": {"triplet_summary": {}, "dcs_summary": {}},
    }
