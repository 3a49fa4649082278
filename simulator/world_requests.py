"""Changes of the world that come by HTTP, from the control page's forms or from a test.

    POST /world/<change>   its fields as a form, or as JSON with that content type:
                           {"run_number": 398009, "dataset": "/Express/Collisions2026/DQM", "state": "SIGNOFF"}
    POST /world/reset      everything as at the beginning; what waits is forgotten
    GET  /world            the changes so far, those that wait, and runs worth knowing
    GET  /world/runs/<n>   what each service holds of the run

<change> is the name of a method of `World`, the fields are its arguments; `CHANGES` has them all and the control page
lists them. With `"after_page": 0` a change waits until the Run Registry has answered page 0 of a search with more pages
to come. JSON is answered by JSON, 400 with {"error": a sentence}; a form by the page.
"""

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from simulator.answers import Request
from simulator.changing import CannotChange
from simulator.world import World

CHANGES = (
    *("move_state", "hide", "show", "add_dataset", "rename_dataset", "delete_dataset"),
    *("drop_triplet_cache", "restore_triplet_cache"),
    *("end_run", "add_run", "rename_run", "delete_run", "hide_run", "show_run"),
    *("add_fill", "rename_fill", "delete_fill"),
    *("change_run", "change_fill", "change_copy", "change_registry_run"),
)
# An empty field of a form says nothing, unless an empty text means something.
_EMPTY_COUNTS = ("dataset", "new_name", "state")


def arguments_of(change: str) -> dict[str, bool]:
    """The names of its fields, and whether each is required."""
    parameters = list(inspect.signature(getattr(World, change)).parameters.values())[1:]
    return {each.name: each.default is each.empty for each in parameters}


def is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/json")


def perform(world: World, change: str, request: Request) -> dict[str, Any]:
    """Do it, now or after a page; answers the fields. Raises CannotChange."""
    given = _from_json(change, request) if is_json(request) else _from_form(request)
    after = _READERS["after_page"](given.pop("after_page")) if "after_page" in given else None
    fields = {name: _read(name, given[name]) for name in arguments_of(change) if name in given}
    missing = [name for name, is_required in arguments_of(change).items() if is_required and name not in fields]
    if missing:
        raise CannotChange(f"{change} needs {' and '.join(missing)}.")
    if after is None:
        getattr(world, change)(**fields)
    else:
        words = f"{change} {', '.join(f'{name} {value!r:.60}' for name, value in fields.items())}"
        world.after_page(after, lambda world: getattr(world, change)(**fields), words)
    return fields


def overview(world: World) -> dict[str, Any]:
    return {"changes": world.told, "waiting": world.waiting, "examples": world.examples}


def look_at(world: World, run_number: int) -> dict[str, Any]:
    tables = world.tables
    row = tables.runs.get(run_number)
    searchable = {each["name"] for each in tables.searchable_of(run_number)}
    datasets = tables.datasets_of(run_number)
    return {
        "oms": row,
        "fill": row and tables.fills.get(row["attributes"].get("fill_number")),
        "run_registry": datasets[0]["Run"] if datasets else None,
        "datasets": [
            {
                "name": each["name"],
                "tracker_state": each["dataset_attributes"].get("tracker_state"),
                "in_search": each["name"] in searchable,
                "in_names": not each.get("deleted"),
            }
            for each in datasets
        ],
    }


def _from_json(change: str, request: Request) -> dict[str, Any]:
    try:
        given = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as exc:
        raise CannotChange("The body is no JSON.") from exc
    if not isinstance(given, dict):
        raise CannotChange("The body is no JSON object.")
    known = [*arguments_of(change), "after_page"]
    for name in given:
        if name not in known:
            raise CannotChange(f"{change} has no field {name!r}; it has {', '.join(known)}.")
    return given


def _from_form(request: Request) -> dict[str, Any]:
    fields = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    given: dict[str, Any] = {name: values[-1] for name, values in fields.items()}
    given = {name: value for name, value in given.items() if value.strip() or name in _EMPTY_COUNTS}
    for name in ("value", "facts"):
        if name in given:
            given[name] = _as_written(given[name])
    if "no_unit" in given:
        given["unit"] = ""
    return given


def _as_written(text: str) -> Any:
    """Numbers, true, false, null, lists and quoted texts are JSON; anything else is a text as it stands."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _read(name: str, value: Any) -> Any:
    return _READERS.get(name, _text)(value) if name != "value" else value


def _whole(name: str) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        text = str(value).strip()
        if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise CannotChange(f"{name} must be a whole number, not {value!r:.60}.")
        return int(text)

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise CannotChange(f"{value!r:.60} is no text.")
    return value


def _facts(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise CannotChange('Facts are a JSON object such as {"recorded_lumi": 95.1}.')
    return value


_NUMBERS = ("run_number", "new_number", "fill_number", "like", "after_page")
_READERS: dict[str, Callable[[Any], Any]] = {
    **{name: _whole(name) for name in _NUMBERS},
    "unit": lambda value: "" if value is None else _text(value),
    "facts": _facts,
}
