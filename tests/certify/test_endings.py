"""A run that was going on when it was certified: its author is told once what came with its end."""

import re
from datetime import date, timedelta

import pytest
import responses
from django.conf import settings
from django.core.cache import cache
from django.db.models import F
from django.utils import timezone

from certify import facts, writer
from certify.chronicle import timeline, undoable
from certify.completion import refresh_waiting
from certify.models import Notice, TrackerCertification, writing
from certify.notices import unseen_by
from certify.writer import Act, Identity
from history.models import Action, Entry
from oms.client import OmsClient
from oms.models import OmsRun
from runregistry.client import RunRegistryClient
from tests.factories import COLLISIONS_RUN, DATASETS, FILL, UNITS, VERDICT

URL = "/certify/325000/express/"
STARTED = timezone.now().replace(microsecond=0) - timedelta(hours=3)
ENDED = STARTED + timedelta(hours=2)
GOING_ON = {
    **{"start_time": STARTED.isoformat(), "end_time": None, "last_lumisection_number": 120, "recorded_lumi": 12.5},
    **{"delivered_lumi": None, "init_lumi": None, "end_lumi": None},
}
OVER = {"start_time": STARTED.isoformat(), "end_time": ENDED.isoformat()}
TOLD = (
    "Certification 325000 express was made while the run was going on. OMS has told since: "
    f"end time {ENDED:%Y-%m-%d %H:%M} UTC, lumisections 120 → 381, delivered luminosity 99.478719 pb⁻¹, "
    "recorded luminosity 12.5 pb⁻¹ → 95.161531 pb⁻¹."
)


@pytest.fixture
def oms_says(outside, oms_knows, registry_lists):
    """From now on, instead of what it said before."""

    def announce(**run) -> None:
        outside.reset()
        outside.post(settings.SSO_TOKEN_URL, json={"access_token": "t0ken", "expires_in": 1200})
        cache.clear()
        oms_knows(run={**COLLISIONS_RUN, **run}, fill=FILL, units=UNITS)
        registry_lists(325000, *DATASETS.values())

    return announce


@pytest.fixture
def certified(as_shifter, oms_says) -> TrackerCertification:
    oms_says(**GOING_ON)
    assert as_shifter.post(URL, {**VERDICT, "still_running": "on"}).status_code == 302
    return TrackerCertification.objects.get()


def a_round():
    OmsRun.objects.update(due_at=None)
    return refresh_waiting(OmsClient(), RunRegistryClient())


def words_to(user) -> list[str]:
    return [told.words for told in unseen_by(user)]


def test_the_author_is_told_once_what_came_with_the_end(certified, oms_says, as_shifter, shifter):
    a_round()
    assert words_to(shifter) == []
    oms_says(**OVER)
    a_round()
    a_round()
    assert words_to(shifter) == [TOLD]
    assert TOLD.removeprefix("Certification 325000 express") in as_shifter.get("/").text
    as_shifter.post("/seen/")
    a_round()
    assert words_to(shifter) == []
    assert Notice.objects.count() == 1


def test_it_waits_for_what_comes_late_and_tells_all_together(certified, oms_says, shifter):
    oms_says(**OVER, delivered_lumi=None, recorded_lumi=None)
    a_round()
    assert OmsRun.objects.get().end_time == ENDED
    assert words_to(shifter) == [], "the luminosity is to come yet"
    oms_says(**OVER)
    a_round()
    assert words_to(shifter) == [TOLD]


def test_after_some_hours_it_tells_what_there_is(certified, oms_says, shifter):
    long_ago = timezone.now() - timedelta(hours=20)
    OmsRun.objects.update(start_time=long_ago)
    oms_says(start_time=long_ago.isoformat(), end_time=(long_ago + timedelta(hours=2)).isoformat(), delivered_lumi=None)
    a_round()
    (told,) = words_to(shifter)
    assert "lumisections 120 → 381" in told and "delivered" not in told
    assert not TrackerCertification.objects.get().external_info_complete


def test_what_a_page_has_stored_on_its_way_is_told_too(certified, oms_says, client, shiftleader, shifter):
    oms_says(**OVER)
    client.force_login(shiftleader)
    OmsRun.objects.update(fetched_at=timezone.now() - timedelta(hours=1))
    assert client.get("/list/325000/express/update/").status_code == 200
    assert OmsRun.objects.get().lumisections == 381
    assert words_to(shifter) == []
    a_round()
    assert words_to(shifter) == [TOLD]


def test_a_correction_by_a_leader_does_not_hide_it(certified, oms_says, client, shiftleader, shifter):
    oms_says(**OVER)
    client.force_login(shiftleader)
    OmsRun.objects.update(fetched_at=timezone.now() - timedelta(hours=1))
    client.post("/list/325000/express/update/", {**VERDICT, "strip": "bad", "version": 1})
    assert TrackerCertification.objects.get().external_info_complete
    a_round()
    assert TOLD in words_to(shifter)
    assert len(words_to(shifter)) == 2


