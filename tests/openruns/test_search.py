"""What people type to find runs."""

import pytest

from oms.run_numbers import read_runs


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("325000", [(325000, 325000)]),
        ("325000, 325001;325002\r\n325005", [(325000, 325002), (325005, 325005)]),
        ("325000-325003", [(325000, 325003)]),
        ("325003 – 325000", [(325000, 325003)]),
        ("325000-325003, 325002-325009", [(325000, 325009)]),
        ("- 325000\r\n- 325002", [(325000, 325000), (325002, 325002)]),
        ("(325000), “325002”.", [(325000, 325000), (325002, 325002)]),
        ("", []),
    ],
)
def test_runs_and_ranges_in_any_writing(text, ranges):
    assert read_runs(text).ranges == ranges


def test_junk_and_duplicates_are_told_apart_from_the_rest():
    typed = read_runs("please look at 325000, 325001 and 325000, 0, 99999999999, 325010-325020 325015")
    assert typed.junk == ["please", "look", "at", "and", "0", "99999999999"]
    assert typed.duplicates == [325000, 325015]
    assert typed.rest == "325000, 325001, 325010-325020, 325015"


def test_a_messy_list_is_searched_and_what_was_left_out_is_named(as_shifter, registry_answers):
    registry_answers((325000, "/Express/Collisions2018/DQM", "OPEN"))
    page = as_shifter.get("/openruns/", {"runs": "run 325000,\r\n325000 <script>"})
    assert page.status_code == 200
    assert "No run number: “&lt;script&gt;”. More than once: 325000." in page.text
    assert page.context["search_form"]["runs"].value() == "325000"
    assert [row.run_number for row in page.context["rows"]] == [325000]


@pytest.mark.parametrize("typed", ["abc", "0", "runs of yesterday", "x" * 20_001, " ".join(map(str, range(1, 502)))])
def test_without_any_run_it_is_an_error_and_the_text_stays(as_shifter, typed):
    page = as_shifter.get("/openruns/", {"runs": typed})
    assert page.status_code == 422
    assert page.context["search_form"].errors["runs"]
    assert page.context["search_form"]["runs"].value() == typed


@pytest.mark.parametrize("days", ["0", "61", "three", "-1"])
def test_a_wrong_number_of_days_is_an_error(as_shifter, days):
    page = as_shifter.get("/openruns/", {"days": days})
    assert (page.status_code, "from 1 to 60" in page.text) == (422, True)


def test_signed_out_nothing_is_shown(client):
    for url in ("/openruns/?runs=325000", "/openruns/next/"):
        assert client.get(url).status_code == 302
