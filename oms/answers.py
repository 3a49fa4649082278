"""From the attributes of an upstream answer to values that fit the fields of a model."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils.dateparse import parse_datetime

if TYPE_CHECKING:
    from oms.models import UpstreamFacts

logger = logging.getLogger(__name__)

_LONGEST_TEXT = 2_000
# Far enough from the first and the last day that exist, so that every time zone can show them.
_EARLIEST, _LATEST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Facts:
    """`values`: field name → value (None or "" is unknown); `units`: attribute → unit as upstream wrote it.

    `told_at`: when upstream said so, unless that is now.
    """

    values: Mapping[str, Any]
    units: Mapping[str, str] = field(default_factory=dict)
    told_at: datetime | None = None


class Unreadable(ValueError):
    """The value is not of the kind that the field holds."""


def read_facts(model: type[UpstreamFacts], attributes: Mapping[str, Any], units: Mapping[str, Any]) -> Facts:
    """The attributes that `model` has a field for, each converted to that field's type.

    A value of the wrong kind becomes unknown and is logged: one odd attribute must not cost the whole run.
    """
    values = {}
    for model_field in model._meta.concrete_fields:
        reader = _READERS.get(type(model_field))
        if reader is None or model_field.name not in attributes or model_field.name in model.OUR_FIELDS:
            continue
        raw = attributes[model_field.name]
        try:
            values[model_field.name] = _unknown(model_field) if raw is None else fitting(model_field, reader(raw))
        except Unreadable:
            logger.warning("%s.%s cannot hold %.80r", model.__name__, model_field.name, raw)
            values[model_field.name] = _unknown(model_field)
    return Facts(values, {name: unit for name, unit in units.items() if isinstance(unit, str) and len(unit) < 80})


def fitting(model_field: models.Field, value: Any) -> Any:
    """The value, if the column holds it and every time zone can show it. Raises Unreadable."""
    if isinstance(value, datetime) and not _EARLIEST < value < _LATEST:
        raise Unreadable
    if isinstance(value, int) and not isinstance(value, bool):
        lowest, highest = BaseDatabaseOperations.integer_field_ranges[model_field.get_internal_type()]
        if not lowest <= value <= highest:
            raise Unreadable
    return value


def _unknown(model_field: models.Field) -> Any:
    return None if model_field.null else model_field.get_default()


def _number(raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise Unreadable
    try:
        number = float(raw)
    except (ValueError, OverflowError) as exc:
        raise Unreadable from exc
    if not math.isfinite(number):
        raise Unreadable
    return number


def read_integer(raw: Any) -> int:
    number = int(raw) if isinstance(raw, int) and not isinstance(raw, bool) else _number(raw)
    if number != int(number):
        raise Unreadable
    return int(number)


def _boolean(raw: Any) -> bool:
    if isinstance(raw, str) and raw.lower() in ("true", "false"):
        return raw.lower() == "true"
    if not isinstance(raw, bool):
        raise Unreadable
    return raw


def _text(raw: Any) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise Unreadable
    return str(raw)[:_LONGEST_TEXT]


def _moment(raw: Any) -> datetime:
    try:
        moment = parse_datetime(raw) if isinstance(raw, str) else None
    except ValueError as exc:
        raise Unreadable from exc
    if moment is None:
        raise Unreadable
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as exc:
        raise Unreadable from exc


def _texts(raw: Any) -> list[str]:
    if not isinstance(raw, list):
        raise Unreadable
    return [_text(item) for item in raw]


_READERS: dict[type[models.Field], Callable[[Any], Any]] = {
    models.BigIntegerField: read_integer,
    models.FloatField: _number,
    models.BooleanField: _boolean,
    models.CharField: _text,
    models.DateTimeField: _moment,
    models.JSONField: _texts,
}
