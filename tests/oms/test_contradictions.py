"""Where what was typed and what OMS says differ: agreement, tasks, decisions."""

from uuid import uuid4

import pytest

from history.models import Action, Entry
from oms.agreement import Told, agree
from oms.answers import Facts
from oms.decisions import decide
from oms.exceptions import DecisionOvertaken
from oms.models import Decision, Difference, OmsRun, Source, State
from oms.services import remember_run
from oms.typed import type_in
from tests.factories import make_fill, make_run, make_user

PHYSICS = "/cdaq/physics/Run2018/2e34/v3.6.1/HLT/V2"


@pytest.mark.parametrize(
    ("typed", "official"),
    [
        (Told(3.8), Told(3.7998)),
        (Told(95.16, "pb^{-1}"), Told(95.161531, "pb^{-1}")),
        (Told(95.16, "pb^{-1}"), Told(95_161_531.0, r"{\mu}b^{-1}")),
        (Told(0.0952, "fb^{-1}"), Told(95.161531, "pb^{-1}")),
        (Told(95.2), Told(95.161531, "pb^{-1}")),
        (Told(381), Told(381)),
        (Told("collisions"), Told("collisions")),
        (Told("PROTONS "), Told("protons")),
        (Told(0.0), Told(0.0)),
    ],
)
def test_what_agrees(typed, official):
    assert agree(typed, official)


@pytest.mark.parametrize(
    ("typed", "official"),
    [
        (Told(3.8), Told(0.02)),
        (Told(95.16, "pb^{-1}"), Told(95.161531, r"{\mu}b^{-1}")),
        (Told(95.16, "pb^{-1}"), Told(95.161531, "barn")),
        (Told(1.0, "pb^{-1}"), Told(1.42, "pb^{-1}")),
        (Told(0.0), Told(0.3)),
        (Told(380), Told(381)),
        (Told("cosmics"), Told("collisions")),
        (Told(None), Told(0.0)),
    ],
)
def test_what_differs(typed, official):
    assert not agree(typed, official)


def typed_run(by, **facts) -> OmsRun:
    run = OmsRun.objects.create(run_number=325000)
    type_in(run, facts, by, uuid4())
    return run


def oms_says(unit="pb^{-1}", **facts) -> OmsRun:
    return remember_run(325000, Facts(facts, {"recorded_lumi": unit}), Source.OMS)


def test_an_official_fact_that_agrees_is_oms_s_again_and_no_task(shifter):
    typed_run(shifter, recorded_lumi=95.16, recorded_lumi_unit="pb^{-1}", lumisections=381)
    run = oms_says(recorded_lumi=95_161_531.0, unit=r"{\mu}b^{-1}", lumisections=381)
    assert (run.recorded_lumi, run.recorded_lumi_unit) == (95_161_531.0, r"{\mu}b^{-1}")
    assert run.typed == {}
    assert not Difference.objects.exists()


def test_a_fact_that_differs_is_kept_twice_and_opens_one_task(shifter):
    typed_run(shifter, lumisections=380, b_field=3.8)
    oms_says(lumisections=381, b_field=3.8)
    run = oms_says(lumisections=381, b_field=3.8)
    task = Difference.objects.get()
    assert (run.lumisections, run.official["lumisections"]["value"]) == (380, 381)
    assert (task.name, task.stored, task.told, task.stored_by.username) == (
        "lumisections",
        [380, ""],
        [381, ""],
        "shifter",
    )


def test_who_corrects_what_oms_said_is_not_asked_about_it(shifter):
    run = oms_says(lumisections=381)
    type_in(run, {"lumisections": 380}, shifter, uuid4())
    run = oms_says(lumisections=381)
    assert run.official["lumisections"]["value"] == 381
    assert not Difference.objects.open().exists()
    oms_says(lumisections=382)
    assert Difference.objects.get().told == [382, ""]


def test_a_typed_run_type_is_compared_with_the_official_rule(shifter):
    typed_run(shifter, run_type="cosmics")
    run = oms_says(hlt_key=PHYSICS, stable_beam=True)
    assert run.run_type == "cosmics"
    assert Difference.objects.get().told == ["collisions", ""]


def test_theirs_is_taken_with_its_unit_and_stands_in_the_history(shifter):
    typed_run(shifter, recorded_lumi=12.0, recorded_lumi_unit="pb^{-1}")
    oms_says(recorded_lumi=95_161_531.0, unit=r"{\mu}b^{-1}")
    task = Difference.objects.get()
    decide(task.pk, Decision.THEIRS, "", shifter, shown=task.told, click=uuid4())
    run = OmsRun.objects.get()
    assert (run.recorded_lumi, run.recorded_lumi_unit, run.typed) == (95_161_531.0, r"{\mu}b^{-1}", {})
    entry = Entry.objects.get(action=Action.TAKEN)
    assert entry.by == shifter
    assert entry.changes["recorded_lumi"] == [12.0, 95_161_531.0]


