"""The Run Registry: datasets by filter, and the names of the datasets of a run."""

import json
import math
import re
from typing import Any

from simulator.answers import Answer, Request, html_answer, json_answer, not_found
from simulator.registry_filter import DatabaseError, matches, validate
from simulator.world import Row, World

PREFIX = "/rr"
_BODY_KEYS = ("page", "page_size", "sortings", "filter")
_NAMES_OF_RUN = re.compile(rf"{PREFIX}/get_all_dataset_names_of_run/([^/]+)/?")


class RunRegistry:
    def __init__(self, world: World) -> None:
        self.world = world
        self._visible = [dataset for dataset in world.datasets if not dataset.get("deleted")]

    def answer(self, request: Request) -> Answer:
        names_of = _NAMES_OF_RUN.fullmatch(request.path)
        try:
            if request.method == "POST" and request.path.rstrip("/") == f"{PREFIX}/datasets_filtered_ordered":
                return self._datasets(request)
            if request.method == "GET" and names_of:
                return self._names(names_of[1])
        except DatabaseError as exc:
            return json_answer({"err": str(exc)}, 500)
        return not_found(request)

    def _names(self, run_number: str) -> Answer:
        if not re.fullmatch(r"-?\d+", run_number):
            raise DatabaseError(f'invalid input syntax for type integer: "{run_number}"')
        return json_answer(self.world.dataset_names_of(int(run_number)))

    def _datasets(self, request: Request) -> Answer:
        try:
            body = _body(request)
        except ValueError:
            return html_answer("<!DOCTYPE html><html><body><pre>SyntaxError: Unexpected token</pre></body></html>", 400)
        if any(body.get(key) is None for key in _BODY_KEYS):
            raise DatabaseError("Cannot read property 'map' of undefined")
        page, size = _count(body["page"]), _count(body["page_size"])
        validate(body["filter"])
        found = [dataset for dataset in self._visible if matches(body["filter"], dataset)]
        found = _sorted(found, body["sortings"])
        return json_answer(
            {
                "datasets": found[page * size : (page + 1) * size],
                # JavaScript divides by zero to Infinity, which JSON writes as null.
                "pages": math.ceil(len(found) / size) if size else None,
                "count": len(found),
            }
        )


def _body(request: Request) -> dict[str, Any]:
    """Without the JSON content type the body is ignored. Raises ValueError when it is no JSON."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return {}
    body = json.loads(request.body or b"{}")
    return body if isinstance(body, dict) else {}


def _count(value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"\d+", str(value)):
        raise DatabaseError(f'invalid input syntax for type bigint: "{value}"')
    return int(value)


def _sorted(datasets: list[Row], sortings: Any) -> list[Row]:
    """`sortings` is a list of [column, "ASC" or "DESC"]; the default is the order in which the world keeps them."""
    if not isinstance(sortings, list) or not all(isinstance(item, list) and len(item) == 2 for item in sortings):
        raise DatabaseError("sortings.map is not a function")
    for column, direction in reversed(sortings):
        if column not in ("run_number", "name", "version"):
            raise DatabaseError(f"column Dataset.{column} does not exist")
        datasets = sorted(datasets, key=lambda row: row[column], reverse=str(direction).upper() == "DESC")
    return datasets
