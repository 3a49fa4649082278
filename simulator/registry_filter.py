"""The filter language of the Run Registry, with the surprises of the SQL that it becomes."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

Row = Mapping[str, Any]

_COLUMNS = {"run_number": int, "name": str, "version": int, "deleted": bool}
# Each JSON column: the table it stands in, and where the answer carries it.
_JSON_COLUMNS = {
    "dataset_attributes": ("Dataset", ("dataset_attributes",)),
    "rr_attributes": ("Run", ("Run", "rr_attributes")),
    "oms_attributes": ("Run", ("Run", "oms_attributes")),
    "triplet_summary": ("DatasetTripletCache", ("DatasetTripletCache", "triplet_summary")),
    "dcs_summary": ("DatasetTripletCache", ("DatasetTripletCache", "dcs_summary")),
}
_TABLES = ("Dataset", "Run", "DatasetTripletCache")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "like": lambda value, wanted: _is_like(value, wanted),
    "notlike": lambda value, wanted: not _is_like(value, wanted),
}


class DatabaseError(Exception):
    """PostgreSQL refuses; the Run Registry passes its words on with status 500."""


def matches(condition: Any, row: Row) -> bool:
    """Whether the dataset meets the filter. Raises DatabaseError.

    Each table gets its own part of the filter and the parts are joined by AND: an `or` across tables is lost.
    """
    return all(_meets(condition, row, table) for table in _TABLES)


def validate(condition: Any) -> None:
    """Raise the DatabaseError that the filter causes, whatever rows there are."""
    for table in _TABLES:
        _meets(condition, {"run_number": 1, "name": "", "version": 1, "deleted": False}, table)


def _meets(condition: Any, row: Row, table: str) -> bool:
    meets = _judge(condition, row, table)
    return True if meets is None else meets


def _judge(condition: Any, row: Row, table: str) -> bool | None:
    """None when the condition says nothing about `table`."""
    if not isinstance(condition, dict):
        raise DatabaseError("Invalid value in the filter")
    parts = []
    for key, value in condition.items():
        if key in ("and", "or"):
            parts.append(_combine(key, [_judge(part, row, table) for part in _listed(value)]))
        elif _table_of(key) == table:
            parts.append(_holds(key, value, row))
        else:
            _column_type(key)
    return _combine("and", parts)


def _combine(word: str, parts: list[bool | None]) -> bool | None:
    """An empty list says nothing, so `{"or": []}` lets everything through."""
    said = [part for part in parts if part is not None]
    if not said:
        return None
    return all(said) if word == "and" else any(said)


def _holds(key: str, condition: Any, row: Row) -> bool:
    if isinstance(condition, list):
        # All are compared first: a wrong value is an error even behind one that matches.
        found = [_compare(key, "=", wanted, row) for wanted in condition]
        return any(found)
    if not isinstance(condition, dict):
        return _compare(key, "=", condition, row)
    parts = []
    for word, wanted in condition.items():
        if word in ("and", "or"):
            parts.append(_combine(word, [_holds(key, part, row) for part in _listed(wanted)]))
        else:
            parts.append(_compare(key, word, wanted, row))
    return _combine("and", parts) is not False


def _compare(key: str, word: str, wanted: Any, row: Row) -> bool:
    if word not in _COMPARISONS:
        raise DatabaseError(f'Invalid value {{ "{word}": ... }}')
    column = _column_type(key)
    if column is int:
        wanted = _as_integer(wanted, word)
    value = _value(key, row)
    if wanted is None:
        return word in ("=", "<>") and (value is None) == (word == "=")
    if not isinstance(wanted, bool | int | float):
        value, wanted = _text(value), str(wanted)
    # SQL: a comparison with nothing is not true, also for <> and notlike.
    return _are_comparable(value, wanted) and _COMPARISONS[word](value, wanted)


def _are_comparable(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(wanted, bool)
    if isinstance(wanted, str):
        return isinstance(value, str)
    return isinstance(value, int | float)


def _as_integer(wanted: Any, word: str) -> int | None:
    if word in ("like", "notlike"):
        raise DatabaseError("operator does not exist: integer ~~* unknown")
    if isinstance(wanted, bool) or (wanted is not None and not re.fullmatch(r"\s*-?\d+\s*", str(wanted))):
        raise DatabaseError(f'invalid input syntax for type integer: "{wanted}"')
    return None if wanted is None else int(wanted)


def _table_of(key: str) -> str:
    column = key.split(".", 1)[0]
    return _JSON_COLUMNS[column][0] if "." in key and column in _JSON_COLUMNS else "Dataset"


def _column_type(key: str) -> type | None:
    """None for an attribute inside JSON, where anything may be asked for. Raises DatabaseError for a column."""
    if "." in key and key.split(".", 1)[0] in _JSON_COLUMNS:
        return None
    if key not in _COLUMNS:
        raise DatabaseError(f"column Dataset.{key} does not exist")
    return _COLUMNS[key]


def _value(key: str, row: Row) -> Any:
    if key in _COLUMNS:
        return row.get(key)
    column, *path = key.split(".")
    value: Any = row
    for name in (*_JSON_COLUMNS[column][1], *path):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_like(value: Any, pattern: Any) -> bool:
    wanted = re.escape(str(pattern)).replace("%", ".*").replace("_", ".")
    return bool(re.fullmatch(wanted, str(value), re.IGNORECASE | re.DOTALL))


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise DatabaseError("value.map is not a function")
    return value
