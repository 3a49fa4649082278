"""The query language of the OMS aggregation API."""

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

DEFAULT_LIMIT = 100
_PARAMETERS = ("filter", "fields", "sort", "page", "include")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq,
    "NEQ": operator.ne,
    "LT": operator.lt,
    "GT": operator.gt,
    "LE": operator.le,
    "GE": operator.ge,
    "LIKE": lambda value, wanted: bool(_pattern(str(wanted)).fullmatch(str(value))),
    "CT": lambda value, wanted: str(wanted) in str(value),
}
_IN_TEXT = ("LIKE", "CT")


class BadQuery(Exception):
    """OMS answers 400 with these words."""


@dataclass(frozen=True)
class Condition:
    attribute: str
    compare: str
    wanted: Any  # None is the literal null

    def holds(self, row: Mapping[str, Any]) -> bool:
        value = row["attributes"].get(self.attribute)
        if self.wanted is None:
            return self.compare in ("EQ", "NEQ") and (value is None) == (self.compare == "EQ")
        if value is None or (isinstance(value, str) != isinstance(self.wanted, str) and self.compare not in _IN_TEXT):
            return False
        try:
            return _COMPARISONS[self.compare](value, self.wanted)
        except TypeError:  # a list is neither less nor more than a number
            return False


@dataclass
class Query:
    conditions: list[Condition] = field(default_factory=list)
    fields: list[str] | None = None
    sort: list[str] = field(default_factory=list)
    offset: int = 0
    limit: int = DEFAULT_LIMIT

    def wanted(self, attribute: str) -> Any:
        """The value that `attribute` must equal, None when the query leaves it open."""
        exact = (item.wanted for item in self.conditions if (item.attribute, item.compare) == (attribute, "EQ"))
        return next(exact, None)

    def select(self, rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """All rows that meet the conditions, sorted; paging is left to the caller, who also wants their number."""
        found = [row for row in rows if all(condition.holds(row) for condition in self.conditions)]
        for name in reversed(self.sort):
            found.sort(key=lambda row: _sortable(row["attributes"].get(name.lstrip("-"))), reverse=name[:1] == "-")
        return found


def parse(resource: str, kinds: Mapping[str, type], query: str) -> Query:
    """`kinds`: the attributes of the resource and what their values are. Raises BadQuery."""
    parsed = Query()
    for key, value in parse_qsl(query, keep_blank_values=True):
        name, *brackets = re.findall(r"[^\[\]]+", key) or [key]
        if brackets[:1] == [resource]:  # filter[runs][run_number] is the long form of filter[run_number]
            brackets = brackets[1:]
        if name not in _PARAMETERS:
            raise BadQuery(f"Bad request: the '{name}' parameter does not exists in {resource} resource.")
        _READERS[name](parsed, brackets, value, _Attributes(resource, kinds))
    return parsed


class _Attributes:
    def __init__(self, resource: str, kinds: Mapping[str, type]) -> None:
        self.resource = resource
        self.kinds = kinds

    def known(self, name: str) -> str:
        if name not in self.kinds:
            raise BadQuery(f"Bad request: the '{name}' parameter does not exists in {self.resource} resource.")
        return name


def _read_filter(query: Query, brackets: list[str], value: str, attributes: _Attributes) -> None:
    if not 1 <= len(brackets) <= 2:
        raise BadQuery("Bad request: a filter is filter[attribute][operator].")
    attribute, compare = attributes.known(brackets[0]), (brackets[1:] or ["EQ"])[0]
    if compare not in _COMPARISONS:
        raise BadQuery(f"Bad request: the operator '{compare}' is not supported.")
    kind = str if compare in ("LIKE", "CT") else attributes.kinds[attribute]
    query.conditions.append(Condition(attribute, compare, _value(attribute, kind, value)))


def _read_fields(query: Query, brackets: list[str], value: str, attributes: _Attributes) -> None:
    query.fields = [attributes.known(name) for name in value.split(",") if name]


def _read_sort(query: Query, brackets: list[str], value: str, attributes: _Attributes) -> None:
    names = [name for name in value.split(",") if name]
    for name in names:
        attributes.known(name.removeprefix("-"))
    query.sort = names


def _read_page(query: Query, brackets: list[str], value: str, attributes: _Attributes) -> None:
    if brackets not in (["offset"], ["limit"]) or not re.fullmatch(r"\d{1,9}", value):
        raise BadQuery("Bad request: page[offset] and page[limit] are whole numbers.")
    setattr(query, brackets[0], int(value))


_READERS: dict[str, Callable[[Query, list[str], str, _Attributes], None]] = {
    "filter": _read_filter,
    "fields": _read_fields,
    "sort": _read_sort,
    "page": _read_page,
    "include": lambda query, brackets, value, attributes: None,
}


def _value(attribute: str, kind: type, text: str) -> Any:
    if text == "null":
        return None
    if kind is bool and text.lower() in ("true", "false"):  # the official client writes Python's True
        return text.lower() == "true"
    if kind is float:
        return _number(attribute, text)
    if kind is bool:
        raise BadQuery(f"Bad request: '{text}' is not a valid value of '{attribute}'.")
    return text


def _number(attribute: str, text: str) -> int | float:
    for read in (int, float):
        try:
            number = read(text)
        except ValueError:
            continue
        if math.isfinite(number):
            return number
    raise BadQuery(f"Bad request: '{text}' is not a valid value of '{attribute}'.")


def _sortable(value: Any) -> tuple[int, float, str]:
    # Null is the largest, as it is in Oracle.
    if isinstance(value, bool | int | float):
        return 0, value, ""
    return (2 if value is None else 1), 0, str(value)


def _pattern(like: str) -> re.Pattern[str]:
    return re.compile(re.escape(like).replace("%", ".*").replace("_", "."), re.DOTALL)
