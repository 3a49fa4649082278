"""What OMS's answers about a run and a fill become."""

import re
from urllib.parse import unquote

import pytest

from oms.client import OmsClient
from oms.exceptions import OmsApiDataInvalid, OmsApiFillNumberNotFound, OmsApiRunNumberNotFound
from tests.factories import COLLISIONS_RUN, FILL, UNITS

RUNS = re.compile(r"https://oms\.test/agg/api/v1/runs\?")
FILLS = re.compile(r"https://oms\.test/agg/api/v1/fills\?")
LUMISECTIONS = re.compile(r"https://oms\.test/agg/api/v1/lumisections\?")


def answer_rows(*attributes: dict, meta: object = None) -> dict:
    return {"json": {"data": [{"id": "1", "type": "runs", "attributes": a, "meta": meta} for a in attributes]}}


def test_a_run_comes_with_its_facts_and_the_units_of_its_row(oms_knows):
    oms_knows(COLLISIONS_RUN, FILL, {**UNITS, "init_lumi": "10^{30}cm^{-2}s^{-1}"})
    facts = OmsClient().run(325000)
    assert (facts.values["lumisections"], facts.values["b_field"], facts.values["stable_beam"]) == (381, 3.8, True)
    assert facts.values["start_time"].isoformat() == "2018-10-21T08:03:09+00:00"
    assert (facts.units["recorded_lumi"], facts.units["init_lumi"]) == ("pb^{-1}", "10^{30}cm^{-2}s^{-1}")


def test_a_fill_comes_with_its_facts_and_units(oms_knows):
    oms_knows(COLLISIONS_RUN, FILL, UNITS)
    facts = OmsClient().fill(7324)
    assert (facts.values["peak_lumi"], facts.units["peak_lumi"]) == (1.766, "10^{34}cm^{-2}s^{-1}")


def test_one_row_is_asked_for_by_number_with_offset_and_limit(oms_knows, outside):
    oms_knows(COLLISIONS_RUN)
    OmsClient().run(325000)
    asked = outside.calls[-1].request.params
    fields = asked.pop("fields").split(",")
    assert {"run_number", "fill_number", "last_lumisection_number", "hlt_key", "delivered_lumi"} < set(fields)
    assert not {"run_type", "typed", "source", "fetched_at", "delivered_lumi_unit", "lumisections"} & set(fields)
    assert asked == {"filter[run_number][EQ]": "325000", "page[offset]": "0", "page[limit]": "1"}


@pytest.mark.parametrize(
    "meta", [None, {}, {"row": None}, {"row": []}, [], {"row": {"b_field": None}}, {"row": {"x": 1}}]
)
def test_a_row_without_units_is_a_row(outside, meta):
    outside.get(RUNS, **answer_rows(COLLISIONS_RUN, meta=meta))
    assert OmsClient().run(325000).units == {}


@pytest.mark.parametrize("unit", [None, 7, [], "x" * 500])
def test_a_unit_that_is_none_is_left_out(outside, unit):
    outside.get(RUNS, **answer_rows(COLLISIONS_RUN, meta={"row": {"b_field": {"units": unit}}}))
    assert OmsClient().run(325000).units == {}


def test_nulls_are_unknown(outside):
    outside.get(RUNS, **answer_rows({**dict.fromkeys(COLLISIONS_RUN), "run_number": 325000, "components": None}))
    outside.get(LUMISECTIONS, json={"data": []})
    values = OmsClient().run(325000).values
    assert {values[name] for name in ("lumisections", "b_field", "stable_beam", "fill_number", "end_time")} == {None}
    assert (values["hlt_key"], values["components"]) == ("", [])


def test_numbers_written_as_strings_are_numbers(outside):
    strings = {"run_number": "325000", "last_lumisection_number": "381", "b_field": "3.8", "stable_beam": "true"}
    outside.get(RUNS, **answer_rows({**COLLISIONS_RUN, **strings}))
    values = OmsClient().run(325000).values
    assert (values["lumisections"], values["b_field"]) == (381, 3.8)
    assert values["stable_beam"] is True


@pytest.mark.parametrize(
    ("name", "odd"),
    [("b_field", "strong"), ("b_field", {}), ("b_field", True), ("energy", [1]), ("energy", "1e999"), ("energy", "nan")]
    + [("stable_beam", "maybe"), ("stable_beam", 1), ("start_time", "yesterday"), ("start_time", 12)]
    + [("start_time", "2018-13-41T08:03:09Z"), ("fill_number", 7324.5), ("fill_number", 10.0**30), ("fill_number", "")]
    + [("end_time", "9999-12-31T23:59:59Z"), ("end_time", "0001-01-01T00:00:00Z")],
)
def test_one_attribute_of_the_wrong_type_does_not_lose_the_run(outside, caplog, name, odd):
    outside.get(RUNS, **answer_rows({**COLLISIONS_RUN, name: odd}))
    values = OmsClient().run(325000).values
    assert values[name] is None
    assert values["recorded_lumi"] == 95.161531
    assert name in caplog.text


