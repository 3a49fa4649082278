"""What is remembered of the Run Registry's copy of a run."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from oms.models import Source
from runregistry.exceptions import RunRegistryDataInvalid
from runregistry.known import is_still_running, last_facts, remember, remember_run, still_running
from runregistry.models import KnownDataset, KnownRun
from runregistry.rows import RegistryDataset
from tests.factories import EXPRESS, make_run

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def known(run_number: int = 325000, **copy) -> KnownRun:
    copy = {name: moment.isoformat() if hasattr(moment, "isoformat") else moment for name, moment in copy.items()}
    remember([RegistryDataset(run_number, EXPRESS, "OPEN", "Collisions18", copy)])
    return KnownRun.objects.get(pk=run_number)


def test_start_end_and_beams_are_remembered_and_follow_the_next_answer():
    start = timezone.now() - 2 * HOUR
    first = known(start_time=start, end_time=None, fill_type_runtime="IONS")
    assert (first.start_time, first.end_time, first.fill_type, first.is_running) == (start, None, "IONS", True)
    second = known(start_time=start, end_time=start + HOUR)
    assert (second.end_time, second.fill_type, second.is_running) == (start + HOUR, "", False)


@pytest.mark.parametrize(
    ("copy", "is_running"),
    [
        ({"start_time": 2 * HOUR}, True),
        ({"start_time": 2 * HOUR, "end_time": HOUR}, False),
        ({"start_time": 49 * HOUR}, False),
        ({"end_time": None}, False),
        ({}, False),
    ],
)
def test_a_run_is_running_as_far_as_the_copy_knows(copy, is_running):
    assert known(**{name: ago and timezone.now() - ago for name, ago in copy.items()}).is_running == is_running


@pytest.mark.parametrize("source", Source)
@pytest.mark.parametrize("copy_says", [True, False, None])
@pytest.mark.parametrize("row_says", [True, False, None])
def test_omss_word_wins_then_the_registrys(source, row_says, copy_says):
    start = timezone.now() - 2 * HOUR
    ends = {True: None, False: start + HOUR}
    run = None if row_says is None else make_run(source=source, start_time=start, end_time=ends[row_says])
    copy = None if copy_says is None else known(start_time=start, end_time=ends[copy_says])
    says = row_says if source == Source.OMS or copy is None else copy_says
    says = copy_says if run is None else says
    assert is_still_running(run, copy) == bool(says)
    assert still_running([325000, 325001]) == ({325000} if says else set())


def test_the_facts_of_its_last_answer_come_with_their_age():
    start = timezone.now() - 20 * HOUR
    run = known(ls_duration=381, recorded_lumi=95.2, start_time=start, end_time=None)
    facts = last_facts(325000)
    assert facts.values == {"lumisections": 381, "recorded_lumi": 95.2, "start_time": start}
    assert (facts.units, facts.told_at) == ({}, run.asked_at)


def test_a_run_of_which_nothing_was_said_has_no_facts():
    known()
    assert last_facts(325000) is None
    assert last_facts(325001) is None


def test_what_was_remembered_before_there_were_ends_does_not_seem_to_be_running():
    known(325000, start_time=timezone.now() - 2 * HOUR)
    known(325001, start_time=timezone.now() - 490 * HOUR)
    migration = import_module("runregistry.migrations.0002_the_end_of_a_run")
    migration.forget_recent_starts(apps, None)
    assert not still_running([325000, 325001])
    assert KnownRun.objects.get(pk=325001).start_time


def test_what_the_database_refuses_is_an_answer_that_can_t_be_used(db, caplog):
    with pytest.raises(RunRegistryDataInvalid):
        remember([RegistryDataset(2**70, "/Express/Collisions2018/DQM")])
    assert not KnownRun.objects.exists()
    assert "can't be stored" in caplog.text


def test_the_same_is_not_stored_again_and_anything_else_at_once(db):
    remember_run(325000, [RegistryDataset(325000, "/Express/Collisions2018/DQM", "OPEN")])
    asked_at = KnownRun.objects.get().asked_at
    remember_run(325000, [RegistryDataset(325000, "/Express/Collisions2018/DQM", "OPEN")])
    assert KnownRun.objects.get().asked_at == asked_at
    remember_run(325000, [RegistryDataset(325000, "/Express/Collisions2018/DQM", "SIGNOFF")])
    assert KnownDataset.objects.get().tracker_state == "SIGNOFF"
