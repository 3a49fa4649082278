"""The admin shows what has a page of its own; words and references are kept there, by the rules."""

from urllib.parse import quote

import pytest
from django.utils import timezone

from certify.models import Dataset, PixelProblem, RunReconstruction, TrackerCertification
from history.models import Entry
from oms.models import OmsFill, OmsRun
from tests.admin_pages import act, errors, listing, page, said, send, staff
from tests.factories import PROMPT, VERDICT, make_certification, make_fill, make_reconstruction, make_run
from users import roles
from users.models import User

ADD = "/admin/certify/trackercertification/add/"
BAD_VALUES = {
    "a year to come": {"date": "2031-01-01"},
    "a dataset of another reconstruction": {"dataset": "express"},
    "a reference that is none": {"reference_runreconstruction": "none"},
    "a long comment": {"comment": "x" * 200_000},
    "another verdict": {"strip": "bad"},
    "another author": {"author": "boss"},
    "a reconstruction that is never certified": {"run_reconstruction": "online"},
}


@pytest.fixture
def boss(db):
    return staff("boss", roles.ADMINISTRATOR)


@pytest.fixture
def as_boss(client, boss):
    client.force_login(boss)
    return client


@pytest.fixture
def as_root(client, db):
    client.force_login(User.objects.create_superuser("root"))
    return client


def rows_of(model) -> list[dict]:
    return list(getattr(model, "everything", model.objects).order_by("pk").values())


def bad_value(name: str) -> dict:
    """Names in BAD_VALUES stand for rows; here are their keys."""
    keys = {
        "express": Dataset.objects.get_or_create(name="/Express/Collisions2018/DQM")[0].pk,
        "none": make_reconstruction(325001).pk,
        "boss": User.objects.get(is_superuser=True).pk,
        "online": make_reconstruction(325002, "online").pk,
    }
    return {field: keys.get(value, value) for field, value in BAD_VALUES[name].items()}


def test_who_is_not_staff_does_not_get_in(as_shifter):
    assert as_shifter.get("/admin/").status_code == 302


@pytest.mark.parametrize("bad", BAD_VALUES)
def test_no_certification_is_written_in_the_admin(as_root, shifter, bad):
    certification = make_certification(shifter)
    sent = {**VERDICT, "run_reconstruction": certification.run_reconstruction_id, **bad_value(bad)}
    before = rows_of(TrackerCertification)
    assert as_root.post(page(certification), sent).status_code == 403
    assert as_root.post(ADD, {**sent, "run_reconstruction": make_reconstruction(325003).pk}).status_code == 403
    assert as_root.post(ADD, sent).status_code == 403
    assert rows_of(TrackerCertification) == before
    assert not Entry.objects.exists()


@pytest.mark.parametrize("is_deleted", [False, True])
def test_no_certification_is_deleted_in_the_admin(as_root, shifter, is_deleted):
    gone = {"deleted_at": timezone.now(), "deleted_by": shifter} if is_deleted else {}
    certification = make_certification(shifter, **gone)
    before = rows_of(TrackerCertification)
    assert as_root.post(page(certification, "delete"), {"post": "yes"}).status_code == 403
    act(as_root, "delete_selected", certification, post="yes")
    assert rows_of(TrackerCertification) == before
    assert not Entry.objects.exists()


def test_a_certification_is_read_in_the_admin_and_changed_on_its_own_page(as_root, shifter):
    certification = make_certification(shifter)
    certification.pixel_problems.add(PixelProblem.objects.create(name="hot module"))
    answer = as_root.get(page(certification))
    address = f"/list/325000/prompt/{{}}?dataset={quote(PROMPT, safe='')}"
    for url in (address.format(""), address.format("update/")):
        assert f'href="{url}"' in answer.text
    assert "hot module" in answer.text
    assert 'name="_save"' not in answer.text and 'name="strip"' not in answer.text
    assert as_root.get(address.format("")).status_code == 200


def test_one_without_a_dataset_is_linked_by_run_and_reconstruction(as_root, shifter):
    certification = make_certification(shifter)
    certification.dataset = None
    certification.save()
    assert 'href="/list/325000/prompt/?dataset="' in as_root.get(page(certification)).text