def test_odd_but_readable_values_stay_as_they_came(outside):
    odd = {"b_field": -0.3, "energy": 7864, "hlt_physics_counter": 5e10}
    outside.get(RUNS, **answer_rows({**COLLISIONS_RUN, **odd}))
    assert odd.items() <= OmsClient().run(325000).values.items()


def test_attributes_that_are_ours_are_not_taken_from_upstream(outside):
    ours = {"source": "person", "typed": ["x"], "run_type": "cosmics", "fetched_at": "2020-01-01T00:00:00Z"}
    outside.get(RUNS, **answer_rows({**COLLISIONS_RUN, **ours, "id": 3}))
    assert not ours.keys() & OmsClient().run(325000).values.keys()


def test_a_missing_run_and_a_missing_fill_are_named(oms_knows):
    oms_knows()
    with pytest.raises(OmsApiRunNumberNotFound, match="325000"):
        OmsClient().run(325000)
    with pytest.raises(OmsApiFillNumberNotFound, match="7324"):
        OmsClient().fill(7324)


@pytest.mark.parametrize(
    "answer",
    [
        answer_rows({**COLLISIONS_RUN, "run_number": 325001}),
        answer_rows({**COLLISIONS_RUN, "run_number": None}),
        answer_rows({**COLLISIONS_RUN, "run_number": "soon"}),
        answer_rows({}),
        {"json": {"links": {}}},
        {"json": {"data": None}},
        {"json": {"data": {"id": 1}}},
        {"json": {"data": ["x"]}},
        {"json": {"data": [{"id": 1}]}},
        {"json": []},
        {"json": 0},
        {"json": "text"},
    ],
)
def test_an_answer_about_something_else_is_never_taken(outside, answer):
    outside.get(RUNS, **answer)
    with pytest.raises(OmsApiDataInvalid, match="325000"):
        OmsClient().run(325000)


@pytest.mark.parametrize("odd", ["NaN", "-Infinity", "1e999", "9" * 30])
def test_a_number_that_no_column_holds_is_unknown_and_costs_nothing_else(outside, odd):
    body = '{"data": [{"attributes": {"run_number": 325000, "b_field": ODD, "energy": 6500}}]}'.replace("ODD", odd)
    outside.get(RUNS, body=body, content_type="application/json")
    values = OmsClient().run(325000).values
    assert (values["b_field"], values["energy"]) == (None, 6500)


def test_the_last_lumisection_is_looked_up_where_the_run_does_not_say(outside):
    outside.get(LUMISECTIONS, **answer_rows({"lumisection_number": 380}))
    assert OmsClient().last_lumisection(325000) == 380


def test_lumisections_that_can_not_be_counted_are_unknown(outside):
    outside.get(LUMISECTIONS, json={"err": "boom"}, status=500)
    assert OmsClient().last_lumisection(325000) is None


def test_the_fill_of_a_run_is_the_one_with_it_between_its_first_and_last(outside):
    outside.get(FILLS, **answer_rows({**FILL, "peak_pileup": 50}))
    number, facts = OmsClient().fill_of_run(325000)
    assert (number, facts.values["peak_pileup"]) == (7324, 50)
    asked = unquote(outside.calls[-1].request.url)
    assert "filter[first_run_number][LE]=325000" in asked
    assert "filter[last_run_number][GE]=325000" in asked


@pytest.mark.parametrize("number", [None, "7324", 7.5])
def test_a_fill_without_a_number_is_no_guess(outside, number):
    outside.get(FILLS, **answer_rows({"fill_number": number}))
    assert OmsClient().fill_of_run(325000) is None


def test_an_oms_that_refuses_a_field_is_asked_for_all_it_has_from_then_on(outside):
    refusal = {"errors": [{"status": "400", "detail": "the 'era' parameter does not exists in runs resource."}]}
    outside.get(RUNS, json=refusal, status=400)
    outside.get(RUNS, **answer_rows(COLLISIONS_RUN))
    outside.get(RUNS, **answer_rows({**COLLISIONS_RUN, "run_number": 325001}))
    OmsClient().run(325000)
    OmsClient().run(325001)
    runs = [call.request for call in outside.calls if "/runs" in call.request.url]
    assert ["fields" in request.params for request in runs] == [True, False, False]