def test_who_has_saved_it_again_since_knows(certified, oms_says, as_shifter, shifter):
    oms_says(**OVER)
    OmsRun.objects.update(fetched_at=timezone.now() - timedelta(hours=1))
    assert as_shifter.post("/list/325000/express/update/", {**VERDICT, "version": 1}).status_code == 302
    assert OmsRun.objects.get().end_time
    a_round()
    assert words_to(shifter) == []


def test_a_type_that_it_had_only_for_a_while_is_among_it(as_shifter, oms_says, shifter):
    oms_says(**GOING_ON, hlt_key="/cdaq/cosmic/Run2018/v1", stable_beam=False)
    as_shifter.post(URL, {**VERDICT, "pixel": "bad", "still_running": "on"})
    assert TrackerCertification.objects.get().is_good
    oms_says(**OVER)
    a_round()
    ending, turned = words_to(shifter)
    assert "run type Cosmics → Collisions" in ending
    assert turned == "Certification 325000 express turned from good to bad: run type collisions, from OMS."


def test_each_author_of_the_run_is_told_of_their_own_and_the_bin_is_silent(certified, oms_says, shifter, shifter2):
    values = {**VERDICT, "date": date(2026, 1, 15)}
    for reco in ("prompt", "rereco"):
        writer.create(Identity(325000, reco, DATASETS[reco]), values, Act(shifter2), complete=False)
    binned = TrackerCertification.objects.get(reconstruction="rereco")
    writer.delete(binned.pk, 1, Act(shifter2, "Not this one."))
    oms_says(**OVER)
    a_round()
    assert words_to(shifter) == [TOLD]
    assert words_to(shifter2) == [TOLD.replace("express", "prompt")]


def test_it_stands_in_the_history_and_is_no_version(certified, oms_says, shifter):
    oms_says(**OVER)
    a_round()
    certified.refresh_from_db()
    assert certified.version == 1
    assert undoable(shifter).action == Action.CREATED
    told = timeline(certified.run_reconstruction, certified)
    ending = next(each for each in told if each.entry.row == certified.pk and each.entry.action == Action.UPDATED)
    assert ("Lumisections", "120", "381") in [(each.label, each.old, each.new) for each in ending.changes]
    assert not (ending.can_come_back or ending.is_current)


@pytest.fixture
def certified_in_an_outage(as_shifter) -> TrackerCertification:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in ("GET", "POST"):
            mock.add(method, re.compile(".*"), status=500)
        typed = {"omsrun-run_type": "collisions", "omsrun-lumisections": "381", "omsrun-b_field": "3.8"}
        assert as_shifter.post(URL, {**VERDICT, **typed}).status_code == 302
    return TrackerCertification.objects.get()


def test_what_was_missing_in_an_outage_is_completed_without_a_notice(certified_in_an_outage, oms_says, shifter):
    oms_says(**OVER)
    a_round()
    certified_in_an_outage.refresh_from_db()
    assert certified_in_an_outage.external_info_complete
    assert words_to(shifter) == []


def test_who_could_not_know_in_an_outage_that_it_was_going_on_is_told(certified_in_an_outage, oms_says, shifter):
    oms_says(start_time=STARTED.isoformat(), end_time=timezone.now().isoformat())
    a_round()
    (told,) = words_to(shifter)
    assert "was made while the run was going on" in told and "recorded luminosity 95.161531 pb⁻¹" in told


def test_a_run_whose_end_nobody_ever_tells_is_told_when_it_is_complete(certified, oms_says, shifter, settings):
    earlier = timedelta(hours=2)
    Entry.objects.update(at=F("at") - earlier)
    with writing():
        TrackerCertification.objects.update(created_at=F("created_at") - earlier)
    oms_says(start_time=STARTED.isoformat(), end_time=None)
    a_round()
    assert words_to(shifter) == []
    settings.RUNNING_HOURS = 2
    a_round()
    (told,) = words_to(shifter)
    assert "OMS has told since: lumisections 120 → 381" in told


def test_a_run_that_was_over_is_not_told_when_oms_corrects_a_fact(as_shifter, oms_says, shifter):
    ended = (timezone.now() - timedelta(hours=1)).isoformat()
    oms_says(start_time=STARTED.isoformat(), end_time=ended)
    assert as_shifter.post(URL, VERDICT).status_code == 302
    oms_says(start_time=STARTED.isoformat(), end_time=ended, last_lumisection_number=382)
    a_round()
    assert OmsRun.objects.get().lumisections == 382
    assert words_to(shifter) == []


def test_what_they_typed_with_it_is_no_news(certified, oms_says, shifter):
    entry = Entry.objects.get(action=Action.CREATED)
    facts.type_in(OmsRun.objects.get(), {"energy": 6800.0}, shifter, entry.click)
    oms_says(**{**OVER, "energy": 6800})
    a_round()
    assert words_to(shifter) == [TOLD]
