"""The admin keeps the rules of the application: roles, authors and what upstream owns."""

import pytest
from django.urls import reverse

from certify.models import PixelProblem, RunReconstruction, TrackerCertification
from history.models import Entry
from oms.models import OmsFill, OmsRun
from tests.factories import VERDICT, make_certification, make_fill, make_reconstruction, make_run, make_user
from users import roles
from users.models import User

ADD = "/admin/certify/trackercertification/add/"
# The three tables of problems, none filled in.
NO_PROBLEMS = {f"-{n}-{what}_FORMS": "0" for n in (1, 2, 3) for what in ("TOTAL", "INITIAL")}


def staff(username: str, role: str) -> User:
    user = make_user(username, role)
    user.is_staff = True
    user.save()
    return user


def page(instance, what: str = "change") -> str:
    return reverse(f"admin:{instance._meta.app_label}_{instance._meta.model_name}_{what}", args=[instance.pk])


@pytest.fixture
def as_administrator(client, db):
    client.force_login(staff("boss", roles.ADMINISTRATOR))
    return client


def test_who_is_not_staff_does_not_get_in(as_shifter):
    assert as_shifter.get("/admin/").status_code == 302


def test_whoever_adds_a_certification_is_its_author(as_administrator):
    reconstruction = make_reconstruction()
    sent = {**VERDICT, **NO_PROBLEMS, "run_reconstruction": reconstruction.pk, "author": make_user("other").pk}
    assert as_administrator.post(ADD, sent).status_code == 302
    assert TrackerCertification.objects.get().author.username == "boss"


def test_a_change_keeps_the_author_and_what_was_certified(as_administrator, shifter):
    certification = make_certification(shifter)
    sent = {**VERDICT, **NO_PROBLEMS, "strip": "bad", "run_reconstruction": make_reconstruction(325001).pk}
    assert as_administrator.post(page(certification), sent).status_code == 302
    saved = TrackerCertification.objects.get()
    assert (saved.strip, saved.author, saved.run_reconstruction) == ("bad", shifter, certification.run_reconstruction)


def test_an_administrator_adds_problems_without_being_superuser(as_administrator, shifter):
    certification = make_certification(shifter)
    problem = PixelProblem.objects.create(name="hot module")
    sent = {**VERDICT, **NO_PROBLEMS, "-1-TOTAL_FORMS": "1", "-1-0-problem": problem.pk}
    sent["-1-0-certification"] = certification.pk
    assert as_administrator.post(page(certification), sent).status_code == 302
    assert list(certification.pixel_problems.all()) == [problem]


def test_a_shifter_on_the_staff_changes_only_her_own(client, shifter, shifter2):
    User.objects.update(is_staff=True)
    client.force_login(shifter)
    own, others = make_certification(shifter), make_certification(shifter2, 325001)
    assert client.post(page(own), {**VERDICT, **NO_PROBLEMS, "strip": "bad"}).status_code == 302
    assert client.post(page(others), {**VERDICT, **NO_PROBLEMS, "strip": "bad"}).status_code == 403
    assert client.get(page(others)).status_code == 200
    assert set(TrackerCertification.objects.filter(strip="bad")) == {own}


@pytest.mark.parametrize(("role", "may"), [(roles.EXPERT, False), (roles.ADMINISTRATOR, True)])
def test_only_who_has_the_delete_permission_deletes_a_certification(client, shifter, role, may):
    client.force_login(staff("somebody", role))
    certification = make_certification(shifter)
    certification.pixel_problems.add(PixelProblem.objects.create(name="hot module"))
    assert client.post(page(certification, "delete"), {"post": "yes"}).status_code == (302 if may else 403)
    assert TrackerCertification.objects.exists() is not may


@pytest.mark.parametrize("protected", ["problem", "reconstruction", "run"])
def test_what_a_certification_stands_on_is_not_deleted(as_administrator, shifter, protected):
    certification = make_certification(shifter)
    problem = PixelProblem.objects.create(name="hot module")
    certification.pixel_problems.add(problem)
    reconstruction = certification.run_reconstruction
    instance = {"problem": problem, "reconstruction": reconstruction, "run": reconstruction.run}[protected]
    answer = as_administrator.post(page(instance, "delete"), {"post": "yes"})
    assert answer.status_code == 200
    assert "would require deleting" in answer.text
    assert type(instance).objects.filter(pk=instance.pk).exists()


def test_a_reconstruction_can_become_a_reference_but_not_another_reconstruction(as_administrator, shifter):
    reconstruction = make_certification(shifter).run_reconstruction
    sent = {"is_reference": "on", "reconstruction": "rereco", "run": make_run(325001).pk}
    assert as_administrator.post(page(reconstruction), sent).status_code == 302
    saved = RunReconstruction.objects.get()
    assert (saved.is_reference, saved.reconstruction, saved.run_id) == (True, "prompt", 325000)


