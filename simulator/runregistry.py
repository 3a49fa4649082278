"""The Run Registry: datasets and runs by filter, names, lumisections, and moving a dataset to another state."""

import json
import math
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from simulator.answers import JSON_UTF8, Answer, Request, json_answer, not_found
from simulator.registry_filter import DATASETS, RUNS, DatabaseError, Schema, search
from simulator.registry_lumisections import (
    by_component,
    joint,
    oms_lumisections,
    ranges,
    registry_lumisections,
    without_luminosity,
)
from simulator.tables import Row
from simulator.world import World

PREFIX = "/rr"
_BODY_KEYS = ("page", "page_size", "sortings", "filter")
_BIGGEST = 2_147_483_647
_WAITING = "waiting dqm gui"
_LUMISECTIONS: dict[str, Callable[[list[Row], list[Row]], Any]] = {
    "rr_lumisections": lambda registry, oms: registry,
    "rr_lumisection_ranges": lambda registry, oms: ranges(registry),
    "rr_lumisection_ranges_by_component": lambda registry, oms: by_component(registry),
    "oms_lumisections": lambda registry, oms: oms,
    "oms_lumisection_ranges": lambda registry, oms: ranges(without_luminosity(oms)),
    "joint_lumisection_ranges": lambda registry, oms: ranges(joint(oms, registry)),
}
_NO_DATASET = "Cannot destructure property `dataset_attributes` of 'undefined' or 'null'."


class RunRegistry:
    def __init__(self, world: World) -> None:
        self.world = world
        routes = {
            "POST /datasets_filtered_ordered": lambda body: self._datasets(body),
            "POST /runs_filtered_ordered": lambda body: self._runs(body),
            "POST /datasets/get_dataset": lambda body: self._dataset(body),
            "POST /datasets/([^/]+)/move_dataset/([^/]+)/([^/]+)": self._move,
            "GET /get_all_dataset_names_of_run/([^/]+)": lambda body, run_number: self._names(run_number),
            f"POST /lumisections/({'|'.join(_LUMISECTIONS)})": self._lumisections,
        }
        # Express knows no upper or lower case in a path, and forgives a slash at its end.
        self._routes = [(re.compile(f"{route}/?", re.IGNORECASE), answer) for route, answer in routes.items()]

    def answer(self, request: Request) -> Answer:
        asked = f"{request.method} {request.path[len(PREFIX) :]}"
        try:
            body = _body(request)
            for route, answer in self._routes:
                found = route.fullmatch(asked)
                if found:
                    said = answer(body, *map(unquote, found.groups()))
                    return json_answer(said, content_type=JSON_UTF8)
        except DatabaseError as exc:
            return json_answer({"err": str(exc)}, 500, JSON_UTF8)
        except RecursionError:
            return json_answer({"err": "Maximum call stack size exceeded"}, 500, JSON_UTF8)
        return not_found(request)

    def _names(self, run_number: str) -> list[str]:
        if not re.fullmatch(r"-?\d{1,30}", run_number):
            raise DatabaseError(f'invalid input syntax for type integer: "{run_number}"')
        if abs(int(run_number)) > _BIGGEST:
            raise DatabaseError(f'value "{run_number}" is out of range for type integer')
        return self.world.tables.names_of(int(run_number))

    def _datasets(self, body: Row) -> Row:
        return self._search("datasets", body, self.world.tables.searchable, DATASETS)

    def _runs(self, body: Row) -> Row:
        return self._search("runs", body, self.world.tables.registry_runs, RUNS)

    def _search(self, what: str, body: Row, rows: list[Row], schema: Schema) -> Row:
        if any(body.get(key) is None for key in _BODY_KEYS):
            raise DatabaseError("Cannot read property 'map' of undefined")
        page, size = _count(body["page"]), _count(body["page_size"])
        found = _sorted(search(body["filter"], rows, schema), body["sortings"], schema)
        # JavaScript divides by zero to Infinity, which JSON writes as null.
        pages = math.ceil(len(found) / size) if size else None
        if pages and page + 1 < pages:
            self.world.page_served(page)
        return {what: found[page * size : (page + 1) * size], "pages": pages, "count": len(found)}

    def _dataset(self, body: Row) -> Row | None:
        """The whole row, also of a hidden dataset or one without a triplet cache."""
        tables = self.world.tables
        run_number, name = _whole(body.get("run_number")), body.get("dataset_name")
        row = tables.datasets.get((run_number, name)) if isinstance(name, str) else None
        if row is None:
            return None
        run = {"run_number": run_number, "deleted": run_number in tables.hidden_runs, **row["Run"]}
        cache = None if (run_number, name) in tables.uncached else row["DatasetTripletCache"]
        return {**row, "Run": run, "DatasetTripletCache": cache}

    def _move(self, body: Row, _workspace: str, _from_state: str, state: str) -> Row | None:
        """Neither the workspace in the path nor the state that it is moved from is looked at."""
        row = self._dataset(body)
        if row is None:
            raise DatabaseError(_NO_DATASET)
        run_number, name, workspace = row["run_number"], row["name"], str(body.get("workspace"))
        states = row["dataset_attributes"]
        moved = [workspace]
        if workspace == "global" and states.get("global_state") == _WAITING and state == "OPEN":
            moved += [key.removesuffix("_state") for key in states if states[key] == _WAITING]
        for each in moved:
            self.world.move_state(run_number, name, state, each)
        # Whatever happens to a hidden dataset shows it again.
        self.world.show(run_number, name)
        return self._dataset(body)

    def _lumisections(self, body: Row, which: str) -> Any:
        tables, run_number, name = self.world.tables, _whole(body.get("run_number")), body.get("dataset_name")
        registry = registry_lumisections(tables, run_number, name if isinstance(name, str) else "")
        return _LUMISECTIONS[which.lower()](registry, oms_lumisections(tables, run_number))


def _body(request: Request) -> Row:
    """Without the JSON content type the body is ignored."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json" or not request.body:
        return {}
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as exc:
        raise DatabaseError(_said_by_node(request.body)) from exc
    return body if isinstance(body, dict) else {}


def _said_by_node(body: bytes) -> str:
    text = body.decode("utf-8", "replace").strip()
    if text[:1] in ("{", "["):
        return "Unexpected end of JSON input"
    return f"Unexpected token {text[:1]} in JSON at position 0"


def _count(value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,18}", str(value)):
        raise DatabaseError(f'invalid input syntax for type bigint: "{value}"')
    return int(value)


def _whole(value: Any) -> int | None:
    """A number, also as text; None leaves the row unfound."""
    return int(value) if re.fullmatch(r"\d{1,18}", str(value)) else None


def _sorted(rows: list[Row], sortings: Any, schema: Schema) -> list[Row]:
    """`sortings` is a list of [column, "ASC" or "DESC"]; the default is the order in which the tables keep them."""
    if not isinstance(sortings, list) or not all(isinstance(item, list) and len(item) == 2 for item in sortings):
        raise DatabaseError("sortings.map is not a function")
    for column, direction in reversed(sortings):
        if column not in ("run_number", "name", "version") or column not in schema.columns:
            raise DatabaseError(f"column {schema.table}.{column} does not exist")
        rows = sorted(rows, key=lambda row: row[column], reverse=str(direction).upper() == "DESC")
    return rows
