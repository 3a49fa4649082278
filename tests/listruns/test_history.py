"""Every change stands in the history, and an earlier version can come back."""

import pytest

from certify.models import PixelProblem, TrackerCertification
from history.models import Action, Entry
from tests.factories import VERDICT, make_certification

URL = "/list/325000/prompt/"


def test_every_change_says_who_when_old_new_and_why(as_shifter, certification):
    noisy = PixelProblem.objects.create(name="noisy module")
    as_shifter.post(
        f"{URL}update/",
        {**VERDICT, "version": 1, "pixel": "bad", "pixel_problems": [noisy.pk], "change_reason": "looked again"},
    )
    page = as_shifter.get(URL)
    newest, beginning = page.context["timeline"]
    assert (newest.entry.action, newest.entry.by.username, newest.entry.reason) == (
        "changed",
        "shifter",
        "looked again",
    )
    assert {(change.label, change.old, change.new) for change in newest.changes} == {
        ("Pixel", "good", "bad"),
        ("Pixel problems", "–", "noisy module"),
        ("Comment", "first text", "–"),
        ("External info complete", "no", "yes"),
    }
    assert (newest.is_current, beginning.entry.action) == (True, Action.BEFORE)
    assert "looked again" in page.text


def test_a_reason_of_any_bytes_is_kept_as_text(as_shifter, certification):
    as_shifter.post(f"{URL}update/", {**VERDICT, "version": 1, "strip": "bad", "change_reason": "a\x00" + "b" * 600})
    assert Entry.objects.first().reason == "a\ufffd" + "b" * 498


def test_a_new_certification_begins_its_history(as_shifter, oms_is_down, registry_is_down):
    typed = {"omsrun-run_type": "cosmics", "omsrun-lumisections": "12"}
    as_shifter.post("/certify/325000/express/", {**VERDICT, **typed})
    facts, certified = as_shifter.get("/list/325000/express/").context["timeline"]
    if facts.entry.action == Action.CREATED:
        facts, certified = certified, facts
    assert (certified.entry.action, certified.entry.version) == (Action.CREATED, 1)
    assert facts.about == "Run 325000"
    assert ("Lumisections", "–", "12") in {(change.label, change.old, change.new) for change in facts.changes}


def test_a_run_type_corrected_by_a_shift_leader_stands_in_the_history(client, certification, shiftleader, oms_is_down):
    client.force_login(shiftleader)
    typed = {"omsrun-run_type": "cosmics", "initial-omsrun-run_type": "collisions"}
    client.post(f"{URL}update/", {**VERDICT, **typed, "version": 1})
    entry = Entry.objects.get(subject="run 325000")
    assert (entry.by, entry.changes) == (shiftleader, {"run_type": ["collisions", "cosmics"]})


@pytest.fixture
def two_versions(as_shifter, certification):
    noisy = PixelProblem.objects.create(name="noisy module")
    certification.pixel_problems.add(noisy)
    as_shifter.post(f"{URL}update/", {**VERDICT, "version": 1, "strip": "bad", "comment": "second text"})
    return Entry.objects.get(action=Action.BEFORE)


def test_a_shift_leader_brings_an_earlier_version_back_as_a_new_one(client, shiftleader, two_versions):
    client.force_login(shiftleader)
    answer = client.post(f"{URL}versions/{two_versions.pk}/bring-back/", {"version": 2}, follow=True)
    assert "Version 1 of 325000 prompt is back, as version 3." in answer.text
    saved = TrackerCertification.objects.get()
    assert (saved.strip, saved.comment, saved.version) == ("good", "first text", 3)
    assert [str(word) for word in saved.pixel_problems.all()] == ["noisy module"]
    assert [entry.action for entry in Entry.objects.all()] == ["reverted", "changed", "before"]


def test_words_that_exist_no_more_are_named_when_a_version_comes_back(client, shiftleader, two_versions):
    PixelProblem.objects.all().delete()
    client.force_login(shiftleader)
    answer = client.post(f"{URL}versions/{two_versions.pk}/bring-back/", {"version": 2}, follow=True)
    assert "these words exist no more: noisy module" in answer.text
    assert TrackerCertification.objects.get().strip == "good"


def test_a_shifter_brings_nothing_back_and_reading_changes_nothing(as_shifter, client, shiftleader, two_versions):
    url = f"{URL}versions/{two_versions.pk}/bring-back/"
    assert as_shifter.post(url, {"version": 2}).status_code == 403
    client.force_login(shiftleader)
    assert client.get(url).status_code == 405
    assert TrackerCertification.objects.get().strip == "bad"


def test_a_version_of_another_certification_is_not_brought_back(client, shiftleader, two_versions, shifter):
    make_certification(shifter, 325001)
    client.force_login(shiftleader)
    assert client.post(f"/list/325001/prompt/versions/{two_versions.pk}/bring-back/").status_code == 404


def test_the_history_takes_the_same_number_of_queries_however_long_it_is(
    as_shifter, certification, django_assert_max_num_queries
):
    for number in range(6):
        as_shifter.post(f"{URL}update/", {**VERDICT, "version": number + 1, "comment": f"text {number}"})
    with django_assert_max_num_queries(18):
        assert len(as_shifter.get(URL).context["timeline"]) == 7
