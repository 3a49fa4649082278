"""How the facts of a run are shown."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from oms.models import OmsRun
from oms.presentation import UNKNOWN, fact_groups
from tests.factories import make_certification, make_fill, make_run

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
    run.save()
    assert fact(run, "Run", "Lumisections").typed_by == "shifter"
    assert fact(run, "Run", "B field").typed_by == ""


@pytest.mark.parametrize(
    ("fields", "title"),
    [({}, "No fill"), ({"source": "person"}, "Fill not known"), ({"fill_number": 7324}, "Fill 7324: not fetched yet")],
)
def test_a_run_without_fill_says_why(fields, title):
    assert fact_groups(make_run(**fields))[2].title == title


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, UNKNOWN),
        ({"started": 2}, "still running"),
        ({"started": 49}, "not known"),
        ({"started": 2, "ended": 1}, None),
        ({"ended": 1}, None),
    ],
)
def test_the_end_of_a_run_is_a_moment_or_still_to_come_or_not_known(fields, shown):
    times = {"start_time": fields.get("started"), "end_time": fields.get("ended")}
    times = {name: ago and timezone.now() - timedelta(hours=ago) for name, ago in times.items()}
    shown = shown or f"{times['end_time']:%Y-%m-%d %H:%M} UTC"
    assert fact(make_run(**times), "Run", "End").value == shown


@pytest.mark.parametrize(
    ("gev", "why"),
    [
        (13, "13 GeV: is it 13 TeV, i.e. 6500 GeV a beam?"),
        (13.6, "13.6 GeV: is it 13.6 TeV, i.e. 6800 GeV a beam?"),
        (6.8, "6.8 GeV: is it 6.8 TeV, i.e. 3400 GeV a beam, or 6.8 TeV a beam, i.e. 6800 GeV?"),
        (0.45, "0.45 GeV: is it 0.45 TeV a beam, i.e. 450 GeV?"),
        (100, "beams collide at 440 GeV or more"),
        (0, "beams collide at 440 GeV or more"),
        (439, "beams collide at 440 GeV or more"),
        (7864, "up to 6800 GeV a beam is usual"),
        (440, ""),
        (450, ""),
        (6500, ""),
    ],
)
def test_an_energy_of_collisions_that_is_too_low_says_what_it_may_be(gev, why):
    energy = fact(make_run(run_type="collisions", energy=gev), "Run", "Energy")
    assert (energy.odd_because, energy.is_odd) == (why, bool(why))


@pytest.mark.parametrize("run_type", ["cosmics", "unknown"])
def test_a_low_energy_of_other_runs_is_not_odd(run_type):
    assert not fact(make_run(run_type=run_type, energy=13), "Run", "Energy").is_odd


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("lumisections", 3301, "a run has 1 to 3300"),
        ("b_field", 2.0, "3.8 T or about 0 is usual"),
        ("recorded_lumi", -1.0, "it is negative"),
        ("recorded_lumi", 1.0, "nobody gave its unit"),
    ],
)
def test_what_is_odd_says_why_in_words_on_the_page(as_shifter, shifter, name, value, why):
    make_certification(shifter)
    OmsRun.objects.update(**{name: value})
    page = as_shifter.get("/list/325000/prompt/").content.decode()
    assert re.search(
        rf'<span class="chip chip-warn">odd</span> <small class="otherwise">{re.escape(why)}</small>', page
    )


def test_a_unit_that_can_not_be_converted_is_odd():
    run = make_run(recorded_lumi=1.0, recorded_lumi_unit="furlong", init_lumi=1.0, init_lumi_unit="10^{31}Hz")
    assert fact(run, "Luminosity", "Recorded").odd_because == "CertHelper does not know this unit"
    assert not fact(run, "Luminosity", "Initial").is_odd
