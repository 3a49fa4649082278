import json
import re
from collections.abc import Callable

import pytest

from tests.conftest import RR_LIST

RR_NAMES = re.compile(r"https://runregistry\.test/api/get_all_dataset_names_of_run/")


@pytest.fixture
def registry_answers(outside) -> Callable:
    """`registry_answers((325000, "/Express/…", "OPEN"), …)`: those of them that the filter by run number asks for."""
    rows: list[tuple] = []

    def answer(request) -> tuple[int, dict, str]:
        body = json.loads(request.body)
        asked = body["filter"]
        found = [_dataset(*row) for row in rows if _matches(asked, row[0], row[2])]
        page = found[body["page"] * body["page_size"] :][: body["page_size"]]
        pages = -(-len(found) // body["page_size"])
        return 200, {"Content-Type": "application/json"}, json.dumps({"datasets": page, "pages": pages})

    def names(request) -> tuple[int, dict, str]:
        run_number = int(request.url.rsplit("/", 1)[1])
        found = [name for run, name, *_ in rows if run == run_number]
        return 200, {"Content-Type": "application/json"}, json.dumps(found)

    def announce(*said: tuple) -> None:
        rows[:] = sorted(said, key=lambda row: (-row[0], row[1]))
        outside.remove("POST", RR_LIST)
        outside.add_callback("POST", RR_LIST, callback=answer)
        outside.remove("GET", RR_NAMES)
        outside.add_callback("GET", RR_NAMES, callback=names)

    return announce


def _matches(asked: dict, run_number: int, state: str) -> bool:
    if "dataset_attributes.tracker_state" in asked:
        return state == asked["dataset_attributes.tracker_state"]
    if "run_number" not in asked:
        return True
    wanted = asked["run_number"]
    if not isinstance(wanted, dict):
        return run_number in (wanted if isinstance(wanted, list) else [wanted])
    return any(_within(part, run_number) for part in wanted["or"])


def _within(part: dict, run_number: int) -> bool:
    if "=" in part:
        return run_number == part["="]
    low, high = part["and"][0][">="], part["and"][1]["<="]
    return low <= run_number <= high


def _dataset(run_number: int, name: str, state: str, oms: dict | None = None) -> dict:
    return {
        "run_number": run_number,
        "name": name,
        "dataset_attributes": {"tracker_state": state},
        "Run": {"rr_attributes": {"class": "Collisions18"}, "oms_attributes": oms or {"ls_duration": 12}},
    }
