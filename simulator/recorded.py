"""Recorded answers of the real services, read from a directory to be replayed instead of our inventions."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from simulator.tables import Row
from simulator.world import World

# What a recorded dataset may leave out; the real ones have it all.
_COLUMNS = {
    "dataset_attributes": {},
    "datasets_in_gui": [],
    "deleted": False,
    "version": 1,
    "DatasetTripletCache": {"triplet_summary": {}, "dcs_summary": {}},
}


class RecordedDataInvalid(Exception):
    """The recorded answers cannot be read; `str()` says which file and why."""


def load(directory: Path) -> World:
    """What the files in `directory` tell; a file that is not there tells nothing. Raises RecordedDataInvalid."""
    if not directory.is_dir():
        raise RecordedDataInvalid(f"There is no directory {directory} to read recorded answers from.")
    runs = _read(directory / "oms_runs.json", lambda content: content, _check_resource)
    # The envelope holds fewer attributes of a fill, so what the list of fills says comes later and wins.
    fills = _read(directory / "oms_fills_2017_envelope.json", lambda content: content["data"], _check_resource)
    fills += _read(directory / "oms_fills.json", lambda content: content, _check_resource)
    datasets = _read(directory / "rr_datasets.json", lambda content: content["datasets"], _check_dataset)
    if not (runs or fills or datasets):
        raise RecordedDataInvalid(f"The directory {directory} holds no recorded answers such as oms_runs.json.")
    return World(runs, list({row["id"]: row for row in fills}.values()), datasets)


def _read(path: Path, rows_of: Callable[[Any], Iterable[Row]], check: Callable[[Row], object]) -> list[Row]:
    if not path.exists():
        return []
    try:
        rows = [_without_notes(row) for row in rows_of(json.loads(path.read_text(encoding="utf-8")))]
        for row in rows:
            check(row)
    except (OSError, ValueError) as exc:
        raise RecordedDataInvalid(f"{path} cannot be read: {exc}.") from exc
    except (KeyError, TypeError, AttributeError) as exc:
        raise RecordedDataInvalid(f"{path} is not in the form of an upstream answer.") from exc
    return rows


def _without_notes(row: Row) -> Row:
    """Keys that begin with `_` are the collector's notes, not upstream's words."""
    return {name: value for name, value in row.items() if not name.startswith("_")}


def _check_resource(row: Row) -> None:
    int(row["id"])
    row["attributes"].keys()
    row.setdefault("meta", None)


def _check_dataset(row: Row) -> None:
    if not isinstance(row["run_number"], int) or not isinstance(row["name"], str):
        raise TypeError
    row["Run"] = {"rr_attributes": {}, "oms_attributes": {}, **row["Run"]}
    for column, value in _COLUMNS.items():
        row.setdefault(column, value)
