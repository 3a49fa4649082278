"""OMS: runs, fills and lumisections as its aggregation API answers them (JSON:API)."""

from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import Any
from urllib.parse import parse_qsl, urlencode

from simulator.answers import Answer, Request, json_answer
from simulator.oms_query import BadQuery, Query, parse
from simulator.rows import INTERNAL_HOST
from simulator.world import Row, World

PREFIX = "/agg/api"


class Oms:
    def __init__(self, world: World) -> None:
        self.world = world
        samples = {"runs": world.runs, "fills": world.fills, "lumisections": islice(world.lumisections(), 1)}
        self._kinds = {resource: _kinds_of(rows) for resource, rows in samples.items()}

    def answer(self, request: Request) -> Answer:
        resource, *rest = request.path.removeprefix(f"{PREFIX}/v1/").rstrip("/").split("/")
        if request.method != "GET" or not request.path.startswith(f"{PREFIX}/v1/") or resource not in self._kinds:
            return _error(404, "NOT_FOUND", "The requested resource is not available.")
        if rest == ["meta"]:
            return json_answer({"meta": self._description(resource)})
        if rest:
            return _error(404, "NOT_FOUND", "The requested resource is not available.")
        try:
            query = parse(resource, self._kinds[resource], request.query)
        except BadQuery as exc:
            return _error(400, "BAD_REQUEST", str(exc))
        return json_answer(self._envelope(resource, query, request.query))

    def _envelope(self, resource: str, query: Query, asked: str) -> dict[str, Any]:
        found = query.select(self._rows(resource, query))
        page = found[query.offset : query.offset + query.limit]
        return {
            "data": [_only(row, query.fields) for row in page],
            "links": _links(resource, query, asked, len(found)),
            "meta": {"totalResourceCount": len(found), "version": "1.0.0", "resource": resource.removesuffix("s")},
        }

    def _rows(self, resource: str, query: Query) -> Iterable[Row]:
        if resource != "lumisections":
            return self.world.runs if resource == "runs" else self.world.fills
        run_number, fill_number = query.wanted("run_number"), query.wanted("fill_number")
        if run_number is not None:
            return self.world.lumisections(run_number)
        if fill_number is None:
            return self.world.lumisections()
        runs = (row["attributes"] for row in self.world.runs)
        numbers = [run["run_number"] for run in runs if run.get("fill_number") == fill_number]
        return chain.from_iterable(map(self.world.lumisections, numbers))

    def _description(self, resource: str) -> dict[str, Any]:
        kinds = self._kinds[resource].items()
        names = {float: "Fraction", bool: "Boolean", list: "List", str: "String"}
        fields = {name: {"title": name.replace("_", " "), "api_type": names[kind]} for name, kind in kinds}
        return {"resource": resource.removesuffix("s"), "fields_order": list(fields), "fields": fields}


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
    units = (row["meta"] or {}).get("row")
    meta = {"row": units and {name: unit for name, unit in units.items() if name in fields}}
    attributes = {name: row["attributes"].get(name) for name in fields}
    return {**row, "attributes": attributes, "meta": row["meta"] and meta}


def _links(resource: str, query: Query, asked: str, total: int) -> dict[str, str | None]:
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
        return None if offset is None else f"{INTERNAL_HOST}/{resource}/?{urlencode(kept + paging, safe='[]')}"

    return {name: link(offset) for name, offset in pages.items()}


def _error(status: int, title: str, detail: str) -> Answer:
    return json_answer({"errors": [{"status": str(status), "title": title, "detail": detail}]}, status)