def test_one_in_the_bin_is_read_too_and_leads_to_the_bin(as_root, shifter):
    certification = make_certification(shifter, deleted_at=timezone.now(), deleted_by=shifter, delete_reason="Twice.")
    answer = as_root.get(page(certification))
    assert "Twice." in answer.text
    assert 'href="/list/bin/"' in answer.text
    assert "/update/" not in answer.text


def test_a_shifter_on_the_staff_reads_too(client, shifter):
    User.objects.update(is_staff=True)
    client.force_login(shifter)
    certification = make_certification(shifter)
    assert client.get(page(certification)).status_code == 200
    assert client.post(page(certification), {**VERDICT, "strip": "bad"}).status_code == 403


def test_a_dataset_has_the_name_that_the_run_registry_gave_it(as_root, shifter):
    dataset = make_certification(shifter).dataset
    unused = Dataset.objects.create(name="/PromptReco/Never/DQM")
    before = rows_of(Dataset)
    assert as_root.get(page(dataset)).status_code == 200
    assert as_root.post(page(dataset), {"name": "/PromptReco/Other/DQM"}).status_code == 403
    assert as_root.post("/admin/certify/dataset/add/", {"name": "mine"}).status_code == 403
    assert as_root.post(page(unused, "delete"), {"post": "yes"}).status_code == 403
    act(as_root, "delete_selected", unused, post="yes")
    assert rows_of(Dataset) == before


def test_facts_of_runs_and_fills_are_read_and_corrected_where_they_are_certified(as_root):
    run, fill = make_run(b_field=3.8, run_type="collisions"), make_fill(era="2018D")
    before = rows_of(OmsRun), rows_of(OmsFill)
    for row, typed in ((run, {"run_type": "cosmics", "b_field": "0"}), (fill, {"era": "mine"})):
        assert as_root.get(page(row)).status_code == 200
        assert as_root.post(page(row), typed).status_code == 403
        assert as_root.post(page(row, "delete"), {"post": "yes"}).status_code == 403
        act(as_root, "delete_selected", row, post="yes")
    assert (rows_of(OmsRun), rows_of(OmsFill)) == before
    page_of_run = as_root.get(page(run)).text
    assert 'href="/certify/325000/?correct=1"' in page_of_run
    assert 'href="/list/?runs=325000"' in page_of_run
    assert not Entry.objects.exists()


@pytest.mark.parametrize("model", ["omsrun", "omsfill"])
def test_runs_and_fills_are_not_made_in_the_admin(as_boss, model):
    assert as_boss.get(f"/admin/oms/{model}/add/").status_code == 403


def test_luminosities_are_listed_with_their_unit(as_boss):
    make_run(recorded_lumi=95.2, recorded_lumi_unit="pb^{-1}", start_time="2018-10-21T08:03:09Z")
    make_run(325001, recorded_lumi=1.5, start_time="2018-10-21T09:03:09Z")
    listed = as_boss.get("/admin/oms/omsrun/").text
    assert "95.2 pb⁻¹" in listed
    assert "1.5 (unit unknown)" in listed


def test_a_reconstruction_that_is_certified_good_becomes_a_reference(as_boss, boss, shifter):
    reconstruction = make_certification(shifter).run_reconstruction
    other = {"reconstruction": "rereco", "run": make_run(325001).pk}
    assert send(as_boss, reconstruction, is_reference="on", **other).status_code == 302
    saved = RunReconstruction.objects.get()
    assert (saved.is_reference, saved.reconstruction, saved.run_id) == (True, "prompt", 325000)
    entry = Entry.objects.get()
    assert (entry.subject, entry.action, entry.by) == ("reference 325000 prompt", "admin", boss)
    assert entry.changes == {"is_reference": [False, True]}


@pytest.mark.parametrize(("verdict", "why"), [(None, "is not certified"), ("bad", "is certified as bad")])
def test_no_other_reconstruction_becomes_a_reference_and_the_page_says_why(as_boss, shifter, verdict, why):
    certified = make_certification(shifter, strip=verdict) if verdict else None
    reconstruction = certified.run_reconstruction if certified else make_reconstruction()
    answer = send(as_boss, reconstruction, is_reference="on")
    assert answer.status_code == 200 and why in errors(answer)
    assert why in said(act(as_boss, "make_reference", reconstruction))
    assert not RunReconstruction.objects.get().is_reference
    assert not Entry.objects.exists()


