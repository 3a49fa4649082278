"""A form is stored as what its page showed, however old it is and wherever it is sent."""

import pytest

from certify.models import TrackerCertification
from certify.target import Target
from tests.factories import COSMICS, NOVEMBER, PROMPT, SEPTEMBER, VERDICT, make_certification, make_run

URL = "/certify/325000/rereco/"


@pytest.fixture(params=["too old", "not ours"])
def without_seal(request, monkeypatch):
    """A seal that can't be read any more."""
    if request.param == "not ours":
        return "x" * 20
    monkeypatch.setattr("django.core.signing.time.time", lambda: 1_700_000_000)
    seal = Target(325000, "rereco").seal
    monkeypatch.undo()
    return seal


def test_of_several_datasets_a_page_too_old_to_say_which_names_none(as_shifter, two, without_seal):
    saved = as_shifter.post(URL, {**COSMICS, "seal": without_seal})
    assert saved.status_code == 302
    stored = TrackerCertification.objects.get()
    assert (stored.dataset_name, stored.is_confirmed) == (None, False)


def test_a_page_too_old_to_say_of_which_reconstruction_asks(as_shifter, two, without_seal):
    asked = as_shifter.post("/certify/325000/", {**COSMICS, "comment": "my words", "seal": without_seal})
    assert asked.status_code == 409
    assert "Which reconstruction?" in asked.text and "my words" in asked.text
    assert not TrackerCertification.objects.exists()
    again = as_shifter.post("/certify/325000/rereco/", {"review": "1", "comment": "my words"})
    assert (again.status_code, "my words" in again.text) == (200, True)


def test_a_form_about_one_dataset_sent_to_the_address_of_another_is_of_the_one(as_shifter, two):
    page = as_shifter.get(URL, {"dataset": SEPTEMBER})
    assert as_shifter.post(f"{URL}?dataset={NOVEMBER}", {**COSMICS, "seal": page.context["seal"]}).status_code == 302
    assert TrackerCertification.objects.get().dataset_name == SEPTEMBER


def test_a_form_about_a_dataset_that_is_certified_stores_nothing_at_the_address_of_another(as_shifter, shifter2, two):
    page = as_shifter.get(URL, {"dataset": SEPTEMBER})
    make_certification(shifter2, reco="rereco", dataset=SEPTEMBER)
    refused = as_shifter.post(f"{URL}?dataset={NOVEMBER}", {**COSMICS, "seal": page.context["seal"]})
    assert refused.status_code == 409
    assert TrackerCertification.objects.count() == 1


@pytest.mark.parametrize("address", ["/certify/325000/express/", "/certify/325001/rereco/"])
def test_a_form_about_another_run_or_reconstruction_is_refused(as_shifter, two, address):
    page = as_shifter.get(URL)
    refused = as_shifter.post(address, {**COSMICS, "comment": "my words", "seal": page.context["seal"]})
    assert refused.status_code == 409
    assert "made for 325000 rereco" in refused.text
    assert not TrackerCertification.objects.exists()


def test_a_form_of_another_reconstruction_changes_no_certification(as_shifter, shifter, two):
    page = as_shifter.get(URL)
    stored = make_certification(shifter, reco="prompt")
    data = {**VERDICT, "pixel": "bad", "version": stored.version, "seal": page.context["seal"]}
    assert as_shifter.post("/list/325000/prompt/update/", data).status_code == 409
    stored.refresh_from_db()
    assert stored.pixel == "good"


def test_the_state_is_asked_anew_when_the_form_is_sent(as_shifter, outside, registry_lists, oms_is_down):
    """However short a moment ago the page was opened."""
    make_run(run_type="cosmics", source="person")
    registry_lists(325000, PROMPT)
    page = as_shifter.get("/certify/325000/prompt/")
    before = len(outside.calls)
    sent = as_shifter.post(page.context["action"], {**COSMICS, "seal": page.context["seal"]})
    assert sent.status_code == 302
    asked = [call.request.url for call in list(outside.calls)[before:] if "runregistry.test" in call.request.url]
    assert len(asked) == 2  # the search, and the list of names


@pytest.mark.parametrize("button", ["review", "search", "correct"])
def test_a_button_of_the_form_asks_nobody_anew(as_shifter, outside, two, button):
    page = as_shifter.get(URL)
    before = len(outside.calls)
    as_shifter.post(page.context["action"], {**COSMICS, "seal": page.context["seal"], button: "1"})
    asked = [call.request.url for call in list(outside.calls)[before:] if "runregistry.test" in call.request.url]
    assert not asked
