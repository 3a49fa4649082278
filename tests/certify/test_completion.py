"""What was certified without the services is completed when they are back."""

import re
from datetime import timedelta
from io import StringIO
from threading import Event

import pytest
import responses
from django.conf import settings
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import DataError, InterfaceError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from certify import completion, writer
from certify.chronicle import timeline, undoable
from certify.completion import refresh_waiting, waiting_runs
from certify.models import Round, TrackerCertification
from certify.rounds import go_round
from certify.writer import Act
from history.models import Action, Entry
from oms import queue
from oms.client import OmsClient
from oms.models import Difference, OmsRun, Source
from runregistry.client import RunRegistryClient
from tests.factories import COLLISIONS_RUN, EXPRESS, FILL, PROMPT, UNITS, VERDICT, make_certification, make_run
from upstream import names
from upstream.errors import ServerError
from upstream.health import record_failure

TYPED = {"omsrun-run_type": "collisions", "omsrun-lumisections": "381", "omsrun-b_field": "3.8"}


@pytest.fixture
def certified_without_services(as_shifter, monkeypatch):
    """An outage, as the shifter meets it; everything she types is right but what the test changes."""

    def certify(**typed) -> TrackerCertification:
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
            for method in ("GET", "POST"):
                mock.add(method, re.compile(".*"), status=500)
            answer = as_shifter.post("/certify/325000/express/", {**VERDICT, **TYPED, **typed})
        assert answer.status_code == 302
        return TrackerCertification.objects.get()

    return certify


@pytest.fixture
def services_are_back(outside, oms_knows, registry_lists):
    def announce(**facts) -> None:
        cache.clear()
        oms_knows(run={**COLLISIONS_RUN, **facts}, fill=FILL, units=UNITS)
        registry_lists(325000, EXPRESS)

    return announce


def a_round():
    return refresh_waiting(OmsClient(), RunRegistryClient())


def test_when_the_services_are_back_a_round_completes_what_agrees(certified_without_services, services_are_back):
    certification = certified_without_services()
    assert not certification.external_info_complete and certification.dataset is None
    services_are_back()
    (refreshed,) = a_round()
    certification.refresh_from_db()
    run = OmsRun.objects.get()
    assert refreshed.completed == 1
    assert certification.external_info_complete
    assert certification.dataset.name == EXPRESS
    assert (run.typed, run.source, run.recorded_lumi) == ({}, Source.OMS, 95.161531)
    assert not Difference.objects.exists()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks the whole database for who writes, and no rows")
def test_completing_waits_for_who_takes_a_fact_back(shifter):
    make_certification(shifter, external_info_complete=False)
    with CaptureQueriesContext(connection) as asked:
        completion.complete(325000)
    first = asked[0]["sql"] if "SAVEPOINT" not in asked[0]["sql"] else asked[1]["sql"]
    assert "oms_omsrun" in first and "FOR NO KEY UPDATE" in first


def test_completing_is_no_version_and_stands_in_the_history(certified_without_services, services_are_back, shifter):
    certification = certified_without_services()
    services_are_back()
    a_round()
    a_round()
    entries = Entry.objects.filter(action=Action.COMPLETED)
    changed = sorted(sorted(entry.changes) for entry in entries)
    assert changed == [["dataset", "dataset_standing"], ["external_info_complete"]]
    assert {entry.who for entry in entries} == {"OMS", "the Run Registry"}
    certification.refresh_from_db()
    assert certification.version == 1
    assert undoable(shifter).action == Action.CREATED
    told = timeline(certification.run_reconstruction, certification)
    assert [moment.is_current for moment in told].count(True) == 1


def test_what_differs_is_kept_and_becomes_a_task(certified_without_services, services_are_back):
    certified_without_services(**{"omsrun-lumisections": "380"})
    services_are_back()
    a_round()
    assert OmsRun.objects.get().lumisections == 380
    assert Difference.objects.get().stored_by.username == "shifter"


