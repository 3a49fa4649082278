"""OMS: runs, fills and lumisections as its aggregation API answers them (JSON:API)."""

from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from simulator.answers import Answer, Request, json_answer
from simulator.oms_query import BadQuery, Query, parse
from simulator.rows import INTERNAL_HOST
from simulator.tables import Row, Tables
from simulator.world import World

PREFIX = "/agg/api"


# Of a run or fill the rows that belong to it, and by which attribute they name it.
_SUB_RESOURCES = {("runs", "lumisections"): "run_number", ("fills", "runs"): "fill_number"}


class Oms:
    def __init__(self, world: World) -> None:
        self.world = world
        self._first = self._latest = (world.tables, _kinds_in(world.tables))

    def answer(self, request: Request) -> Answer:
        if request.method != "GET" or not request.path.startswith(f"{PREFIX}/v1/"):
            return _not_available()
        path = request.path.removeprefix(f"{PREFIX}/v1/").rstrip("/")
        tables = self.world.tables
        kinds = self._kinds(tables)
        resource, *rest = path.split("/")
        query = request.query
        if len(rest) == 2 and (resource, rest[1]) in _SUB_RESOURCES:
            query += "&" + urlencode({f"filter[{_SUB_RESOURCES[resource, rest[1]]}]": unquote(rest[0])})
            resource, rest = rest[1], []
        if resource not in kinds or rest not in ([], ["meta"]):
            return _not_available()
        if rest:
            return json_answer({"meta": _description(resource, kinds[resource])})
        try:
            parsed = parse(resource, kinds[resource], query)
        except BadQuery as exc:
            return _error(400, "BAD_REQUEST", str(exc))
        return json_answer(_envelope(tables, resource, parsed, path, request.query))

    def _kinds(self, tables: Tables) -> dict[str, dict[str, type]]:
        """By resource; what was there at the beginning stays known, and what a change brought becomes known."""
        seen, kinds = self._latest
        if tables is not seen:
            first = self._first[1]
            kinds = {resource: {**found, **first[resource]} for resource, found in _kinds_in(tables).items()}
            self._latest = tables, kinds
        return kinds


def _envelope(tables: Tables, resource: str, query: Query, path: str, asked: str) -> dict[str, Any]:
    found = query.select(_rows(tables, resource, query))
    page = found[query.offset : query.offset + query.limit]
    return {
        "data": [_only(row, query.fields) for row in page],
        "links": _links(path, query, asked, len(found)),
        "meta": {"totalResourceCount": len(found), "version": "1.0.0", "resource": resource.removesuffix("s")},
    }


def _rows(tables: Tables, resource: str, query: Query) -> Iterable[Row]:
    if resource != "lumisections":
        return tables.run_rows if resource == "runs" else tables.fill_rows
    run_number, fill_number = query.wanted("run_number"), query.wanted("fill_number")
    if run_number is not None:
        return tables.lumisections(run_number)
    if fill_number is None:
        return tables.lumisections()
    runs = (row["attributes"] for row in tables.run_rows)
    numbers = [run["run_number"] for run in runs if run.get("fill_number") == fill_number]
    return chain.from_iterable(map(tables.lumisections, numbers))


def _description(resource: str, kinds: Mapping[str, type]) -> dict[str, Any]:
    names = {float: "Fraction", bool: "Boolean", list: "List"}
    fields = {
        name: {"title": name.replace("_", " "), "api_type": names.get(kind, "String")} for name, kind in kinds.items()
    }
    return {"resource": resource.removesuffix("s"), "fields_order": list(fields), "fields": fields}


def _kinds_in(tables: Tables) -> dict[str, dict[str, type]]:
    samples = {"runs": tables.run_rows, "fills": tables.fill_rows, "lumisections": islice(tables.lumisections(), 1)}
    return {resource: _kinds_of(rows) for resource, rows in samples.items()}


def _kinds_of(rows: Iterable[Row]) -> dict[str, type]:
    """Every attribute that a row of the resource has, with float for any number."""
    kinds: dict[str, type] = {}
    for name, value in chain.from_iterable(row["attributes"].items() for row in rows):
        if value is not None:
            kinds[name] = float if type(value) is int else type(value)
        else:
            kinds.setdefault(name, str)
    return kinds


def _only(row: Mapping[str, Any], fields: list[str] | None) -> Row:
    """The row with the attributes asked for, and units for no others."""
    if fields is None:
        return dict(row)
    meta = row.get("meta")
    units = (meta or {}).get("row")
    kept = {"row": units and {name: unit for name, unit in units.items() if name in fields}}
    attributes = {name: row["attributes"].get(name) for name in fields}
    return {**row, "attributes": attributes, "meta": meta and kept}


def _links(path: str, query: Query, asked: str, total: int) -> dict[str, str | None]:
    """As upstream, they name a host that nobody outside can reach."""
    limit = max(query.limit, 1)
    pages = {
        "first": 0,
        "last": max(total - 1, 0) // limit * limit,
        "prev": max(query.offset - limit, 0) if query.offset else None,
        "next": query.offset + limit if query.offset + limit < total else None,
    }
    kept = [(name, value) for name, value in parse_qsl(asked) if not name.startswith("page")]

    def link(offset: int | None) -> str | None:
        paging = [("page[offset]", str(offset)), ("page[limit]", str(query.limit))]
        return None if offset is None else f"{INTERNAL_HOST}/{path}/?{urlencode(kept + paging, safe='[]')}"

    return {name: link(offset) for name, offset in pages.items()}


def _not_available() -> Answer:
    return _error(404, "NOT_FOUND", "The requested resource is not available.")


def _error(status: int, title: str, detail: str) -> Answer:
    return json_answer({"errors": [{"status": str(status), "title": title, "detail": detail}]}, status)
