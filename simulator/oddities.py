"""Oddities on purpose: what real answers contained although it "cannot be". Every one has been seen upstream."""

from collections.abc import Iterable
from typing import Any

from simulator.plan import PlannedFill, PlannedRun, Timeline
from simulator.tables import Row

LONG_HLT_KEY = "/cdaq/physics/Run2026/2e34/v1.2.0/" + "VeryLongNameOfATriggerMenuForASpecialStudy_" * 9 + "/HLT/V12"
HTML_STOP_REASON = '<b onmouseover="alert(\'x\')">DAQ & tracker</b> <script>alert(1)</script> stuck in "FED 101"'


def make_odd(timeline: Timeline, runs: dict[int, Row], fills: dict[int, Row]) -> dict[str, int]:
    """Changes the rows in place; answers which run shows which oddity."""
    collisions = _long_runs(timeline, "collisions", "Run2026B")
    cosmics = _long_runs(timeline, "cosmics", "Commissioning2026")
    odd = _odd_fills(timeline, fills)
    odd |= _change(runs, "no_hlt_key", collisions[3], hlt_key=None)
    odd |= _change(runs, "no_stable_beam", collisions[7], stable_beam=None)
    odd |= _change(runs, "neither_hlt_key_nor_stable_beam", collisions[11], hlt_key=None, stable_beam=None)
    odd |= _change(runs, "long_hlt_key", collisions[14], hlt_key=LONG_HLT_KEY)
    odd |= _change(runs, "no_last_lumisection", collisions[19], last_lumisection_number=None)
    odd |= _change(runs, "cosmics_with_beam_energy", cosmics[5], energy=7864.0)
    odd |= _change(runs, "hardly_known", cosmics[8], **_all_but_numbers(runs[cosmics[8].number]))
    odd |= {"no_units": collisions[23].number, "some_units_missing": collisions[27].number}
    runs[odd["no_units"]]["meta"] = None
    for name in ("delivered_lumi", "init_lumi"):
        del runs[odd["some_units_missing"]]["meta"]["row"][name]
    return odd


def _odd_fills(timeline: Timeline, fills: dict[int, Row]) -> dict[str, int]:
    """Named after the first collisions run of the fill."""
    fill_of = [fill for fill in timeline.fills if fill.period.era == "Run2026B"]
    changes: dict[str, dict[str, Any]] = {
        "odd_fill": {
            "bunches_colliding": -1,
            "efficiency_lumi": -0.3,
            "peak_pileup": 2531.0,
            "intensity_beam1": -0.004,
        },
        "fill_with_nulls": {"delivered_lumi": None, "recorded_lumi": None, "peak_lumi": None, "init_lumi": None},
    }
    for fill, attributes in zip(fill_of[4:6], changes.values(), strict=True):
        fills[fill.number]["attributes"] |= attributes
    fills[fill_of[6].number]["meta"] = {"row": None}
    return {name: _first_collisions(fill).number for name, fill in zip(changes, fill_of[4:6], strict=True)}


def _change(runs: dict[int, Row], name: str, run: PlannedRun, **attributes: Any) -> dict[str, int]:
    runs[run.number]["attributes"] |= attributes
    return {name: run.number}


def _all_but_numbers(row: Row) -> dict[str, None]:
    return dict.fromkeys(set(row["attributes"]) - {"run_number", "fill_number"})


def _long_runs(timeline: Timeline, kind: str, era: str) -> list[PlannedRun]:
    candidates: Iterable[PlannedRun] = (run for run in timeline.runs if run.kind == kind and run.period.era == era)
    return [run for run in candidates if run.lumisections > 30]


def _first_collisions(fill: PlannedFill) -> PlannedRun:
    return next(run for run in fill.runs if run.kind == "collisions")