def test_mine_is_kept_until_oms_changes_its_word(shifter):
    typed_run(shifter, lumisections=380)
    oms_says(lumisections=381)
    task = Difference.objects.get()
    decide(task.pk, Decision.MINE, "counted by hand", shifter, shown=task.told, click=uuid4())
    assert oms_says(lumisections=381).lumisections == 380
    assert not Difference.objects.open().exists()
    assert Entry.objects.get(action=Action.KEPT).reason == "counted by hand"
    oms_says(lumisections=382)
    assert Difference.objects.open().get().told == [382, ""]


def test_a_decision_about_what_oms_no_longer_says_is_refused(shifter):
    typed_run(shifter, lumisections=380)
    oms_says(lumisections=381)
    task = Difference.objects.get()
    oms_says(lumisections=382)
    with pytest.raises(DecisionOvertaken, match="Meanwhile"):
        decide(task.pk, Decision.THEIRS, "", shifter, shown=[381, ""], click=uuid4())
    assert OmsRun.objects.get().lumisections == 380


def test_the_second_of_two_decisions_changes_nothing(shifter, shifter2):
    typed_run(shifter, lumisections=380)
    oms_says(lumisections=381)
    task = Difference.objects.get()
    decide(task.pk, Decision.MINE, "counted", shifter, shown=task.told, click=uuid4())
    assert decide(task.pk, Decision.THEIRS, "", shifter2, shown=task.told, click=uuid4()) is None
    assert OmsRun.objects.get().lumisections == 380


@pytest.mark.parametrize("second", ["oms", "person"])
def test_a_task_is_settled_when_both_say_the_same(shifter, second):
    typed_run(shifter, lumisections=380)
    run = oms_says(lumisections=381)
    if second == "oms":
        oms_says(lumisections=380)
    else:
        type_in(run, {"lumisections": 381}, shifter, uuid4())
    assert Difference.objects.get().state == State.SETTLED
    assert OmsRun.objects.get().official == {}


def test_taking_oms_s_fill_number_takes_the_fill_too(shifter):
    mine, theirs = make_fill(7000), make_fill(7324)
    typed_run(shifter, fill=mine, fill_number=7000)
    oms_says(fill_number=7324)
    task = Difference.objects.get()
    decide(task.pk, Decision.THEIRS, "", shifter, shown=task.told, click=uuid4())
    run = OmsRun.objects.get()
    assert (run.fill, run.fill_number, run.typed) == (theirs, 7324, {})


def test_taking_the_hlt_key_takes_the_run_type_that_follows(shifter):
    typed_run(shifter, hlt_key="/cdaq/cosmic/x", stable_beam=True)
    oms_says(hlt_key=PHYSICS, stable_beam=True)
    task = Difference.objects.get(name="hlt_key")
    assert OmsRun.objects.get().run_type == "cosmics"
    decide(task.pk, Decision.THEIRS, "", shifter, shown=task.told, click=uuid4())
    assert OmsRun.objects.get().run_type == "collisions"


@pytest.mark.django_db
def test_the_history_tells_what_a_service_changed_and_which():
    make_run(lumisections=380)
    oms_says(lumisections=381)
    entry = Entry.objects.get()
    assert (entry.action, entry.by, entry.who, entry.changes["lumisections"]) == (
        Action.UPDATED,
        None,
        "OMS",
        [380, 381],
    )


@pytest.mark.django_db
def test_what_a_service_repeats_is_no_news():
    oms_says(lumisections=381)
    oms_says(lumisections=381)
    assert Entry.objects.count() == 1


@pytest.mark.django_db
def test_the_run_registry_s_copy_opens_no_task():
    typed_run(make_user("shifter"), lumisections=380)
    remember_run(325000, Facts({"lumisections": 381}), Source.RUN_REGISTRY)
    assert not Difference.objects.exists()


def test_who_takes_her_unit_back_leaves_oms_s(shifter):
    run = oms_says(recorded_lumi=95.0, unit="")
    type_in(run, {"recorded_lumi_unit": "pb^{-1}"}, shifter, uuid4())
    run = oms_says(recorded_lumi=96.0, unit="fb^{-1}")
    assert (run.recorded_lumi_unit, Difference.objects.open().get().stored_by.username) == ("pb^{-1}", "shifter")
    type_in(run, {"recorded_lumi_unit": ""}, shifter, uuid4())
    run = OmsRun.objects.get()
    assert (run.recorded_lumi, run.recorded_lumi_unit, run.official, run.typed) == (96.0, "fb^{-1}", {}, {})
    assert not Difference.objects.open().exists()
