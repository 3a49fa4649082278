"""The filter language of the Run Registry, with the surprises of the SQL that it becomes."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Schema:
    """What a search is in: a table, and others that are joined to it.

    `json_columns`: the table that each stands in, and where the answer carries it.
    """

    table: str
    columns: dict[str, type]
    json_columns: dict[str, tuple[str, tuple[str, ...]]]

    @property
    def tables(self) -> set[str]:
        return {self.table, *(table for table, _ in self.json_columns.values())}

    def is_inside_json(self, key: str) -> bool:
        return "." in key and key.split(".", 1)[0] in self.json_columns

    def table_of(self, key: str) -> str:
        return self.json_columns[key.split(".", 1)[0]][0] if self.is_inside_json(key) else self.table

    def type_of(self, key: str) -> type | None:
        """None for an attribute inside JSON, where anything may be asked for. Raises DatabaseError for a column."""
        if self.is_inside_json(key):
            return None
        if key not in self.columns:
            raise DatabaseError(f"column {self.table}.{key} does not exist")
        return self.columns[key]

    def value(self, key: str, row: Row) -> Any:
        if key in self.columns:
            return row.get(key)
        column, *path = key.split(".")
        value: Any = row
        for name in (*self.json_columns[column][1], *path):
            value = value.get(name) if isinstance(value, dict) else None
        return value


_CACHE = ("DatasetTripletCache", ("DatasetTripletCache", "triplet_summary"))
DATASETS = Schema(
    "Dataset",
    {"run_number": int, "name": str, "version": int, "deleted": bool},
    {
        "dataset_attributes": ("Dataset", ("dataset_attributes",)),
        "rr_attributes": ("Run", ("Run", "rr_attributes")),
        "oms_attributes": ("Run", ("Run", "oms_attributes")),
        "triplet_summary": _CACHE,
        "dcs_summary": ("DatasetTripletCache", ("DatasetTripletCache", "dcs_summary")),
    },
)
RUNS = Schema(
    "Run",
    {"run_number": int, "version": int, "deleted": bool},
    {
        "rr_attributes": ("Run", ("rr_attributes",)),
        "oms_attributes": ("Run", ("oms_attributes",)),
        "triplet_summary": _CACHE,
    },
)
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
_SQL = {"like": "~~*", "notlike": "!~~*"}


class DatabaseError(Exception):
    """PostgreSQL refuses; the Run Registry passes its words on with status 500."""


def search(condition: Any, rows: list[dict[str, Any]], schema: Schema) -> list[dict[str, Any]]:
    """The rows that meet the filter, in their order. Raises the DatabaseError that it causes, whatever rows there are.

    Each table gets its own part of the filter and the parts are joined by AND: an `or` across tables is lost.
    """
    nothing = {"run_number": 1, "name": "", "version": 1, "deleted": False}
    for table in schema.tables:
        _meets(condition, nothing, schema, table)
    # Under a key an empty `or` says nothing; here it is met by nothing.
    if condition.get("or") == []:
        return []
    return [row for row in rows if all(_meets(condition, row, schema, table) for table in schema.tables)]


def _meets(condition: Any, row: Row, schema: Schema, table: str) -> bool:
    return _judge(condition, row, schema, table) is not False


def _judge(condition: Any, row: Row, schema: Schema, table: str) -> bool | None:
    """None when the condition says nothing about `table`."""
    if not isinstance(condition, dict):
        raise DatabaseError("Invalid value in the filter")
    parts = []
    for key, value in condition.items():
        if key in ("and", "or"):
            parts.append(_combine(key, [_judge(part, row, schema, table) for part in _listed(value)]))
        elif schema.table_of(key) == table:
            parts.append(_holds(schema, key, value, row))
        else:
            schema.type_of(key)
    return _combine("and", parts)


def _combine(word: str, parts: list[bool | None]) -> bool | None:
    said = [part for part in parts if part is not None]
    if not said:
        return None
    return all(said) if word == "and" else any(said)


def _holds(schema: Schema, key: str, condition: Any, row: Row, in_list: bool = False) -> bool:
    """`in_list`: the condition is a part of an `and` or `or` under the key."""
    if isinstance(condition, list):
        return _is_among(schema, key, condition, row)
    if not isinstance(condition, dict):
        return _compare(schema, key, "=", condition, row, in_list)
    parts = []
    for word, wanted in condition.items():
        if word in ("and", "or"):
            parts.append(_combine(word, [_holds(schema, key, part, row, True) for part in _listed(wanted)]))
        else:
            parts.append(_compare(schema, key, word, wanted, row, in_list))
    return _combine("and", parts) is not False


def _is_among(schema: Schema, key: str, values: list[Any], row: Row) -> bool:
    if schema.is_inside_json(key):
        raise DatabaseError(_no_list_of(values))
    # All are compared first: a wrong value is an error even behind one that matches.
    found = [_compare(schema, key, "=", wanted, row, False) for wanted in values]
    return any(found)


def _compare(schema: Schema, key: str, word: str, wanted: Any, row: Row, in_list: bool) -> bool:
    if word not in _COMPARISONS:
        raise DatabaseError(f'Invalid value {{ "{word}": ... }}')
    if schema.type_of(key) is int:
        wanted = _as_integer(wanted, word)
    elif schema.is_inside_json(key):
        _refuse_types(word, wanted, in_list)
    value = schema.value(key, row)
    if wanted is None:
        return word in ("=", "<>") and (value is None) == (word == "=")
    if not isinstance(wanted, bool | int | float):
        value, wanted = _text(value), str(wanted)
    # SQL: a comparison with nothing is not true, also for <> and notlike.
    return _are_comparable(value, wanted) and _COMPARISONS[word](value, wanted)


def _refuse_types(word: str, wanted: Any, in_list: bool) -> None:
    """An attribute inside JSON is text: it is cast for a single number, but not in a list of conditions."""
    if isinstance(wanted, list):
        raise DatabaseError(_no_list_of(wanted))
    if in_list and isinstance(wanted, int | float):
        raise DatabaseError(f"operator does not exist: text {_SQL.get(word, word)} {_sql_type(wanted)}")


def _no_list_of(values: list[Any]) -> str:
    if not values:
        return "cannot determine type of empty array"
    return f"operator does not exist: text = {_sql_type(values[0])}[]"


def _sql_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float) and not value.is_integer():
        return "numeric"
    return "integer" if isinstance(value, int | float) else "text"


def _are_comparable(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(wanted, bool)
    if isinstance(wanted, str):
        return isinstance(value, str)
    return isinstance(value, int | float)


def _as_integer(wanted: Any, word: str) -> int | None:
    if word in ("like", "notlike"):
        raise DatabaseError("operator does not exist: integer ~~* unknown")
    if isinstance(wanted, bool) or (wanted is not None and not re.fullmatch(r"\s*-?\d{1,30}\s*", str(wanted))):
        raise DatabaseError(f'invalid input syntax for type integer: "{wanted}"')
    return None if wanted is None else int(wanted)


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