@pytest.mark.parametrize("is_reference", [True, False])
def test_many_reconstructions_become_references_at_once_and_back(as_administrator, is_reference):
    made = [make_reconstruction(number, is_reference=not is_reference) for number in (325000, 325001)]
    action = "make_reference" if is_reference else "make_no_reference"
    sent = {"action": action, "_selected_action": [reconstruction.pk for reconstruction in made]}
    assert as_administrator.post("/admin/certify/runreconstruction/", sent).status_code == 302
    assert RunReconstruction.objects.filter(is_reference=is_reference).count() == 2


@pytest.mark.parametrize(("role", "may"), [(roles.SHIFT_LEADER, False), (roles.EXPERT, True)])
def test_words_are_retired_and_offered_again_by_those_who_may(client, db, role, may):
    client.force_login(staff("somebody", role))
    word = PixelProblem.objects.create(name="hot module")
    for action, is_retired in (("retire", True), ("offer_again", False)):
        client.post("/admin/certify/pixelproblem/", {"action": action, "_selected_action": word.pk})
        word.refresh_from_db()
        assert word.is_retired is (is_retired and may)


def test_what_upstream_owns_can_not_be_written_over(as_administrator):
    run, fill = make_run(b_field=3.8), make_fill(era="2018D")
    as_administrator.post(page(run), {"run_type": "unknown", "b_field": "0"})
    as_administrator.post(page(fill), {"era": "mine"})
    assert (OmsRun.objects.get().b_field, OmsFill.objects.get().era) == (3.8, "2018D")


def test_saving_a_run_makes_nobody_the_source_of_its_type(as_administrator):
    run = make_run(run_type="collisions")
    assert as_administrator.post(page(run), {"run_type": "collisions"}).status_code == 403
    assert OmsRun.objects.get().typed == {}


@pytest.mark.parametrize("model", ["omsrun", "omsfill"])
def test_runs_and_fills_are_not_made_in_the_admin(as_administrator, model):
    assert as_administrator.get(f"/admin/oms/{model}/add/").status_code == 403


def test_luminosities_are_listed_with_their_unit(as_administrator):
    make_run(recorded_lumi=95.2, recorded_lumi_unit="pb^{-1}", start_time="2018-10-21T08:03:09Z")
    make_run(325001, recorded_lumi=1.5, start_time="2018-10-21T09:03:09Z")
    listed = as_administrator.get("/admin/oms/omsrun/").text
    assert "95.2 pb⁻¹" in listed
    assert "1.5 (unit unknown)" in listed


def test_what_an_administrator_changes_stands_in_the_history(client, db, shifter):
    root = User.objects.create_superuser("root")
    client.force_login(root)
    url = f"/admin/certify/trackercertification/{make_certification(shifter).pk}/change/"
    word = PixelProblem.objects.create(name="noisy module")
    data = {**VERDICT, **no_problems(client.get(url)), "pixel": "bad"}
    first = next(name for name in data if name.endswith("TOTAL_FORMS"))
    data |= {first: "1", first.replace("TOTAL_FORMS", "0-problem"): word.pk}
    assert client.post(url, data).status_code == 302
    entry = Entry.objects.first()
    assert (entry.action, entry.by) == ("changed", root)
    assert entry.changes["pixel"] == ["good", "bad"]
    assert entry.changes["pixel_problems"] == [[], [[word.pk, "noisy module"]]]


def no_problems(page) -> dict[str, str]:
    prefixes = [formset.formset.prefix for formset in page.context["inline_admin_formsets"]]
    return {f"{prefix}-{what}_FORMS": "0" for prefix in prefixes for what in ("TOTAL", "INITIAL")}


def test_the_admin_refuses_a_second_certification_in_words(client, db, shifter):
    client.force_login(User.objects.create_superuser("root"))
    data = {**VERDICT, **no_problems(client.get(ADD)), "run_reconstruction": make_reconstruction().pk}
    assert client.post(ADD, data).status_code == 302
    answer = client.post(ADD, data)
    assert (answer.status_code, "is certified already" in answer.text) == (200, True)
    assert TrackerCertification.objects.count() == 1


def test_the_admin_deletes_into_the_bin_and_from_there_for_ever(client, db, shifter):
    client.force_login(User.objects.create_superuser("root"))
    url = f"/admin/certify/trackercertification/{make_certification(shifter).pk}/delete/"
    assert client.post(url, {"post": "yes"}).status_code == 302
    assert TrackerCertification.everything.get().deleted_by.username == "root"
    assert client.post(url, {"post": "yes"}).status_code == 302
    assert not TrackerCertification.everything.exists()
    assert [entry.action for entry in Entry.objects.all()] == ["purged", "deleted", "before"]


def test_many_are_deleted_at_once_into_the_bin(client, db, shifter):
    client.force_login(User.objects.create_superuser("root"))
    chosen = [make_certification(shifter, number).pk for number in (325000, 325001)]
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    assert client.post("/admin/certify/trackercertification/", data).status_code == 302
    assert TrackerCertification.everything.in_bin().count() == 2
