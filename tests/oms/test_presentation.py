"""How the facts of a run are shown."""

import pytest

from oms.presentation import UNKNOWN, fact_groups
from tests.factories import make_fill, make_run

pytestmark = pytest.mark.django_db


def fact(run, title: str, label: str):
    group = next(group for group in fact_groups(run) if group.title.startswith(title))
    return next(fact for fact in group.facts if fact.label == label)


def test_luminosities_are_shown_with_the_unit_of_their_row():
    fill = make_fill(peak_lumi=1.766, peak_lumi_unit="10^{34}cm^{-2}s^{-1}")
    run = make_run(fill=fill, recorded_lumi=95.161531, recorded_lumi_unit="pb^{-1}")
    recorded, peak = fact(run, "Luminosity", "Recorded"), fact(run, "Fill 7324", "Peak")
    assert (recorded.value, recorded.unit, recorded.is_odd) == ("95.162", "pb⁻¹", False)
    assert (peak.value, peak.unit) == ("1.766", "10³⁴ cm⁻²s⁻¹")


def test_a_unit_that_is_not_known_is_said_to_be_and_odd():
    recorded = fact(make_run(recorded_lumi=95.1), "Luminosity", "Recorded")
    assert (recorded.unit, recorded.is_odd) == ("unit unknown", True)


def test_the_unit_of_the_row_counts_before_the_usual_one():
    assert fact(make_run(b_field=38000, units={"b_field": "G"}), "Run", "B field").unit == "G"


@pytest.mark.parametrize(
    ("fields", "label"),
    [({"lumisections": 3301}, "Lumisections"), ({"lumisections": 0}, "Lumisections"), ({"b_field": 2.0}, "B field")]
    + [({"energy": 7864}, "Energy"), ({"b_field": -3}, "B field")],
)
def test_a_value_beyond_what_is_plausible_is_marked_odd(fields, label):
    assert fact(make_run(**fields), "Run", label).is_odd


@pytest.mark.parametrize(
    ("fields", "label"),
    [({"peak_pileup": 2531}, "Peak pile-up"), ({"efficiency_lumi": -0.3}, "Efficiency")]
    + [({"bunches_colliding": -3}, "Colliding bunches")],
)
def test_an_odd_value_of_the_fill_is_marked_odd(fields, label):
    assert fact(make_run(fill=make_fill(**fields)), "Fill", label).is_odd


@pytest.mark.parametrize("fields", [{"b_field": 3.8}, {"b_field": 0.0}, {"b_field": 0.02}])
def test_a_plausible_value_is_not_odd(fields):
    assert not fact(make_run(**fields), "Run", "B field").is_odd


def test_what_is_not_known_is_a_dash_without_unit():
    run = make_run(fill=make_fill())
    shown = [fact for group in fact_groups(run) for fact in group.facts if fact.label != "Type" or group.title != "Run"]
    assert {(fact.value, fact.unit, fact.is_odd) for fact in shown} == {(UNKNOWN, "", False)}


def test_zero_is_a_value_and_no_dash():
    assert fact(make_run(b_field=0.0), "Run", "B field").value == "0.00"


def test_small_numbers_keep_their_digits_and_large_ones_are_grouped():
    run = make_run(recorded_lumi=0.00012, delivered_lumi=1234567.5)
    assert fact(run, "Luminosity", "Recorded").value == "0.00012"
    assert fact(run, "Luminosity", "Delivered").value == "1\u202f234\u202f567.500"


def test_a_typed_value_names_who_typed_it(shifter):
    run = make_run()
    run.type_in({"lumisections": 381}, by=shifter)
    assert fact(run, "Run", "Lumisections").typed_by == "shifter"
    assert fact(run, "Run", "B field").typed_by == ""


@pytest.mark.parametrize(
    ("fields", "title"),
    [({}, "No fill"), ({"source": "person"}, "Fill not known"), ({"fill_number": 7324}, "Fill 7324: not fetched yet")],
)
def test_a_run_without_fill_says_why(fields, title):
    assert fact_groups(make_run(**fields))[2].title == title
