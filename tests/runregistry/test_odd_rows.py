"""Rows of the Run Registry that are odd."""

import pytest

from runregistry.client import RunRegistryClient
from runregistry.conditions import listed, open_datasets, runs_in, up_to
from runregistry.exceptions import RunRegistryDataInvalid
from tests.conftest import RR_LIST
from tests.factories import EXPRESS, PROMPT

LONG = f"/ReReco/{'x' * 300}"


def row(name: object, run_number: object = 325000) -> dict:
    return {"run_number": run_number, "name": name}


@pytest.mark.parametrize(
    ("odd", "sentence"),
    [
        ([row("")], "1 dataset of the Run Registry is left out: its name is empty."),
        ([row(" ")], "1 dataset of the Run Registry is left out: its name is empty."),
        ([row(LONG)], "1 dataset of the Run Registry is left out: its name has more than 255 characters."),
        ([row(None)], "1 dataset of the Run Registry is left out: it has no name."),
        ([row(PROMPT, None)], "1 dataset of the Run Registry is left out: its run number is none."),
        (
            [row(PROMPT, -5), row(PROMPT, 2**40)],
            "2 datasets of the Run Registry are left out: their run numbers are none.",
        ),
        (["x"], "1 dataset of the Run Registry is left out: it is not in a form that can be read."),
    ],
)
def test_one_odd_row_does_not_spoil_the_rest(outside, odd, sentence):
    outside.post(RR_LIST, json={"datasets": [row(EXPRESS), *odd], "pages": 1, "count": 2})
    found = RunRegistryClient().datasets_of(325000)
    assert ([each.name for each in found], found.left_out) == ([EXPRESS], (sentence,))
    searched, _ = RunRegistryClient().search(listed([325000]), 500)
    assert ([each.name for each in searched], searched.left_out) == ([EXPRESS], (sentence,))


def test_only_odd_names_are_left_out_and_only_unreadable_rows_are_no_answer(outside):
    outside.post(RR_LIST, json={"datasets": [row("")], "pages": 1, "count": 1})
    assert RunRegistryClient().datasets_of(325000) == []
    outside.post(RR_LIST, json={"datasets": [row(None)], "pages": 1, "count": 1})
    with pytest.raises(RunRegistryDataInvalid):
        RunRegistryClient().search(listed([325000]), 500)


def test_the_pages_say_once_what_is_left_out(as_shifter, oms_is_down, outside):
    outside.post(RR_LIST, json={"datasets": [row(EXPRESS), row(""), row(LONG)], "pages": 1, "count": 3})
    outside.get("https://runregistry.test/api/get_all_dataset_names_of_run/325000", json=[EXPRESS, "", LONG, 5])
    for page in (as_shifter.get("/certify/325000/"), as_shifter.get("/openruns/?runs=325000")):
        assert page.status_code == 200
        assert page.text.count("1 dataset of the Run Registry is left out: its name is empty.") == 1
        assert "its name has more than 255 characters" in page.text


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        (listed([5, 6, 7]), listed([5, 6])),
        (listed([7, 8]), None),
        (runs_in([(1, 3), (5, 9), (8, 9)]), runs_in([(1, 3), (5, 6)])),
        (runs_in([(7, 9)]), None),
        (open_datasets(), {**open_datasets(), "run_number": {"<=": 6}}),
        ({**open_datasets(), "run_number": {"<=": 9}}, {**open_datasets(), "run_number": {"<=": 6}}),
    ],
)
def test_a_search_goes_on_below_a_run(condition, left):
    assert up_to(condition, 6) == left
