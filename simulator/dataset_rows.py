"""The datasets that the Run Registry would have for a run, and its own copy of what OMS says of the run."""

import math
from random import Random
from typing import Any

from simulator.plan import SEED, PlannedRun
from simulator.tables import Row

PROMPT_DELAY = 2 * 86_400  # seconds from the end of a run to its prompt reconstruction
_CLASS = {"collisions": "Collisions26", "cosmics": "Cosmics26"}
_STOPS = ("STOP_END_OF_RUN", "", "", "stable beams declared\n", "DCS: tracker HV ramping", "L1 rate too high")
_COMPONENTS = ("tracker-pixel", "tracker-strip", "tracker-track", "dt-dt", "csc-csc", "ecal-ecal", "hcal-hcal")
_CAUSES = ("DAQ", "DCS", "HV", "CALIBRATION")
_STATES = ("OPEN", "SIGNOFF", "COMPLETED", "waiting dqm gui")


def datasets_of(run: PlannedRun, row: Row, names: list[str]) -> list[Row]:
    """One dataset per name. They share one `Run`, as they do in the database upstream."""
    random = Random(f"{SEED}-datasets-{run.number}")
    shared = {"rr_attributes": _run_attributes(run, random), "oms_attributes": _copy_of_oms(run, row)}
    return [_dataset(run, name, shared, random) for name in names]


def names_of(run: PlannedRun, now: int, campaigns: tuple[str, ...]) -> list[str]:
    """`now` in seconds of the plan; `campaigns` are those that reprocessed the run, such as 17Sept2026."""
    names = ["online", _name(run, "Express")]
    if not run.running and now - run.end > PROMPT_DELAY:
        names.append(_name(run, "Prompt"))
    return names + [f"/ReReco/{run.period.era}_{campaign}/DQM" for campaign in campaigns]


def _name(run: PlannedRun, reconstruction: str) -> str:
    era = run.period.era
    if run.kind == "cosmics":
        primary = "StreamExpressCosmics" if reconstruction == "Express" else "Cosmics"
        processed = "Express" if reconstruction == "Express" else "PromptReco"
        return f"/{primary}/{era}-{processed}-v1/DQMIO"
    if run.kind in ("commissioning", "local"):
        return f"/{reconstruction.replace('Prompt', 'PromptReco')}/Commissioning2026/DQM"
    beams = "HICollisions2026" if run.period.kind == "ions" else "Collisions2026"
    # Express knows no era: it is named before the era is decided.
    return f"/Express/{beams}/DQM" if reconstruction == "Express" else f"/PromptReco/{beams}{era[-1]}/DQM"


def _run_attributes(run: PlannedRun, random: Random) -> dict[str, Any]:
    return {
        "class": _CLASS.get(run.kind, "Commissioning26"),
        "state": "OPEN" if run.running else random.choice(("SIGNOFF", "COMPLETED", "SIGNOFF")),
        "significant": run.kind != "local",
        "short_run": run.lumisections < 25,
        "stop_reason": "" if run.running else random.choice(_STOPS),
    }


def _copy_of_oms(run: PlannedRun, row: Row) -> dict[str, Any]:
    attributes = row["attributes"]
    included = {f"{name.lower()}_included": True for name in attributes["components"] or ()}
    return {**attributes, **included, "ls_duration": run.lumisections}


def _dataset(run: PlannedRun, name: str, shared: Row, random: Random) -> Row:
    return {
        "run_number": run.number,
        "name": name,
        "dataset_attributes": {} if name == "online" else _states(name, random),
        "datasets_in_gui": [] if name == "online" else [name],
        "deleted": False,
        "version": random.randint(1, 400),
        "Run": shared,
        "DatasetTripletCache": {"triplet_summary": _summary(run, name, random), "dcs_summary": {}},
    }


def _states(name: str, random: Random) -> dict[str, str]:
    late = "Express" not in name
    state = random.choices(_STATES, weights=(78, 8, 6, 8) if late else (84, 9, 7, 0))[0]
    return {"global_state": "OPEN", "tracker_state": state, "dt_state": random.choice(_STATES[:3])}


def _summary(run: PlannedRun, name: str, random: Random) -> dict[str, Any]:
    if random.random() < 0.03:
        return {}
    components = [component for component in _COMPONENTS if (name, component) != ("online", "tracker-track")]
    return {component: _histogram(run, component, random) for component in components}


def _histogram(run: PlannedRun, component: str, random: Random) -> dict[str, Any]:
    """How many lumisections got which status; it adds up to the lumisections of the run."""
    counts = {"EMPTY": 0, "causes": [], "comments": []}
    if run.kind == "local":
        return {"EXCLUDED": run.lumisections, **counts}
    if run.kind != "collisions" and component == "tracker-pixel" and random.random() < 0.5:
        return {random.choice(("STANDBY", "EXCLUDED")): run.lumisections, **counts}
    chance = random.random()
    if chance < 0.06:
        return {"NOTSET": run.lumisections, **counts}
    if chance < 0.08:
        return {"NO VALUE FOUND": run.lumisections, **counts}
    if chance < 0.80:
        return {"GOOD": run.lumisections, **counts}
    bad = math.ceil(run.lumisections * random.choice((0.02, 0.05, 0.2, 1.0)))
    blamed = {"causes": [random.choice(_CAUSES)], "comments": [f"FED {random.randint(50, 489)}"]}
    return {"BAD": bad, "GOOD": run.lumisections - bad, "EMPTY": 0, **blamed}
