"""A world of our own invention: the same runs, fills and datasets every time, only their dates follow the calendar."""

from datetime import UTC, date, datetime, time, timedelta

from simulator.dataset_rows import datasets_of, names_of
from simulator.fill_rows import fill_row
from simulator.oddities import HTML_STOP_REASON, make_odd
from simulator.plan import PlannedRun, Timeline, plan
from simulator.run_rows import run_row
from simulator.tables import Row
from simulator.world import World

_REPROCESSED_ERA = "Run2026A"
_RERECO, _SECOND_RERECO, _ULTRA_LEGACY = "17Sept2026", "12Nov2026", "UL2026"
_ULTRA_LEGACY_FILLS = 8  # the oldest of the era


def generate(anchor: date | None = None) -> World:
    """Times are counted back from the beginning of the day `anchor` (UTC), by default today."""
    timeline = plan()
    now = timeline.runs[-1].end
    midnight = datetime.combine(anchor or datetime.now(UTC).date(), time(), UTC)
    origin = midnight - timedelta(seconds=now)
    runs = {run.number: run_row(run, origin) for run in timeline.runs}
    fills = {fill.number: fill_row(fill, [runs[run.number] for run in fill.runs], origin) for fill in timeline.fills}
    examples = _examples(timeline) | make_odd(timeline, runs, fills)
    datasets = _datasets(timeline, runs, now, examples)
    uncached = [(row["run_number"], row["name"]) for row in datasets if _is_prompt_of(row, examples["uncached_prompt"])]
    return World(runs.values(), fills.values(), datasets, examples, uncached)


def _examples(timeline: Timeline) -> dict[str, int]:
    reprocessed = _of(timeline, "collisions", _REPROCESSED_ERA)
    return {
        "four_reconstructions": reprocessed[3].number,
        "two_rerecos": reprocessed[0].number,
        "two_rerecos_as_well": reprocessed[1].number,
        "deleted_prompt": reprocessed[5].number,
        "uncached_prompt": reprocessed[6].number,
        "collisions": _of(timeline, "collisions", "Run2026C")[0].number,
        "html": _of(timeline, "collisions", "Run2026C")[1].number,
        "ions": _of(timeline, "collisions", "HIRun2026A")[0].number,
        "commissioning": _of(timeline, "commissioning", "Commissioning2026")[0].number,
        "cosmics_without_field": _of(timeline, "cosmics", "Commissioning2026")[0].number,
        "cosmics": _of(timeline, "cosmics", "Run2026C")[0].number,
        "local": next(run.number for run in timeline.runs if run.kind == "local"),
        "running": timeline.runs[-1].number,
    }


def _of(timeline: Timeline, kind: str, era: str) -> list[PlannedRun]:
    found = [run for run in timeline.runs if run.kind == kind and run.period.era == era]
    return [run for run in found if run.lumisections > 60]


def _datasets(timeline: Timeline, runs: dict[int, Row], now: int, examples: dict[str, int]) -> list[Row]:
    campaigns = _campaigns(timeline, examples)
    datasets = []
    for run in timeline.runs:
        names = names_of(run, now, campaigns.get(run.number, ()))
        datasets += datasets_of(run, runs[run.number], names)
    for dataset in datasets:
        if dataset["run_number"] == examples["html"]:
            dataset["Run"]["rr_attributes"]["stop_reason"] = HTML_STOP_REASON
        if _is_prompt_of(dataset, examples["deleted_prompt"]):
            dataset["deleted"] = True
    return datasets


def _is_prompt_of(dataset: Row, run_number: int) -> bool:
    return dataset["run_number"] == run_number and "/PromptReco/" in dataset["name"]


def _campaigns(timeline: Timeline, examples: dict[str, int]) -> dict[int, tuple[str, ...]]:
    fills = [fill for fill in timeline.fills if fill.period.era == _REPROCESSED_ERA]
    campaigns: dict[int, tuple[str, ...]] = {}
    for position, fill in enumerate(fills):
        names = (_RERECO, _ULTRA_LEGACY) if position < _ULTRA_LEGACY_FILLS else (_RERECO,)
        campaigns |= {run.number: names for run in fill.runs if run.kind == "collisions"}
    for example in ("two_rerecos", "two_rerecos_as_well"):
        campaigns[examples[example]] += (_SECOND_RERECO,)
    return campaigns