def test_many_become_references_at_once_and_each_that_may_not_is_named(as_boss, shifter):
    good = [make_certification(shifter, number).run_reconstruction for number in (325000, 325001)]
    answer = act(as_boss, "make_reference", *good, make_reconstruction(325002))
    assert "2 are references now." in said(answer) and "325002 prompt is not certified" in said(answer)
    assert set(RunReconstruction.objects.filter(is_reference=True)) == set(good)
    act(as_boss, "make_no_reference", *good)
    assert not RunReconstruction.objects.filter(is_reference=True).exists()
    told = {entry.subject for entry in Entry.objects.all()}
    assert (Entry.objects.count(), told) == (4, {"reference 325000 prompt", "reference 325001 prompt"})


def test_reconstructions_are_neither_made_nor_deleted_by_hand(as_root):
    reconstruction = make_reconstruction()
    make_run(325001)
    sent = {"run": 325001, "reconstruction": "prompt", "is_reference": "on"}
    assert as_root.post("/admin/certify/runreconstruction/add/", sent).status_code == 403
    assert as_root.post(page(reconstruction, "delete"), {"post": "yes"}).status_code == 403
    act(as_root, "delete_selected", reconstruction, post="yes")
    assert RunReconstruction.objects.get() == reconstruction


@pytest.mark.parametrize(("role", "may"), [(roles.SHIFT_LEADER, False), (roles.EXPERT, True)])
def test_words_are_retired_and_offered_again_by_those_who_may(client, db, role, may):
    user = staff("somebody", role)
    client.force_login(user)
    word = PixelProblem.objects.create(name="hot module")
    for action, is_retired in (("retire", True), ("offer_again", False)):
        client.post(listing(PixelProblem), {"action": action, "_selected_action": word.pk})
        word.refresh_from_db()
        assert word.is_retired is (is_retired and may)
    told = [(entry.subject, entry.by, entry.changes["is_retired"]) for entry in Entry.objects.order_by("id")]
    about = "pixel problem hot module"
    assert told == ([(about, user, [False, True]), (about, user, [True, False])] if may else [])


def test_a_used_word_keeps_its_name_and_the_page_says_what_to_do(as_boss, shifter):
    word = PixelProblem.objects.create(name="hot module")
    make_certification(shifter).pixel_problems.add(word)
    answer = as_boss.get(page(word))
    assert "A word keeps its name: retire it" in answer.text
    assert 'name="name"' not in answer.text
    assert send(as_boss, word, name="Everything was fine", is_retired="on").status_code == 302
    saved = PixelProblem.objects.get()
    assert (saved.name, saved.is_retired) == ("hot module", True)


def test_an_unused_word_keeps_its_name_and_may_be_deleted(as_boss):
    """A form that is open now may have shown it."""
    word = PixelProblem.objects.create(name="hot modul")
    assert 'name="name"' not in as_boss.get(page(word)).text
    assert send(as_boss, word, name="hot module").status_code == 302
    assert PixelProblem.objects.get().name == "hot modul"
    assert as_boss.post(page(word, "delete"), {"post": "yes"}).status_code == 302
    assert not PixelProblem.objects.exists()
    told = [entry.changes for entry in Entry.objects.order_by("id")]
    assert told == [{"name": ["hot modul", None], "is_retired": [False, None]}]


def test_deleting_a_used_word_is_refused_in_words(as_boss, shifter):
    word = PixelProblem.objects.create(name="hot module")
    make_certification(shifter).pixel_problems.add(word)
    one = as_boss.post(page(word, "delete"), {"post": "yes"}, follow=True)
    many = act(as_boss, "delete_selected", word, post="yes")
    for answer in (one, many):
        assert "“hot module” is used" in said(answer) and "Retire it" in said(answer)
    assert PixelProblem.objects.exists()


def test_the_lists_of_the_admin_say_where_a_certification_is(as_root, shifter):
    make_certification(shifter, dataset=PROMPT)
    assert "325000 prompt" in as_root.get(listing(TrackerCertification)).text
