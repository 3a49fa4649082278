"""Every fault of every service against every page: a page in time, the right words, nothing lost, nothing false.

What breaks between us and a service is made real, on the loopback interface; nothing of ours is replaced.
"""

from __future__ import annotations

from typing import Any

import pytest

from certify.models import TrackerCertification, writing
from tests.factories import VERDICT, make_certification
from tests.faults.browser import Browser, fields_of, warnings_of
from tests.faults.conftest import move
from tests.faults.matrix import Case, every_case
from tests.faults.truth import Truth, assert_nothing_false_is_stored

# Unlike any default, so that what is stored can only come from here.
DECIDED = {**VERDICT, "strip": "bad", "tracking": "excluded", "trackermap": "missing"}
COMMENT = "TIB lost at LS 310, “half a layer” & more"
TYPED = {"run_type": "collisions", "lumisections": 77}
TYPED_INPUTS = {f"omsrun-{name}": str(value) for name, value in TYPED.items()}


@every_case
def test_the_work_list_comes_with_the_right_words(case: Case, visitor: Browser, run: int, truth: Truth, afflicted):
    page = visitor.get("/openruns/", {"runs": run})
    assert page.status_code == 200
    assert_warned(page, case.on_the_work_list(run))
    assert_nothing_false_is_stored(truth)
    rows = {row.run_number: row for row in page.context["rows"]}
    assert set(rows) <= {run}
    if case.registry_answers:
        buttons = [button for cell in rows[run].cells for button in cell.buttons]
        assert truth.dataset in {button.dataset for button in buttons}


@every_case
def test_a_certification_can_be_started(case: Case, visitor: Browser, run: int, truth: Truth, afflicted):
    page = visitor.get(f"/certify/{run}/express/")
    assert page.status_code == 200
    assert_warned(page, case.on_a_certification(run))
    assert ("facts complete" in page.text) == case.oms_answers
    assert ("dataset not confirmed" not in page.text) == case.registry_answers
    assert_nothing_false_is_stored(truth)


@every_case
def test_a_submit_with_typed_facts_is_saved(case: Case, visitor: Browser, run: int, truth: Truth, afflicted):
    url = f"/certify/{run}/express/"
    made_with = fields_of(visitor.get(f"{url}?correct=1"))
    answer = visitor.post(url, {**made_with, **DECIDED, **TYPED_INPUTS, "comment": COMMENT})
    assert answer.status_code == 302
    assert_stored(case, truth)
    assert_nothing_false_is_stored(truth, TYPED)


@every_case
def test_a_submit_without_facts_is_saved_or_given_back(case: Case, visitor: Browser, run: int, truth: Truth, afflicted):
    answer = visitor.post(f"/certify/{run}/express/", {**DECIDED, "comment": COMMENT})
    assert_nothing_false_is_stored(truth)
    if case.oms_answers:
        assert answer.status_code == 302
        assert_stored(case, truth)
        return
    assert answer.status_code == 422
    assert_warned(answer, case.on_a_certification(run))
    assert set(answer.context["omsrun_form"].errors) == {"run_type"}
    assert DECIDED.items() <= fields_of(answer).items()
    assert fields_of(answer)["comment"] == COMMENT
    assert not TrackerCertification.objects.exists()


@every_case
def test_a_certification_can_be_corrected(
    case: Case, visitor: Browser, run: int, truth: Truth, certified_blindly: TrackerCertification, afflicted
):
    url = f"/list/{run}/express/update/"
    page = visitor.get(url)
    assert page.status_code == 200
    assert_warned(page, case.on_a_certification(run))
    assert_nothing_false_is_stored(truth)
    answer = visitor.post(url, {**fields_of(page), **DECIDED, "comment": COMMENT})
    assert answer.status_code == 302
    assert_stored(case, truth)
    assert_nothing_false_is_stored(truth)


def test_what_the_registry_never_said_is_not_called_its_last_word(visitor: Browser, run: int, services, simulator):
    simulator.faults.set("runregistry", "error_json")
    page = visitor.get("/openruns/", {"runs": run})
    assert "What it said last is shown" not in page.text


def test_a_certificate_that_has_not_expired_is_accepted(visitor: Browser, run: int, services, places):
    """So that it is the date alone for which the other one is refused."""
    move(services, "oms", places["valid_certificate"])
    assert_warned(visitor.get(f"/certify/{run}/express/"), ["OMS answered with an error of its own"])


@pytest.fixture
def certified_blindly(shifter, run) -> TrackerCertification:
    """Certified while neither service answered, so that both are asked again."""
    certification = make_certification(shifter, run, "express")
    with writing():
        TrackerCertification.objects.update(dataset=None, dataset_standing="unconfirmed")
    return certification


def assert_warned(page: Any, beginnings: list[str]) -> None:
    """Of these, in this order, and of nothing else."""
    warnings = warnings_of(page)
    begun = [warning[: len(beginning)] for warning, beginning in zip(warnings, beginnings, strict=False)]
    assert (begun, len(warnings)) == (beginnings, len(beginnings)), f"the page says {warnings}"


def assert_stored(case: Case, truth: Truth) -> None:
    """What was typed, and of the rest only what the services confirmed."""
    saved = TrackerCertification.objects.get()
    assert {name: str(getattr(saved, name)) for name in DECIDED} == DECIDED
    assert saved.comment == COMMENT
    assert (saved.dataset and saved.dataset.name) == (truth.dataset if case.registry_answers else None)
    assert saved.external_info_complete == case.oms_answers
