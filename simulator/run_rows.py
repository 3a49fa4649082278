"""From a planned run to the row that OMS would answer."""

from datetime import datetime
from random import Random
from typing import Any

from simulator.plan import SEED, PlannedRun
from simulator.rows import ENERGY, FILL_TYPE, PARTICLE, luminosity_units, moment, row
from simulator.tables import Row

_COMPONENTS = [
    *("CSC", "CTPPS", "DAQ", "DCS", "DQM", "DT", "ECAL", "ES", "GEM"),
    *("HCAL", "HF", "L1SCOUT", "PIXEL", "RPC", "SCAL", "TCDS", "TRACKER", "TRG"),
]
_HLT_KEY = {
    "protons": "/cdaq/physics/Run2026/2e34/v1.{minor}.{patch}/HLT/V{version}",
    "ions": "/cdaq/physics/Run2026HI/v1.{minor}.0/HLT/V{version}",
    "cosmics": "/cdaq/cosmic/run3_2026/CRAFT/v1.{minor}.{patch}/HLT/V{version}",
    "commissioning": "/cdaq/cosmic/commissioning2026/CRUZET/v0.{minor}.{patch}/HLT/V{version}",
    "local": "/minidaq/2026/Basic/HLT/V{version}",
}


def run_row(run: PlannedRun, origin: datetime) -> Row:
    """`origin` is the moment of second 0 of the plan."""
    random = Random(f"{SEED}-run-{run.number}")
    attributes = {
        "run_number": run.number,
        "fill_number": run.fill.number if run.fill else None,
        "era": run.period.era,
        "last_lumisection_number": run.lumisections,
        "duration": run.duration,
        "start_time": moment(origin, run.start),
        "end_time": None if run.running else moment(origin, run.end),
        "last_update": moment(origin, run.end + 4_000),
        **_conditions(run, random),
        **_luminosity_of_run(run, random),
        **_trigger(run, random),
    }
    units = luminosity_units(run.period.kind, ("delivered_lumi", "recorded_lumi"), ("init_lumi", "end_lumi"))
    return row("runs", run.number, attributes, {"b_field": "T", "energy": "GeV", **units})


def _conditions(run: PlannedRun, random: Random) -> dict[str, Any]:
    beam = run.fill is not None and run.fill.stable_start is not None
    kind = run.period.kind
    local = run.kind == "local"
    return {
        "sequence": "PRIVATE-GLOBAL-DT" if local else "GLOBAL-RUN",
        "stable_beam": run.kind == "collisions",
        "b_field": run.period.b_field,
        "energy": ENERGY[kind] if beam else None,
        "fill_type_runtime": None if local else FILL_TYPE[kind],
        "fill_type_party1": PARTICLE.get(kind) if beam else None,
        "fill_type_party2": PARTICLE.get(kind) if beam else None,
        "clock_type": "LHC" if beam else "LOCAL",
        "cmssw_version": f"CMSSW_16_0_{random.randint(3, 9)}",
        "components": ["DAQ", "DT", "TCDS"] if local else list(_COMPONENTS),
        "tier0_transfer": not local,
    }


def _luminosity_of_run(run: PlannedRun, random: Random) -> dict[str, Any]:
    if run.kind != "collisions":
        return {"delivered_lumi": 0.0, "recorded_lumi": 0.0, "init_lumi": 0.0, "end_lumi": 0.0}
    delivered = run.fill.delivered(run.start, run.end)
    return {
        "delivered_lumi": round(delivered, 6),
        "recorded_lumi": round(delivered * random.uniform(0.86, 0.975), 6),
        "init_lumi": round(run.fill.luminosity(run.start), 6),
        "end_lumi": None if run.running else round(run.fill.luminosity(run.end), 6),
    }


def _trigger(run: PlannedRun, random: Random) -> dict[str, Any]:
    kind = run.period.kind if run.kind == "collisions" else run.kind
    l1_rate = round(random.uniform(90_000, 112_000) if kind == "protons" else random.uniform(9_000, 45_000), 3)
    rate = round({"protons": 2_900.0, "ions": 1_600.0}.get(kind, 210.0) * random.uniform(0.85, 1.15), 3)
    size = round({"protons": 1_050.0, "ions": 2_400.0}.get(kind, 270.0) * random.uniform(0.9, 1.1), 3)
    menu = {"protons": "collisions2026", "ions": "collisionsHI2026"}.get(kind, "cosmics2026")
    version = random.randint(10, 130)
    return {
        "hlt_key": _hlt_key(kind, random),
        "hlt_physics_counter": float(round(rate * run.duration)),
        "hlt_physics_rate": rate,
        "hlt_physics_size": size,
        "hlt_physics_throughput": round(rate * size / 1e6, 6),
        "l1_key": f"l1_trg_{menu}/v{version}",
        "l1_key_stripped": f"{menu}/v{version}",
        "l1_hlt_mode": menu,
        "l1_hlt_mode_stripped": f"{menu}/v{version + 7}",
        "l1_menu": f"L1Menu_{menu.capitalize()}_v1_{random.randint(0, 4)}_0",
        "l1_rate": l1_rate,
        "l1_triggers_counter": round(l1_rate * run.duration),
        "trigger_mode": "MANUAL" if kind == "local" else f"l1_hlt_{menu}/v{version + 7}",
        "initial_prescale_index": random.randint(0, 4),
    }


def _hlt_key(kind: str, random: Random) -> str:
    return _HLT_KEY[kind].format(minor=random.randint(0, 4), patch=random.randint(0, 5), version=random.randint(1, 9))