def test_a_service_that_is_still_ill_costs_nothing_and_is_asked_in_the_next_round(certified_without_services, outside):
    certified_without_services()
    for name in (names.OMS, names.RUN_REGISTRY):
        for _ in range(3):
            record_failure(ServerError(name))
    assert a_round() == []
    assert OmsRun.objects.get().tries == 0
    assert not outside.calls


@pytest.mark.django_db
def test_a_run_of_which_oms_knows_no_more_is_asked_later_and_later(shifter, outside, oms_knows, registry_lists):
    make_certification(shifter)
    registry_lists(325000, PROMPT)
    OmsRun.objects.update(run_type="unknown")
    oms_knows()
    pauses = []
    for _ in range(3):
        OmsRun.objects.update(due_at=None)
        a_round()
        pauses.append(round((OmsRun.objects.get().due_at - timezone.now()).total_seconds() / 60))
    assert pauses == [5, 10, 20]
    assert a_round() == []


@pytest.mark.django_db
def test_only_what_waits_or_is_recent_is_asked_for(shifter, settings):
    now = timezone.now()
    make_run(1, start_time=now - timedelta(hours=settings.REFRESH_HOURS + 1), end_time=now)
    make_run(2, start_time=now - timedelta(hours=1), end_time=now)
    make_run(3, start_time=now - timedelta(days=3))
    make_run(4, start_time=now - timedelta(days=300))
    make_certification(shifter, 5, external_info_complete=True)
    make_certification(shifter, 6)
    binned = make_certification(shifter, 7)
    writer.delete(binned.pk, binned.version, Act(shifter, "Not this one."))
    assert sorted(waiting_runs().values_list("pk", flat=True)) == [2, 3, 6]


@pytest.mark.django_db
def test_a_run_is_leased_to_one_process_only_until_it_is_late():
    make_run(1)
    assert queue.lease(1)
    assert not queue.lease(1)
    OmsRun.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert queue.lease(1)
    queue.release(1, answered=True, settled=True)
    assert not queue.lease(1)


def test_the_command_for_cron_does_a_round_and_says_what_came_of_it(certified_without_services, services_are_back):
    certified_without_services()
    services_are_back()
    said = StringIO()
    call_command("refresh_external_info", stdout=said)
    assert "1 runs asked for, 1 certifications completed" in said.getvalue()


def test_the_command_with_a_run_does_not_wait_for_its_pause(certified_without_services, services_are_back):
    certified_without_services()
    OmsRun.objects.update(due_at=timezone.now() + timedelta(hours=5))
    services_are_back()
    call_command("refresh_external_info", stdout=StringIO())
    assert not TrackerCertification.objects.get().external_info_complete
    call_command("refresh_external_info", "325000", stdout=StringIO())
    assert TrackerCertification.objects.get().external_info_complete


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["12", "1000000000000000000000000000000"])
def test_the_command_refuses_a_run_that_nobody_opened(number):
    with pytest.raises(CommandError, match=f"run {number}"):
        call_command("refresh_external_info", number)


def test_the_worker_finds_out_who_is_back_and_leaves_word(certified_without_services, services_are_back):
    certified_without_services()
    services_are_back()
    for _ in range(3):
        record_failure(ServerError(names.OMS))
    call_command("worker", "--once", stdout=StringIO())
    assert TrackerCertification.objects.get().external_info_complete
    assert Round.objects.get().completed == 1


def test_undoing_takes_back_what_she_typed_and_not_what_oms_has_confirmed(
    as_shifter, certified_without_services, services_are_back, shifter
):
    certified_without_services(**{"omsrun-energy": "6000"})
    services_are_back()
    a_round()
    as_shifter.post(f"/list/undo/{undoable(shifter).pk}/")
    run = OmsRun.objects.get()
    assert TrackerCertification.everything.get().deleted_at
    assert (run.lumisections, run.b_field, run.run_type) == (381, 3.8, "collisions")


