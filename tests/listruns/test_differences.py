"""Pages where people decide between what was typed and what OMS says, and the button that asks OMS now."""

import re
from uuid import uuid4

import pytest
from django.urls import reverse

from certify.models import RunReconstruction, TrackerCertification
from oms.answers import Facts
from oms.models import Difference, OmsRun, RunType, Source
from oms.services import remember_run
from oms.typed import type_in
from tests.factories import COLLISIONS_RUN, FILL, PROMPT, UNITS, VERDICT, make_certification

PHYSICS = "/cdaq/physics/Run2018/2e34/v3.6.1/HLT/V2"
PAGE = "/list/325000/differences/"


@pytest.fixture
def disputed(shifter):
    """She typed cosmics and 380 lumisections with pixel bad; OMS says collisions and 381."""
    certification = make_certification(shifter, pixel="bad")
    run = OmsRun.objects.get()
    OmsRun.objects.update(run_type=RunType.UNKNOWN, source=Source.PERSON)
    run.refresh_from_db()
    type_in(run, {"run_type": "cosmics", "lumisections": 380}, shifter, uuid4())
    remember_run(325000, Facts({"hlt_key": PHYSICS, "stable_beam": True, "lumisections": 381}), Source.OMS)
    return certification


def answers(**decisions) -> dict[str, str]:
    data = {}
    for task in Difference.objects.open():
        prefix = f"task-{task.pk}"
        data[f"{prefix}-shown"] = f'["{task.told[0]}", ""]' if task.name == "run_type" else f'[{task.told[0]}, ""]'
        decision, _, reason = decisions.get(task.name, "").partition(":")
        data |= {f"{prefix}-decision": decision, f"{prefix}-reason": reason}
    return data


def test_what_changes_the_verdict_or_the_run_type_is_said_first(as_shifter, disputed):
    content = as_shifter.get(PAGE).content.decode()
    assert "With OMS&#x27;s value the run is collisions, not cosmics." in content
    assert "Prompt would be bad instead of good." in content
    assert content.index("Run type") < content.index("Lumisections")


def test_field_by_field_theirs_is_taken_and_mine_kept(as_shifter, disputed):
    answer = as_shifter.post(PAGE, answers(run_type="theirs", lumisections="mine:I counted them"), follow=True)
    run = OmsRun.objects.get()
    assert (run.run_type, run.lumisections) == ("collisions", 380)
    assert "OMS&#x27;s value taken for 1, the typed one kept for 1" in answer.content.decode()
    assert not TrackerCertification.objects.get().is_good
    history = as_shifter.get("/list/325000/prompt/").content.decode()
    assert "“I counted them”" in history
    assert "OMS&#x27;s value taken" in history


def test_keeping_mine_needs_a_reason_and_nothing_typed_is_lost(as_shifter, disputed):
    answer = as_shifter.post(PAGE, answers(run_type="theirs", lumisections="mine:"))
    assert answer.status_code == 422
    assert "Say why the stored value stays" in answer.content.decode()
    assert answer.content.decode().count("checked") == 2
    assert OmsRun.objects.get().run_type == "cosmics"


def test_what_oms_no_longer_says_is_not_taken(as_shifter, disputed):
    data = answers(lumisections="theirs")
    remember_run(325000, Facts({"lumisections": 382}), Source.OMS)
    content = as_shifter.post(PAGE, data, follow=True).content.decode()
    assert "Meanwhile OMS says something else of the lumisections" in content
    assert OmsRun.objects.get().lumisections == 380


@pytest.mark.parametrize("garbage", ["", "{", "null", "[" * 100_000])
def test_garbage_is_no_value_of_oms(as_shifter, disputed, garbage):
    data = {name: garbage if name.endswith("shown") else value for name, value in answers(run_type="theirs").items()}
    assert "Meanwhile" in as_shifter.post(PAGE, data, follow=True).content.decode()
    assert OmsRun.objects.get().run_type == "cosmics"


@pytest.mark.parametrize(
    ("name", "may"), [("shifter", True), ("shifter2", False), ("shiftleader", True), ("guest", False)]
)
def test_who_may_decide(client, request, disputed, name, may):
    client.force_login(request.getfixturevalue(name))
    assert (b"Decide</button>" in client.get(PAGE).content) == may
    assert client.post(PAGE, answers(lumisections="theirs")).status_code == (302 if may else 403)
    assert OmsRun.objects.get().lumisections == (381 if may else 380)


def test_who_certified_the_run_may_decide_what_another_typed(client, shifter2, disputed):
    of = RunReconstruction.objects.create(run_id=325000, reconstruction="express")
    TrackerCertification.objects.create(run_reconstruction=of, author=shifter2, **VERDICT)
    client.force_login(shifter2)
    assert client.post(PAGE, answers(lumisections="theirs")).status_code == 302
    assert OmsRun.objects.get().lumisections == 381


@pytest.mark.parametrize("page", ["/", "/list/differences/", "/list/325000/prompt/", "/status/"])
def test_the_task_is_told_where_people_look(as_shifter, disputed, page):
    content = as_shifter.get(page).content.decode()
    assert reverse("listruns:differences") in content or PAGE in content


def test_both_values_stand_among_the_facts_with_who_typed_and_when(as_shifter, disputed):
    content = as_shifter.get("/list/325000/prompt/").content.decode()
    assert re.search(r"typed by shifter (now|(a|\d+).seconds? ago)<", content)
    assert "OMS says 381" in content


def test_refresh_now_asks_at_once_and_completes(as_shifter, shifter, oms_knows, registry_lists):
    make_certification(shifter)
    oms_knows(run=COLLISIONS_RUN, fill=FILL, units=UNITS)
    registry_lists(325000, PROMPT)
    answer = as_shifter.post("/list/325000/prompt/refresh/", follow=True)
    assert "are of this moment" in answer.content.decode()
    assert OmsRun.objects.get().recorded_lumi == 95.161531
    assert TrackerCertification.objects.get().external_info_complete


def test_refresh_now_says_who_is_ill_and_leaves_what_was_known(as_shifter, shifter, oms_is_down, registry_is_down):
    make_certification(shifter)
    content = as_shifter.post("/list/325000/prompt/refresh/", follow=True).content.decode()
    assert "OMS answered with an error of its own (status 500). What was known before stays." in content


def test_refresh_now_is_for_those_who_sign_in_and_only_by_post(client, as_shifter, shifter):
    make_certification(shifter)
    assert as_shifter.get("/list/325000/prompt/refresh/").status_code == 405
    assert as_shifter.post("/list/325001/prompt/refresh/").status_code == 404
    as_shifter.logout()
    assert client.post("/list/325000/prompt/refresh/").status_code == 403


@pytest.mark.parametrize("number", [1, 2**31, 10**30])
def test_a_run_that_nobody_opened_has_no_page_of_differences(as_shifter, number):
    assert as_shifter.get(f"/list/{number}/differences/").status_code == 404
