"""What the cells of the work list say."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from certify.models import Claim
from runregistry.models import KnownDataset, KnownRun
from tests.conftest import RR_LIST
from tests.factories import EXPRESS, PROMPT, make_certification, make_run

RERECO = "/ReReco/Run2018A_17Sept2018/DQM"


def cell(page, reco: str, run_number: int = 325000):
    row = next(row for row in page.context["rows"] if row.run_number == run_number)
    return next(each for each in row.cells if each.reco == reco)


def said(page, reco: str, run_number: int = 325000) -> list[tuple[str, str]]:
    return [(button.state, button.text) for button in cell(page, reco, run_number).buttons]


@pytest.fixture
def three(registry_answers):
    registry_answers((325000, EXPRESS, "OPEN"), (325000, PROMPT, "OPEN"), (325000, RERECO, "COMPLETED"))


def test_an_open_dataset_is_free_a_closed_one_says_so_and_none_is_a_dash(as_shifter, three):
    page = as_shifter.get("/openruns/", {"runs": "325000"})
    assert page.status_code == 200
    assert said(page, "express") == [("free", "Certify")]
    assert said(page, "rereco") == [("closed", "Completed in RR")]
    assert said(page, "rerecoul") == []
    assert cell(page, "express").buttons[0].url == "/certify/325000/express/?dataset=%2FExpress%2FCollisions2018%2FDQM"


def test_a_claim_names_who_and_since_when(as_shifter, three, shifter, shifter2):
    Claim.objects.create(run_number=325000, reconstruction="express", user=shifter)
    since = timezone.now() - timedelta(minutes=20)
    Claim.objects.create(run_number=325000, reconstruction="prompt", user=shifter2, claimed_at=since)
    page = as_shifter.get("/openruns/", {"runs": "325000"})
    assert said(page, "express") == [("mine", "Claimed by you")]
    assert said(page, "prompt") == [("claimed", "shifter2 · 20 min")]


def test_an_expired_claim_is_free_again(as_shifter, three, shifter2):
    Claim.objects.create(run_number=325000, reconstruction="express", user=shifter2, expires_at=timezone.now())
    assert said(as_shifter.get("/openruns/", {"runs": "325000"}), "express") == [("free", "Certify")]


def test_what_is_certified_says_by_whom(as_shifter, three, shifter, shifter2):
    make_certification(shifter, reco="express")
    make_certification(shifter2, reco="prompt", pixel="bad")
    page = as_shifter.get("/openruns/", {"runs": "325000"})
    assert said(page, "express") == [("good", "Good · you")]
    assert said(page, "prompt") == [("bad", "Bad · shifter2")]
    assert cell(page, "prompt").buttons[0].url == "/list/325000/prompt/"


def test_each_of_two_datasets_of_a_reconstruction_has_a_button(as_shifter, registry_answers):
    other = "/ReReco/Run2018A_Another/DQM"
    registry_answers((325000, RERECO, "OPEN"), (325000, other, "OPEN"))
    page = as_shifter.get("/openruns/", {"runs": "325000"})
    assert [button.dataset for button in cell(page, "rereco").buttons] == [RERECO, other]
    assert other in page.text


def test_the_facts_of_a_run_are_omss_or_else_the_registrys_copy(as_shifter, registry_answers):
    copy = {"ls_duration": 12, "recorded_lumi": 1.5}
    registry_answers((325000, EXPRESS, "OPEN", copy), (325001, EXPRESS, "OPEN", copy))
    make_run(325000, run_type="cosmics", lumisections=381, recorded_lumi=95.161531, recorded_lumi_unit="pb^{-1}")
    newer, older = as_shifter.get("/openruns/", {"runs": "325000-325001"}).context["rows"]
    assert (older.run_type, older.lumisections, older.recorded, older.recorded_unit) == (
        "cosmics",
        381,
        95.161531,
        "pb⁻¹",
    )
    assert (newer.run_type, newer.lumisections, newer.recorded, newer.recorded_unit) == ("collisions", 12, 1.5, "")


@pytest.mark.parametrize("odd", [{"ls_duration": "many"}, {"recorded_lumi": {}}, {"ls_duration": -4}, {"x": None}])
def test_odd_values_of_the_registry_do_no_harm(as_shifter, registry_answers, odd):
    registry_answers((325000, EXPRESS, "OPEN", odd))
    assert as_shifter.get("/openruns/", {"runs": "325000"}).context["rows"][0].lumisections is None


def test_the_state_is_what_the_registry_says_now(as_shifter, registry_answers):
    registry_answers((325000, EXPRESS, "OPEN"), (325000, PROMPT, "OPEN"))
    as_shifter.get("/openruns/", {"runs": "325000"})
    registry_answers((325000, EXPRESS, "COMPLETED"))
    cache.clear()
    page = as_shifter.get("/openruns/", {"runs": "325000"})
    assert said(page, "express") == [("closed", "Completed in RR")]
    assert said(page, "prompt") == []


@pytest.fixture
def silent(outside, three, as_shifter):
    as_shifter.get("/openruns/", {"runs": "325000"})
    cache.clear()
    KnownRun.objects.update(asked_at=timezone.now() - timedelta(minutes=12))
    outside.remove("POST", RR_LIST)
    outside.post(RR_LIST, json={"err": "boom"}, status=500)


def test_while_the_registry_is_silent_the_last_known_state_is_shown_with_its_age(as_shifter, silent, shifter2):
    make_certification(shifter2, reco="prompt")
    page = as_shifter.get("/openruns/", {"runs": "325000"})
    assert page.status_code == 200
    assert "The Run Registry answered with an error of its own" in page.text
    assert said(page, "express") == [("old", "Open 12 min ago?")]
    assert said(page, "rereco") == [("old", "Completed in RR 12 min ago?")]
    assert said(page, "prompt") == [("good", "Good · shifter2")]


def test_of_runs_that_nobody_knows_a_silent_registry_leaves_the_way_by_hand(as_shifter, silent):
    page = as_shifter.get("/openruns/", {"runs": "325000, 325999"})
    assert said(page, "express", 325999) == [("old", "Unknown")]
    assert cell(page, "express", 325999).buttons[0].url == "/certify/325999/express/"


def test_runs_that_the_registry_does_not_have_are_named(as_shifter, three):
    page = as_shifter.get("/openruns/", {"runs": "325000, 325999"})
    assert page.context["missing"] == [325999]
    assert "has nothing of 325999" in page.text


def test_guests_look_at_what_was_told_and_are_offered_nothing(as_shifter, client, guest, three):
    as_shifter.get("/openruns/", {"runs": "325000"})
    client.force_login(guest)
    page = client.get("/openruns/", {"runs": "325000"})
    assert said(page, "express") == [("old", "Open a moment ago?")]
    assert "is not asked" in page.text
    assert 'name="claim"' not in page.text


def test_the_number_of_queries_does_not_depend_on_the_number_of_runs(as_shifter, registry_answers, shifter):
    def queries(runs: int) -> int:
        registry_answers(*((325000 + run, name, "OPEN") for run in range(runs) for name in (EXPRESS, PROMPT)))
        for run in range(runs):
            Claim.objects.get_or_create(run_number=325000 + run, reconstruction="prompt", defaults={"user": shifter})
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            page = as_shifter.get("/openruns/", {"runs": "325000-325999"})
        assert len(page.context["rows"]) == runs
        return len(captured)

    queries(3)
    assert queries(3) == queries(60)


def test_five_hundred_runs_cost_few_requests_and_no_more_are_shown(as_shifter, registry_answers, outside):
    registry_answers(*((325000 + run, name, "OPEN") for run in range(501) for name in (EXPRESS, PROMPT, RERECO)))
    page = as_shifter.get("/openruns/", {"runs": "325000-326000"})
    assert len(page.context["rows"]) == 500
    assert page.context["rows"][-1].run_number == 325001
    assert "These are the newest 500 runs" in page.text
    assert len([call for call in outside.calls if call.request.url == RR_LIST]) == 2


def test_the_same_search_a_moment_later_asks_nobody(as_shifter, three, outside):
    as_shifter.get("/openruns/", {"runs": "325000"})
    asked = len(outside.calls)
    as_shifter.get("/openruns/", {"runs": "325000", "show": "free"})
    assert len(outside.calls) == asked
    as_shifter.get("/openruns/", {"runs": "325000", "refresh": "1"})
    assert len(outside.calls) > asked


def test_without_a_search_the_open_work_is_shown_as_last_known(as_shifter, three, shifter, outside):
    as_shifter.get("/openruns/", {"runs": "325000"})
    asked = len(outside.calls)
    page = as_shifter.get("/openruns/")
    assert [row.run_number for row in page.context["rows"]] == [325000]
    assert len(outside.calls) == asked
    for reco in ("express", "prompt"):
        make_certification(shifter, reco=reco) if reco == "express" else KnownDataset.objects.filter(reco=reco).delete()
    assert as_shifter.get("/openruns/").context["rows"] == []


def test_a_refresh_asks_what_is_open_and_closes_what_is_no_longer(as_shifter, registry_answers):
    registry_answers((325000, EXPRESS, "OPEN"), (325001, EXPRESS, "OPEN"))
    as_shifter.get("/openruns/", {"runs": "325000-325001"})
    registry_answers((325001, EXPRESS, "OPEN"), (325001, PROMPT, "COMPLETED"), (325000, EXPRESS, "COMPLETED"))
    page = as_shifter.get("/openruns/", {"refresh": "1"})
    assert [row.run_number for row in page.context["rows"]] == [325001]
    assert said(page, "prompt", 325001) == [("closed", "Completed in RR")]
    assert KnownDataset.objects.get(run_id=325000).tracker_state == "CLOSED"


def test_the_last_days_are_asked_by_their_start(as_shifter, registry_answers, outside):
    registry_answers((325000, EXPRESS, "OPEN"))
    page = as_shifter.get("/openruns/", {"days": "3"})
    assert [row.run_number for row in page.context["rows"]] == [325000]
    assert b"oms_attributes.start_time" in outside.calls[-1].request.body


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [325001, 325000]),
        ({"show": "free"}, [325001]),
        ({"show": "mine"}, [325000]),
        ({"type": "cosmics"}, [325000]),
        ({"type": "collisions"}, [325001]),
        ({"show": "all", "type": ""}, [325001, 325000]),
    ],
)
def test_filters_are_in_the_url(as_shifter, registry_answers, shifter, query, expected):
    registry_answers((325000, EXPRESS, "OPEN"), (325001, EXPRESS, "OPEN"))
    make_run(325000, run_type="cosmics")
    Claim.objects.create(run_number=325000, reconstruction="express", user=shifter)
    page = as_shifter.get("/openruns/", {"runs": "325000-325001", **query})
    assert [row.run_number for row in page.context["rows"]] == expected


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"run": "325000"}, "“run” is not known here; do you mean “runs”?"),
        ({"day": "3"}, "“day” is not known here; do you mean “days”?"),
        ({"show": "fre"}, "“fre” is no value of “show”: all, free, mine."),
        ({"type": "proton"}, "“proton” is no value of “type”: collisions, cosmics."),
    ],
)
def test_a_parameter_that_nobody_knows_is_refused_by_name(as_shifter, registry_answers, query, told):
    registry_answers((325000, EXPRESS, "OPEN"))
    page = as_shifter.get("/openruns/", query)
    assert (page.status_code, told in page.text) == (422, True)


def test_a_run_that_the_registry_no_longer_has_is_forgotten(as_shifter, registry_answers):
    registry_answers((325000, EXPRESS, "OPEN"), (325001, EXPRESS, "OPEN"))
    as_shifter.get("/openruns/", {"runs": "325000-325001"})
    registry_answers((325001, EXPRESS, "OPEN"))
    as_shifter.get("/openruns/", {"runs": "325000-325001", "refresh": "1"})
    assert [run.run_number for run in KnownRun.objects.all()] == [325001]


def test_a_run_that_is_going_on_says_so_by_omss_word_or_else_the_registrys(as_shifter, registry_answers):
    start = timezone.now() - timedelta(hours=2)
    copy = {"start_time": start.isoformat(), "end_time": None}
    ended = {**copy, "end_time": timezone.now().isoformat()}
    registry_answers(
        (325000, EXPRESS, "OPEN", copy),
        (325001, EXPRESS, "OPEN", copy),
        (325002, EXPRESS, "OPEN", ended),
        (325003, EXPRESS, "OPEN", ended),
    )
    make_run(325001, start_time=start, end_time=timezone.now())
    make_run(325003, start_time=start, end_time=None)
    page = as_shifter.get("/openruns/", {"runs": "325000-325003"})
    assert {row.run_number for row in page.context["rows"] if row.is_running} == {325000, 325003}
    assert page.text.count('<span class="chip chip-warn">still running</span>') == 2
