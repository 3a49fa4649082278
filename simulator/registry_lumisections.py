"""The Run Registry's lumisections of a dataset, worked out so that they add up to its triplets."""

from itertools import zip_longest
from typing import Any

from simulator.lumisections import lumisections_of
from simulator.tables import Row, Tables

_NO_STATUS = ("causes", "comments")
_EMPTY = {"status": "EMPTY", "comment": "", "cause": ""}
_LUMINOSITY = ("init_lumi", "end_lumi", "delivered_lumi", "recorded_lumi")
_CARRIED = ("run_number", "fill_number", "lumisection_number", "start_time", "end_time", *_LUMINOSITY)
_DCS_BITS = ("bpix_ready", "fpix_ready", "tibtid_ready", "tob_ready", "tecp_ready", "tecm_ready")


def registry_lumisections(tables: Tables, run_number: Any, dataset: Any) -> list[Row]:
    """Of each lumisection the status of every component; empty for a dataset that there is not, hidden ones included.

    The order within a run is ours: the triplets only count.
    """
    row = tables.datasets.get((run_number, dataset), {})
    summary = (row.get("DatasetTripletCache") or {}).get("triplet_summary") or {}
    columns = [_column(histogram) for histogram in summary.values()]
    return [dict(zip(summary, statuses, strict=True)) for statuses in zip_longest(*columns, fillvalue=_EMPTY)]


def by_component(lumisections: list[Row]) -> dict[str, list[Row]]:
    components = lumisections[0] if lumisections else ()
    return {component: ranges([each[component] for each in lumisections]) for component in components}


def oms_lumisections(tables: Tables, run_number: Any) -> list[Row]:
    """The copy that the Run Registry keeps of what OMS says."""
    datasets = tables.datasets_of(run_number)
    if not datasets:
        return []
    run = {**(datasets[0]["Run"].get("oms_attributes") or {}), "run_number": run_number}
    rows = lumisections_of({"attributes": run, "meta": None})
    return [_with_bits({name: row["attributes"][name] for name in _CARRIED}, run) for row in rows]


def ranges(lumisections: list[Row]) -> list[Row]:
    """Neighbours that are the same become one row with `start` and `end`."""
    found: list[Row] = []
    for number, row in enumerate(lumisections, start=1):
        if found and lumisections[number - 2] == row:
            found[-1]["end"] = number
        else:
            found.append({**row, "start": number, "end": number})
    return found


def without_luminosity(lumisections: list[Row]) -> list[Row]:
    """What the ranges of the OMS lumisections are made of: else each of them would be a range of its own."""
    changing = (*_LUMINOSITY, "lumisection_number", "start_time", "end_time")
    return [{name: value for name, value in row.items() if name not in changing} for row in lumisections]


def joint(oms: list[Row], registry: list[Row]) -> list[Row]:
    return [{**ours, **theirs} for ours, theirs in zip_longest(oms, registry, fillvalue={})]


def _column(histogram: Row) -> list[Row]:
    comment = ", ".join(histogram.get("comments") or ())
    cause = ", ".join(histogram.get("causes") or ())
    column: list[Row] = []
    for status, count in histogram.items():
        if status not in _NO_STATUS:
            blamed = status not in ("GOOD", "EMPTY")
            triplet = {"status": status, "comment": comment if blamed else "", "cause": cause if blamed else ""}
            column += [triplet] * count
    return column


def _with_bits(row: Row, run: Row) -> Row:
    stable = bool(run.get("stable_beam"))
    return {**row, "cms_active": True, "physics_flag": stable, "beam1_stable": stable, "beam2_stable": stable} | (
        dict.fromkeys(_DCS_BITS, bool(run.get("tracker_included")))
    )
