"""Single facts of a run or a fill become others, in OMS or in what the Run Registry holds."""

from __future__ import annotations

from typing import Any

from simulator.changing import CannotChange, Changing, checked
from simulator.run_changes import change_registry_run
from simulator.tables import Row

KEEP: Any = object()  # as value or unit: leave it as it is
_NUMBERS = {"run": "run_number", "fill": "fill_number"}


class FactChanges(Changing):
    """All raise CannotChange, in a sentence. Of `value` and `unit` one may be left out; the unit "" takes it away."""

    def change_run(self, run_number: int, attribute: str, value: Any = KEEP, unit: str = KEEP) -> None:
        """In OMS."""
        with self.changing(f"OMS, run {run_number}: {_told(attribute, value, unit)}.") as tables:
            tables.runs[run_number] = _changed("run", tables.runs, run_number, attribute, value, unit)

    def change_fill(self, fill_number: int, attribute: str, value: Any = KEEP, unit: str = KEEP) -> None:
        """In OMS."""
        with self.changing(f"OMS, fill {fill_number}: {_told(attribute, value, unit)}.") as tables:
            tables.fills[fill_number] = _changed("fill", tables.fills, fill_number, attribute, value, unit)

    def change_copy(self, run_number: int, attribute: str, value: Any) -> None:
        """In the Run Registry's own copy of the OMS run, which knows no units."""
        with self.changing(f"Run Registry's copy, run {run_number}: {_told(attribute, value, KEEP)}.") as tables:
            change_registry_run(tables, run_number, "oms_attributes", {_named(attribute): checked(value)})

    def change_registry_run(self, run_number: int, attribute: str, value: Any) -> None:
        """What the Run Registry itself says of the run: class, state, significant, short_run, stop_reason."""
        with self.changing(f"Run Registry, run {run_number}: {_told(attribute, value, KEEP)}.") as tables:
            change_registry_run(tables, run_number, "rr_attributes", {_named(attribute): checked(value)})


def _changed(what: str, rows: dict[int, Row], number: int, attribute: str, value: Any, unit: Any) -> Row:
    if number not in rows:
        raise CannotChange(f"OMS has no {what} {number}.")
    if attribute == _NUMBERS[what]:
        raise CannotChange(f"The number of a {what} is changed by renaming the {what}.")
    if value is KEEP and unit is KEEP:
        raise CannotChange("Give a value, a unit, or both.")
    row = rows[number]
    if value is not KEEP:
        row = {**row, "attributes": {**row["attributes"], _named(attribute): checked(value)}}
    return row if unit is KEEP else {**row, "meta": _with_unit(row.get("meta"), _named(attribute), unit)}


def _with_unit(meta: Row | None, attribute: str, unit: str | None) -> Row:
    units = dict((meta or {}).get("row") or {})
    units.pop(attribute, None)
    if unit:
        units[attribute] = {"units": str(unit)}
    return {**(meta or {}), "row": units}


def _named(attribute: str) -> str:
    if not attribute:
        raise CannotChange("Name the attribute.")
    return attribute


def _told(attribute: str, value: Any, unit: Any) -> str:
    value = "" if value is KEEP else f" {value!r:.60}"
    unit = "" if unit is KEEP else f" in '{unit}'" if unit else " without unit"
    return f"{attribute} is now{value}{unit}"