def test_a_run_that_the_database_refuses_does_not_keep_the_others_waiting(
    certified_without_services, services_are_back, shifter, monkeypatch
):
    certified_without_services()
    make_certification(shifter, 324999)
    services_are_back()
    refresh = completion.refresh

    def refuse_the_first(run_number, *more):
        if run_number == 324999:
            raise DataError("out of range")
        return refresh(run_number, *more)

    monkeypatch.setattr(completion, "refresh", refuse_the_first)
    assert [each.run_number for each in a_round()] == [324999, 325000]
    assert OmsRun.objects.get(pk=324999).tries == 1
    assert TrackerCertification.objects.get(run_reconstruction__run_id=325000).external_info_complete


def test_the_fill_she_typed_is_asked_for_unless_oms_names_another(certified_without_services, services_are_back):
    certified_without_services(**{"omsfill-fill_number": "7324", "omsfill-peak_lumi": "1.77"})
    services_are_back()
    a_round()
    run = OmsRun.objects.select_related("fill").get()
    assert (run.fill.source, run.fill.peak_lumi, run.fill.typed, run.typed) == (Source.OMS, 1.766, {}, {})
    assert TrackerCertification.objects.get().external_info_complete


def test_a_fill_that_is_disputed_is_fetched_once_that_is_decided(
    as_shifter, certified_without_services, services_are_back
):
    certified_without_services(**{"omsfill-fill_number": "7000"})
    services_are_back()
    a_round()
    task = Difference.objects.get()
    assert (task.name, task.stored, task.told) == ("fill_number", [7000, ""], [7324, ""])
    assert not TrackerCertification.objects.get().external_info_complete
    data = {f"task-{task.pk}-decision": "theirs", f"task-{task.pk}-shown": '[7324, ""]'}
    as_shifter.post("/list/325000/differences/", data)
    a_round()
    assert OmsRun.objects.get().fill_id == 7324
    assert TrackerCertification.objects.get().external_info_complete


def test_undoing_what_differs_leaves_what_oms_says(as_shifter, certified_without_services, services_are_back, shifter):
    certified_without_services(
        **{"omsrun-lumisections": "380", "omsrun-recorded_lumi": "12", "omsrun-recorded_lumi_unit": "fb^{-1}"}
    )
    services_are_back()
    a_round()
    assert Difference.objects.open().count() == 2
    as_shifter.post(f"/list/undo/{undoable(shifter).pk}/")
    run = OmsRun.objects.get()
    assert (run.lumisections, run.recorded_lumi, run.recorded_lumi_unit) == (381, 95.161531, "pb^{-1}")
    assert (run.typed, run.official) == ({}, {})
    assert not Difference.objects.open().exists()


def test_a_run_certified_while_it_was_going_on_is_completed_after_its_end(
    as_shifter, shifter, outside, services_are_back
):
    start = (timezone.now() - timedelta(hours=2)).isoformat()
    certification = make_certification(shifter, reco="express", dataset=EXPRESS)
    services_are_back(start_time=start, end_time=None, delivered_lumi=None)
    for _ in range(3):
        OmsRun.objects.update(due_at=None)
        assert [each.completed for each in a_round()] == [0]
    pause = OmsRun.objects.get().due_at - timezone.now()
    assert pause < timedelta(minutes=6), "its end must not wait for a long pause"
    outside.reset()
    outside.post(settings.SSO_TOKEN_URL, json={"access_token": "t0ken", "expires_in": 1200})
    services_are_back(start_time=start, end_time=timezone.now().isoformat())
    OmsRun.objects.update(due_at=None)
    assert [each.completed for each in a_round()] == [1]
    certification.refresh_from_db()
    assert certification.external_info_complete
    assert OmsRun.objects.get().delivered_lumi == 99.478719


@pytest.mark.parametrize("error", [ValueError, OperationalError, InterfaceError])
def test_a_round_that_comes_to_nothing_is_not_the_last(db, monkeypatch, caplog, error):
    rounds, stop = [], Event()

    def one_round(stop: Event, is_first: bool) -> Round:
        rounds.append(is_first)
        if len(rounds) == 1:
            raise error("ours")
        stop.set()
        return Round(runs=0, completed=0)

    monkeypatch.setattr("certify.rounds.one_round", one_round)
    go_round(stop, interval=0)
    assert rounds == [True, True], "what is done once was not done yet"
    assert "the next" in caplog.text
