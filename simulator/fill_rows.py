"""From a planned fill to the row that OMS would answer."""

from datetime import datetime
from random import Random
from typing import Any

from simulator.plan import SEED, PlannedFill
from simulator.rows import ENERGY, FILL_TYPE, PARTICLE, luminosity_units, moment, row
from simulator.tables import Row

_TURNS_PER_SECOND = 11_245
_CROSS_SECTION = {"protons": 80e-27 * 1e34, "ions": 7.8e-24 * 1e27}  # cm² times the unit of luminosity
_MICRORADIAN = r"{\mu}rad"


def fill_row(fill: PlannedFill, runs: list[Row], origin: datetime) -> Row:
    """`runs` are the rows of the runs of this fill: its luminosity is their sum."""
    running = fill.runs[-1].running
    attributes = {
        "fill_number": fill.number,
        "era": fill.period.era.removeprefix("Run"),
        "start_time": moment(origin, fill.start),
        "end_time": None if running else moment(origin, fill.end),
        "fill_type_runtime": FILL_TYPE[fill.period.kind],
        "first_run_number": fill.runs[0].number,
        "last_run_number": fill.runs[-1].number,
        "b_field": round(fill.period.b_field + 0.000170765, 9),
        **_beams(fill, Random(f"{SEED}-fill-{fill.number}")),
        **_luminosity_of_fill(fill, runs, origin, running),
    }
    units = {
        **luminosity_units(fill.period.kind, ("delivered_lumi", "recorded_lumi"), ("init_lumi", "peak_lumi")),
        **{"b_field": "T", "energy": "GeV", "beta_star_start": "cm", "beta_star_stop": "cm"},
        **{"crossing_angle": _MICRORADIAN, "intensity_beam1": "10^{11}", "intensity_beam2": "10^{11}"},
        "peak_specific_lumi": "10^{30}cm^{-2}s^{-1}(10^{11}p)^{-2}",
    }
    return row("fills", fill.number, attributes, units)


def _beams(fill: PlannedFill, random: Random) -> dict[str, Any]:
    kind = fill.period.kind
    if fill.stable_start is None:
        names = "fill_type_party1 fill_type_party2 injection_scheme energy bunches_beam1 bunches_beam2 bunches_target"
        more = "bunches_colliding intensity_beam1 intensity_beam2 crossing_angle beta_star_start beta_star_stop"
        return dict.fromkeys([*names.split(), *more.split(), "peak_pileup", "peak_specific_lumi"])
    bunches, colliding, per_bunch = {"protons": (2460, 2448, 1.58), "ions": (1240, 1088, 0.18)}[kind]
    scheme = {"protons": "25ns_2460b_2448_2089_2227_144bpi_20inj", "ions": "50ns_1240b_1088_1088_398_56bpi"}[kind]
    return {
        "fill_type_party1": PARTICLE[kind],
        "fill_type_party2": PARTICLE[kind],
        "injection_scheme": scheme,
        "energy": ENERGY[kind],
        "bunches_beam1": bunches,
        "bunches_beam2": bunches,
        "bunches_target": colliding,
        "bunches_colliding": colliding,
        "intensity_beam1": round(bunches * per_bunch * random.uniform(0.96, 1.02), 6),
        "intensity_beam2": round(bunches * per_bunch * random.uniform(0.96, 1.02), 6),
        "crossing_angle": 160.0,
        "beta_star_start": {"protons": 120.0, "ions": 50.0}[kind],
        "beta_star_stop": {"protons": 30.0, "ions": 50.0}[kind],
        "peak_pileup": round(fill.peak * _CROSS_SECTION[kind] / (colliding * _TURNS_PER_SECOND), 6),
        "peak_specific_lumi": round(fill.peak * {"protons": 1e4, "ions": 1e-3}[kind] / (colliding * per_bunch**2), 6),
    }


def _luminosity_of_fill(fill: PlannedFill, runs: list[Row], origin: datetime, running: bool) -> dict[str, Any]:
    stable = [run["attributes"] for run in runs if run["attributes"]["stable_beam"]]
    delivered = round(sum(run["delivered_lumi"] for run in stable), 6)
    recorded = round(sum(run["recorded_lumi"] for run in stable), 6)
    start, end = fill.stable_start, fill.runs[-1].end
    beams = start is not None
    stopped = sum(run.duration for run in fill.runs if run.kind == "collisions")
    return {
        "stable_beams": beams,
        "start_stable_beam": moment(origin, start) if beams else None,
        "end_stable_beam": moment(origin, end) if beams and not running else None,
        "duration": end - start if beams else None,
        "delivered_lumi": delivered,
        "recorded_lumi": recorded,
        "efficiency_lumi": round(100 * recorded / delivered, 3) if delivered else None,
        "efficiency_time": round(min(100.0, 100 * stopped / (end - start)), 3) if beams else None,
        "downtime": max(0, end - start - stopped) if beams else None,
        "init_lumi": fill.peak if beams else None,
        "peak_lumi": fill.peak if beams else None,
    }
