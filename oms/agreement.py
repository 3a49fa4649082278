"""When two sources say the same of one fact, though not in the same words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from oms.units import in_inverse_picobarn

# Rounding explains so much between what was read off a screen and what OMS has, and no more.
_ROUNDING = 0.05


@dataclass(frozen=True)
class Told:
    """A value as somebody told it; `unit` is "" where there is none or nobody knows it."""

    value: Any
    unit: str = ""


def agree(typed: Told, official: Told) -> bool:
    """Numbers agree when the official one, in the unit typed, rounds to what was typed; text apart from its case."""
    if typed.value in (None, "") or isinstance(typed.value, bool) or isinstance(official.value, bool):
        return typed.value == official.value
    if isinstance(typed.value, float) and isinstance(official.value, int | float):
        number = _in_unit_of(typed, official)
        return number is not None and _rounds_to(number, typed.value)
    if isinstance(typed.value, str) and isinstance(official.value, str):
        return typed.value.strip().casefold() == official.value.strip().casefold()
    return typed.value == official.value


def _in_unit_of(typed: Told, official: Told) -> float | None:
    """The official number in the unit that was typed; None when nobody knows how they compare."""
    if typed.unit == official.unit or not (typed.unit and official.unit):
        return float(official.value)
    one = in_inverse_picobarn(1, typed.unit)
    number = in_inverse_picobarn(official.value, official.unit)
    return None if not one or number is None else number / one


def _rounds_to(official: float, typed: float) -> bool:
    digits = max(0, -Decimal(repr(typed)).normalize().as_tuple().exponent)
    is_close = abs(official - typed) <= _ROUNDING * abs(official)
    return is_close and abs(round(official, digits) - typed) <= 1e-9 * max(1, abs(typed))
