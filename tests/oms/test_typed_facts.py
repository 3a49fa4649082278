"""Who typed a fact is a person, kept beside the fact for as long as it is theirs."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.db.models import ProtectedError

from history.models import Entry
from oms.models import OmsRun
from oms.typed import take_back, type_in
from oms.typed_facts import TypedFact
from tests.factories import make_fill, make_run

pytestmark = pytest.mark.django_db

AT = "2026-01-15T03:00:00+00:00"


def test_who_typed_a_fact_is_not_deleted(shifter):
    run = make_run()
    type_in(run, {"lumisections": 380}, shifter, uuid4())
    run.changed_by = None
    run.save()
    run.differences.all().delete()
    with pytest.raises(ProtectedError, match="TypedFact"):
        shifter.delete()


def test_a_fact_is_typed_by_who_typed_it_last_and_by_nobody_once_it_is_emptied(shifter, shifter2):
    run = make_run(b_field=3.8)
    type_in(run, {"lumisections": 380, "energy": 6500.0}, shifter, uuid4())
    type_in(OmsRun.objects.get(), {"lumisections": 381}, shifter2, uuid4())
    assert {name: each.by for name, each in OmsRun.objects.get().typed.items()} == {
        "lumisections": shifter2,
        "energy": shifter,
    }
    type_in(OmsRun.objects.get(), {"lumisections": None}, shifter, uuid4())
    assert set(OmsRun.objects.get().typed) == {"energy"}
    assert TypedFact.objects.count() == 1


def test_a_run_and_a_fill_of_the_same_number_keep_theirs_apart(shifter, shifter2):
    type_in(make_run(7324), {"recorded_lumi": 1.0}, shifter, uuid4())
    fill = make_fill(7324)
    type_in(fill, {"recorded_lumi": 2.0}, shifter2, uuid4())
    assert OmsRun.objects.get().typed["recorded_lumi"].by == shifter
    assert type(fill).objects.get().typed["recorded_lumi"].by == shifter2


def test_saving_a_row_leaves_what_is_typed_of_it(shifter):
    type_in(make_run(), {"lumisections": 380}, shifter, uuid4())
    typed = TypedFact.objects.get()
    run = OmsRun.objects.get()
    run.era = "Run2018D"
    run.save()
    assert run.typed
    run.save()
    assert TypedFact.objects.get() == typed


def test_one_field_is_not_typed_twice(shifter):
    run = make_run()
    run.typed_facts.create(name="energy", by=shifter)
    with pytest.raises(IntegrityError):
        run.typed_facts.create(name="energy", by=shifter)


def test_taking_back_gives_the_fact_back_to_who_had_typed_it(shifter, shifter2):
    run = make_run()
    type_in(run, {"lumisections": 380}, shifter, uuid4())
    was = OmsRun.objects.get().typed["lumisections"]
    click = uuid4()
    type_in(run, {"lumisections": 381}, shifter2, click)
    take_back(run, Entry.objects.get(click=click), shifter2, uuid4())
    back = OmsRun.objects.get().typed["lumisections"]
    assert (back.by, back.at) == (shifter, was.at.replace(microsecond=0))


@pytest.mark.parametrize(
    ("stamp", "who", "is_a_person"),
    [
        ({"by": "shifter", "at": AT}, "shifter", True),
        ({"by": "gone", "at": AT}, "gone", False),
        ({"by": None, "name": "gone", "at": AT}, "gone", False),
    ],
)
def test_what_the_history_knows_of_who_typed_comes_back_as_a_person(shifter, stamp, who, is_a_person):
    fact = TypedFact.from_stamp("energy", stamp)
    assert (fact.who, fact.by == shifter, fact.at) == (who, is_a_person, datetime(2026, 1, 15, 3, tzinfo=UTC))
