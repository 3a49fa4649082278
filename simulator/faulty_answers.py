"""What an answer looks like under a fault that changes its content."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from simulator.answers import HTML, Answer, html_answer, json_answer, login_page, redirect
from simulator.tables import Row
from simulator.world import World

_SEARCHED = ("datasets", "runs")  # of the Run Registry
_NAMES_THAT_STAY = ("run_number", "lumisection_number", "name")
_REFUSED = {"errors": [{"status": "403", "title": "FORBIDDEN", "detail": "Access denied."}]}
_UNAUTHORIZED = {"errors": [{"status": "401", "title": "UNAUTHORIZED", "detail": "The token is not valid."}]}

# These answer without looking at the question.
_INSTEAD: dict[str, Callable[[str], Answer]] = {
    "error_json": lambda login: json_answer({"err": "Internal Server Error"}, 500),
    "error_html": lambda login: html_answer("<html><body><h1>500 Internal Server Error</h1></body></html>", 500),
    "login_page": lambda login: login_page(),
    "redirect": lambda login: redirect(login),
    "garbage": lambda login: Answer(200, b'{"data": [{"id": <<< this is not JSON'),
    "forbidden": lambda login: json_answer(_REFUSED, 403),
    "unauthorized": lambda login: json_answer(_UNAUTHORIZED, 401),
    "unauthorized_once": lambda login: json_answer(_UNAUTHORIZED, 401),
}


def answer_instead(mode: str, login_url: str) -> Answer | None:
    """The answer given in place of the true one, None for a mode that needs the true one."""
    return _INSTEAD[mode](login_url) if mode in _INSTEAD else None


def distort(mode: str, answer: Answer, world: World) -> Answer:
    """The true answer as the fault leaves it. Errors and redirects are passed on as they are."""
    if answer.status != 200:
        return answer
    if mode == "wrong_type":
        return replace(answer, content_type=HTML)
    if mode not in _DISTORTIONS:
        return answer
    return json_answer(_DISTORTIONS[mode](json.loads(answer.body), world), content_type=answer.content_type)


def _empty(payload: Any, world: World) -> Any:
    if isinstance(payload, list):
        return []
    for what in _SEARCHED:
        if what in payload:
            return {what: [], "pages": 0, "count": 0}
    if "data" in payload:
        return {**payload, "data": [], "meta": {"totalResourceCount": 0}}
    return {}


def _nulls(payload: Any, world: World) -> Any:
    if isinstance(payload, list):
        return [None for _ in payload]
    if "data" in payload:
        return {**payload, "data": [_with_null_attributes(row) for row in payload["data"]]}
    for what in _SEARCHED:
        if what in payload:
            return {**payload, what: [_null(row) for row in payload[what]]}
    return _null(payload)


def _with_null_attributes(row: Row) -> Row:
    kept = (*_NAMES_THAT_STAY, "fill_number") if row["type"] == "fills" else _NAMES_THAT_STAY
    return {**row, "attributes": _null(row["attributes"], kept)}


def _null(row: Row, kept: tuple[str, ...] = _NAMES_THAT_STAY) -> Row:
    """The objects inside stay, with nothing in them."""
    nulled = {}
    for name, value in row.items():
        inside = _null(value, kept) if isinstance(value, dict) else None
        nulled[name] = value if name in kept else inside
    return nulled


def _strings(payload: Any, world: World) -> Any:
    if isinstance(payload, list):
        return [_strings(item, world) for item in payload]
    if isinstance(payload, dict):
        return {name: _strings(value, world) for name, value in payload.items()}
    is_number = isinstance(payload, int | float) and not isinstance(payload, bool)
    return str(payload) if is_number else payload


def _wrong_run(payload: Any, world: World) -> Any:
    if isinstance(payload, list):
        return payload
    if "data" in payload:
        return {**payload, "data": [_neighbouring_row(row, world) for row in payload["data"]]}
    if payload.get("datasets"):
        neighbour = world.neighbour(world.runs, payload["datasets"][0]["run_number"])
        datasets = world.datasets_of(int(neighbour["id"]))
        return {"datasets": datasets, "pages": 1, "count": len(datasets)}
    return payload


def _neighbouring_row(row: Row, world: World) -> Row:
    if row["type"] == "lumisections":
        number = row["attributes"].get("run_number") or 0
        return {**row, "attributes": {**row["attributes"], "run_number": number + 1}}
    neighbour = world.neighbour(world.runs if row["type"] == "runs" else world.fills, int(row["id"]))
    attributes = {name: neighbour["attributes"].get(name) for name in row["attributes"]}
    return {**neighbour, "attributes": attributes}


_DISTORTIONS: dict[str, Callable[[Any, World], Any]] = {
    "empty": _empty,
    "nulls": _nulls,
    "strings": _strings,
    "wrong_run": _wrong_run,
}
