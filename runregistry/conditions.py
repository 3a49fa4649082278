"""Filters of the Run Registry: what a search asks for, and whether an answer is one to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

OPEN = "OPEN"

Condition = Mapping[str, Any]


def runs_in(ranges: list[tuple[int, int]]) -> dict[str, Any]:
    """The filter for runs in any of the ranges, both ends included. An empty `or` would match everything."""
    if not ranges:
        raise ValueError("no runs")
    parts = [{"=": first} if first == last else {"and": [{">=": first}, {"<=": last}]} for first, last in ranges]
    return {"run_number": {"or": parts}}


def listed(run_numbers: list[int]) -> dict[str, Any]:
    """The filter for these runs."""
    return {"run_number": run_numbers}


def open_datasets() -> dict[str, Any]:
    return {"dataset_attributes.tracker_state": OPEN}


def started_since(moment: datetime) -> dict[str, Any]:
    """Compared as text, which for ISO times in UTC is their order."""
    return {"oms_attributes.start_time": {">=": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}}


def up_to(condition: Condition, run_number: int) -> dict[str, Any] | None:
    """The same of no newer run, None where nothing is left to ask for."""
    wanted = condition.get("run_number")
    if isinstance(wanted, list):
        left = [number for number in wanted if number <= run_number]
        return listed(left) if left else None
    if wanted and "or" in wanted:
        ranges = [(low, min(high, run_number)) for low, high in map(_bounds, wanted["or"]) if low <= run_number]
        return runs_in(ranges) if ranges else None
    return {**condition, "run_number": {"<=": run_number}}


def meets(condition: Condition, run_number: int) -> bool:
    """As far as the condition is about run numbers: an answer about other runs is not one to ours."""
    wanted = condition.get("run_number")
    if not wanted:
        return True
    if isinstance(wanted, list):
        return run_number in wanted
    if "<=" in wanted:
        return run_number <= wanted["<="]
    return any(low <= run_number <= high for low, high in map(_bounds, wanted["or"]))


def _bounds(part: Mapping[str, Any]) -> tuple[int, int]:
    if "=" in part:
        return part["="], part["="]
    lowest, highest = part["and"]
    return lowest[">="], highest["<="]
