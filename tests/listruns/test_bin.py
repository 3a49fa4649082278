"""Deleting, restoring, undoing."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from certify import writer
from certify.models import TrackerCertification
from certify.writer import Act
from history.models import Action, Entry
from oms.models import OmsRun
from tests.factories import EXPRESS, VERDICT, make_certification, make_run
from users import roles

URL = "/list/325000/prompt/"
WHY = {"reason": "wrong run", "version": "1"}


def login(client, user):
    client.force_login(user)
    return client


def stored() -> TrackerCertification:
    return TrackerCertification.everything.get()


def version_of(certification) -> dict[str, int]:
    """What the page of the bin sends beside its button."""
    return {"version": TrackerCertification.everything.get(pk=certification.pk).version}


def test_the_author_deletes_with_a_reason_and_it_leaves_the_list(as_shifter, certification):
    assert "wrong run" not in as_shifter.get(f"{URL}delete/").text
    answer = as_shifter.post(f"{URL}delete/", WHY, follow=True)
    assert "325000 prompt is in the bin." in answer.text
    assert not TrackerCertification.objects.exists()
    assert (stored().deleted_by.username, stored().delete_reason) == ("shifter", "wrong run")
    page = as_shifter.get(URL)
    assert (page.status_code, "wrong run" in page.text) == (410, True)
    assert "wrong run" in as_shifter.get("/list/bin/").text


def test_without_a_reason_nothing_is_deleted(as_shifter, certification):
    assert as_shifter.post(f"{URL}delete/", {"reason": " "}).status_code == 422
    assert stored().deleted_at is None


@pytest.mark.parametrize("role", ["shifter2", "guest"])
def test_strangers_neither_delete_nor_restore(client, certification, role, request):
    stranger = login(client, request.getfixturevalue(role))
    assert stranger.get(f"{URL}delete/").status_code == 403
    assert stranger.post(f"{URL}delete/", WHY).status_code == 403
    assert stored().deleted_at is None
    writer.delete(certification.pk, 1, Act(certification.author, "wrong run"))
    assert stranger.post(f"/list/bin/{certification.pk}/restore/", version_of(certification)).status_code == 403
    assert stored().deleted_at


@pytest.mark.parametrize("path", ["delete/", "update/"])
def test_signed_out_nothing_is_deleted(client, certification, path):
    assert client.get(f"{URL}{path}").status_code == 302
    client.post(f"{URL}delete/", WHY)
    assert stored().deleted_at is None


def test_deleting_over_a_newer_version_is_refused(as_shifter, certification):
    version = as_shifter.get(f"{URL}delete/").context["certification"].version
    certification.save()
    answer = as_shifter.post(f"{URL}delete/", {**WHY, "version": version})
    assert answer.status_code == 409
    assert stored().deleted_at is None


def test_no_get_changes_anything(client, certification, shiftleader, shifter):
    shiftleader.user_permissions.add(Permission.objects.get(codename="delete_trackercertification"))
    leader = login(client, shiftleader)
    leader.get(f"{URL}delete/")
    assert stored().deleted_at is None
    leader.post(f"{URL}delete/", WHY)
    assert leader.get(f"/list/bin/{certification.pk}/restore/").status_code == 405
    assert leader.get(f"/list/undo/{Entry.objects.first().pk}/").status_code == 405
    assert leader.get(f"/list/bin/{certification.pk}/purge/").status_code == 200
    assert stored().deleted_at


def test_restoring_brings_it_back_and_both_stand_in_the_history(as_shifter, certification):
    as_shifter.post(f"{URL}delete/", WHY)
    assert (
        as_shifter.post(f"/list/bin/{certification.pk}/restore/", version_of(certification), follow=True).status_code
        == 200
    )
    assert TrackerCertification.objects.get().comment == "first text"
    assert [entry.action for entry in Entry.objects.all()] == ["restored", "deleted", "before"]
    again = as_shifter.post(f"/list/bin/{certification.pk}/restore/", version_of(certification))
    assert (again.status_code, "not in the bin" in again.text) == (409, True)


def test_certifying_after_a_delete_offers_both_and_starts_anew(
    client, as_shifter, certification, shifter2, oms_is_down, registry_is_down
):
    as_shifter.post(f"{URL}delete/", WHY)
    other = login(client, shifter2)
    page = other.get("/certify/325000/prompt/")
    assert "Submitting below starts anew" in page.text
    assert "Restore it instead" not in page.text


def test_anew_both_are_kept_and_the_old_one_can_not_come_back_beside_it(
    as_shifter, certification, oms_is_down, registry_is_down
):
    as_shifter.post(f"{URL}delete/", WHY)
    page = as_shifter.get("/certify/325000/prompt/")
    assert "Restore it instead" in page.text
    assert as_shifter.post("/certify/325000/prompt/", {**VERDICT, "comment": "anew"}).status_code == 302
    assert TrackerCertification.objects.get().comment == "anew"
    assert TrackerCertification.everything.count() == 2
    actions = [moment.entry.action for moment in as_shifter.get(URL).context["timeline"]]
    assert actions == ["anew", "deleted", "before"]
    refused = as_shifter.post(f"/list/bin/{certification.pk}/restore/", version_of(certification))
    assert (refused.status_code, "with a dataset that is not known by shifter" in refused.text) == (409, True)


def test_only_administrators_delete_for_ever_and_only_from_the_bin(client, certification, shiftleader, shifter2):
    make_certification(shifter2, 325001, reference_runreconstruction=certification.run_reconstruction)
    purge = f"/list/bin/{certification.pk}/purge/"
    leader = login(client, shiftleader)
    leader.post(f"{URL}delete/", WHY)
    assert leader.post(purge, version_of(certification)).status_code == 403
    shiftleader.user_permissions.add(Permission.objects.get(codename="delete_trackercertification"))
    assert leader.post(purge, version_of(certification)).status_code == 302
    left = TrackerCertification.everything.get()
    assert left.reference_runreconstruction == certification.run_reconstruction
    assert Entry.objects.filter(subject="certification 325000 prompt", action=Action.PURGED).exists()
    assert leader.post(purge).status_code == 404
    assert leader.post(f"/list/bin/{left.pk}/purge/").status_code == 404


def undo(client):
    return client.post(f"/list/undo/{client.get('/list/').context['entry'].pk}/", follow=True)


def test_undo_takes_a_change_back(as_shifter, certification):
    as_shifter.post(f"{URL}update/", {**VERDICT, "version": 1, "strip": "bad", "comment": "second text"})
    assert "as it was before" in undo(as_shifter).text
    saved = TrackerCertification.objects.get()
    assert (saved.strip, saved.comment) == ("good", "first text")
    assert Entry.objects.first().action == Action.UNDONE


def test_undo_takes_a_deletion_back(as_shifter, certification):
    as_shifter.post(f"{URL}delete/", WHY)
    undo(as_shifter)
    assert TrackerCertification.objects.get().comment == "first text"


def test_undo_of_a_new_certification_takes_the_typed_facts_back_too(as_shifter, oms_is_down, registry_is_down):
    typed = {"omsrun-run_type": "cosmics", "omsrun-lumisections": "12"}
    as_shifter.post("/certify/325000/express/", {**VERDICT, **typed})
    undo(as_shifter)
    assert not TrackerCertification.objects.exists()
    run = OmsRun.objects.get()
    assert (run.run_type, run.lumisections, run.typed) == ("unknown", None, {})


def test_undo_leaves_facts_that_somebody_typed_or_certified_with_since(
    as_shifter, shiftleader, oms_is_down, registry_is_down
):
    typed = {"omsrun-run_type": "cosmics", "omsrun-lumisections": "12", "omsrun-b_field": "3.8"}
    as_shifter.post("/certify/325000/express/", {**VERDICT, **typed})
    other = Client()
    other.force_login(shiftleader)
    facts = {"omsrun-run_type": "cosmics", "omsrun-lumisections": "15", "initial-omsrun-lumisections": "12"}
    data = {**VERDICT, **facts, "initial-omsrun-run_type": "cosmics"}
    assert other.post("/certify/325000/prompt/", data).status_code == 302
    told = undo(as_shifter)
    run = OmsRun.objects.get()
    assert (run.lumisections, run.typed["lumisections"].by, run.b_field) == (15, shiftleader, 3.8)
    assert "these stay: " in told.text and "b field of run 325000" in told.text


def test_undo_is_for_ten_minutes(as_shifter, certification):
    as_shifter.post(f"{URL}delete/", WHY)
    entry = Entry.objects.first()
    Entry.objects.update(at=timezone.now() - timedelta(minutes=10, seconds=1))
    assert as_shifter.get("/list/").context["entry"] is None
    assert as_shifter.post(f"/list/undo/{entry.pk}/").status_code == 409
    assert stored().deleted_at


def test_undo_never_takes_back_what_somebody_did_since(client, as_shifter, certification, shiftleader, shifter):
    as_shifter.post(f"{URL}update/", {**VERDICT, "version": 1, "strip": "bad"})
    entry = Entry.objects.first()
    login(client, shiftleader).post(f"{URL}update/", {**VERDICT, "version": 2, "strip": "excluded"})
    mine = login(client, shifter)
    assert mine.get("/list/").context["entry"] is None
    assert mine.post(f"/list/undo/{entry.pk}/").status_code == 409
    assert stored().strip == "excluded"


def test_nobody_undoes_what_another_did(client, as_shifter, certification, shiftleader):
    as_shifter.post(f"{URL}update/", {**VERDICT, "version": 1, "strip": "bad"})
    assert login(client, shiftleader).post(f"/list/undo/{Entry.objects.first().pk}/").status_code == 409
    assert stored().strip == "bad"


def test_an_update_of_what_was_deleted_meanwhile_keeps_the_text(as_shifter, certification, shifter):
    as_shifter.post(f"{URL}delete/", WHY)
    answer = as_shifter.post(f"{URL}update/", {**VERDICT, "version": 1, "comment": "long text"})
    assert (answer.status_code, "was deleted by shifter" in answer.text) == (410, True)
    assert "long text" in answer.text
    assert ["comment", "long text"] in shifter.drafts.get().fields


@pytest.mark.parametrize("kind", ["created", "changed", "deleted"])
def test_who_has_lost_the_right_undoes_nothing(as_shifter, shifter, registry_lists, oms_is_down, kind):
    act = Act(shifter, "because")
    if kind == "created":
        registry_lists(325000, EXPRESS)
        make_run(run_type="cosmics", source="person")
        as_shifter.post("/certify/325000/express/", {**VERDICT, "omsrun-run_type": "cosmics"})
    elif kind == "changed":
        writer.change(
            make_certification(shifter).pk, 1, {"comment": "new", "date": date(2026, 1, 15)}, act, complete=True
        )
    else:
        writer.delete(make_certification(shifter).pk, 1, act)
    before = list(TrackerCertification.everything.values())
    (entry,) = Entry.objects.filter(version__gt=0, by=shifter).order_by("-id")[:1]
    shifter.groups.set([Group.objects.get(name=roles.GUEST)])
    assert as_shifter.post(f"/list/undo/{entry.pk}/").status_code == 403
    assert list(TrackerCertification.everything.values()) == before
