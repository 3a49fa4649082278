"""The lumisections of a run, worked out from its row so that they add up to the run's luminosity."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

SECONDS = 23.31  # 2^18 turns of the LHC's beams

_MOST = 10_000  # a real run has 3300 at most, but a fact can be changed to anything
_CARRIED_UNITS = ("init_lumi", "end_lumi", "delivered_lumi", "recorded_lumi")


def count_of(attributes: dict[str, Any]) -> int:
    """The largest lumisection number; from the duration where OMS does not say it, 0 when nothing tells."""
    stated = _number(attributes.get("last_lumisection_number"))
    count = stated if stated is not None else math.ceil((_number(attributes.get("duration")) or 0) / SECONDS)
    return max(0, min(int(count), _MOST))


def lumisections_of(run: dict[str, Any]) -> Iterator[dict[str, Any]]:
    attributes = run["attributes"]
    shares = _shares(attributes, count_of(attributes))
    units = ((run.get("meta") or {}).get("row")) or {}
    for number, (share, level) in enumerate(shares, start=1):
        yield {
            "id": f"{attributes['run_number']}_{number}",
            "type": "lumisections",
            "attributes": _attributes(attributes, number, share, level),
            "links": {"self": f"http://cmsomsapi.cern.ch:8080/api/v1/lumisections/{attributes['run_number']}_{number}"},
            "meta": {"row": {name: units[name] for name in _CARRIED_UNITS if name in units}},
        }


def _shares(attributes: dict[str, Any], count: int) -> list[tuple[float, float | None]]:
    """Per lumisection its part of the run's luminosity and the level, falling from init_lumi to end_lumi.

    Without an init_lumi the level is unknown and the parts are equal.
    """
    first = _number(attributes.get("init_lumi"))
    last = _number(attributes.get("end_lumi")) or first
    fall = (last / first) if first and first > 0 and last > 0 else 1.0
    shape = [fall ** (index / max(count - 1, 1)) for index in range(count)]
    total = sum(shape)
    if not math.isfinite(total):
        shape, total = [1.0] * count, count
    return [(part / total, None if first is None else first * part) for part in shape]


def _attributes(run: dict[str, Any], number: int, share: float, level: float | None) -> dict[str, Any]:
    return {
        "lumisection_number": number,
        "run_number": run["run_number"],
        "fill_number": run.get("fill_number"),
        "start_time": _moment(run.get("start_time"), (number - 1) * SECONDS),
        "end_time": _moment(run.get("start_time"), number * SECONDS),
        "init_lumi": level,
        "end_lumi": level,
        "delivered_lumi": _part(run.get("delivered_lumi"), share),
        "recorded_lumi": _part(run.get("recorded_lumi"), share),
        "physics_flag": run.get("stable_beam"),
        "beams_stable": run.get("stable_beam"),
    }


def _part(total: Any, share: float) -> float | None:
    return None if _number(total) is None else total * share


def _moment(start: Any, seconds: float) -> str | None:
    try:
        moment = datetime.fromisoformat(start) + timedelta(seconds=seconds)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(value: Any) -> float | None:
    """None also for what is no number at all: a changed fact can be anything."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and abs(value) < 1e300 else None
