"""What is typed is kept until it is submitted or thrown away."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from certify import drafts, writer
from certify.models import Draft, TrackerCertification
from certify.writer import Act
from tests.certify.stories.pages import forms_of
from tests.factories import EXPRESS, VERDICT, make_certification

URL = "/certify/325000/express/"
TYPED = {"pixel": "bad", "comment": "half a sentence", "draft_page": "page-one"}


@pytest.fixture(autouse=True)
def nobody_answers(oms_is_down, registry_is_down):
    pass


def test_what_one_types_is_kept_and_offered_with_its_age(as_shifter, shifter):
    assert as_shifter.post(f"{URL}draft/", TYPED).status_code == 204
    Draft.objects.update(updated_at=timezone.now() - timedelta(minutes=12))
    page = as_shifter.get(URL)
    assert "half a sentence" in page.text
    assert re.search(r"12\sminutes ago: pixel bad", page.text)
    assert page.context["form"]["comment"].value() is None


def test_an_opened_draft_fills_the_form_without_errors_and_is_thrown_away_on_demand(as_shifter):
    as_shifter.post(f"{URL}draft/", TYPED)
    draft = Draft.objects.get()
    page = as_shifter.get(URL, {"draft": draft.pk})
    assert (page.status_code, page.context["form"]["comment"].value()) == (200, "half a sentence")
    assert not page.context["form"].errors
    assert page.context["draft_page"] == "page-one"
    answer = as_shifter.post(f"/certify/drafts/{draft.pk}/throw-away/", {"next": URL}, follow=True)
    assert "half a sentence" not in answer.text
    assert not Draft.objects.exists()


def test_a_draft_is_its_authors_alone(client, as_shifter, shifter2):
    as_shifter.post(f"{URL}draft/", TYPED)
    draft = Draft.objects.get()
    client.force_login(shifter2)
    assert "half a sentence" not in client.get(URL, {"draft": draft.pk}).text
    client.post(f"/certify/drafts/{draft.pk}/throw-away/")
    assert Draft.objects.exists()


def test_two_tabs_keep_two_drafts(as_shifter):
    as_shifter.post(f"{URL}draft/", TYPED)
    as_shifter.post(f"{URL}draft/", {**TYPED, "comment": "in another tab", "draft_page": "page-two"})
    page = as_shifter.get(URL)
    assert "half a sentence" in page.text
    assert "in another tab" in page.text


def test_a_submitted_form_leaves_no_draft_but_other_drafts_stay(as_shifter):
    as_shifter.post(f"{URL}draft/", TYPED)
    as_shifter.post("/certify/325000/prompt/draft/", TYPED)
    sent = {**VERDICT, "draft_page": "page-one", "omsrun-run_type": "cosmics"}
    assert as_shifter.post(URL, sent).status_code == 302
    assert TrackerCertification.objects.exists()
    assert [draft.reconstruction for draft in Draft.objects.all()] == ["prompt"]


def test_a_refused_submit_is_a_draft_even_without_javascript(as_shifter, shifter2, shifter):
    make_certification(shifter2, reco="express")
    assert as_shifter.post(URL, {**VERDICT, "comment": "mine was longer"}).status_code == 409
    assert "mine was longer" in as_shifter.get(URL).text


def test_who_lost_her_role_meanwhile_keeps_her_text(as_shifter, shifter):
    seal = as_shifter.get(URL).context["seal"]
    shifter.groups.clear()
    typed = {**VERDICT, "comment": "typed as a shifter", "seal": seal}
    assert as_shifter.post(URL, typed).status_code == 403
    assert ["comment", "typed as a shifter"] in Draft.objects.get().fields
    assert as_shifter.post("/certify/325001/express/", typed).status_code == 403
    assert not Draft.objects.filter(run_number=325001).exists()


def test_an_update_may_be_a_draft_that_remembers_its_version(as_shifter, shifter):
    make_certification(shifter)
    url = "/list/325000/prompt/update/"
    version = as_shifter.get(url).context["version"]
    as_shifter.post("/certify/325000/prompt/draft/", {**VERDICT, **TYPED, "version": version})
    TrackerCertification.objects.get().save()
    page = as_shifter.get(url, {"draft": Draft.objects.get().pk})
    assert page.context["version"] == version
    typed = {"omsrun-run_type": "cosmics", "initial-omsrun-run_type": "collisions"}
    assert as_shifter.post(url, {**VERDICT, "comment": "x", "version": version, **typed}).status_code == 409


@pytest.mark.parametrize(
    "url", ["/certify/325000/online/draft/", "/certify/0/express/draft/", f"/certify/{'9' * 30}/express/draft/"]
)
def test_what_is_no_reconstruction_keeps_no_draft(as_shifter, url):
    assert as_shifter.post(url, TYPED).status_code == 422
    assert not Draft.objects.exists()


@pytest.mark.parametrize("page", ["", "x" * 41, "a\x00b", "a b", "ä"])
def test_what_is_no_name_of_a_page_keeps_no_draft(as_shifter, page):
    assert as_shifter.post(f"{URL}draft/", {**TYPED, "draft_page": page}).status_code == 422


def test_nul_in_any_field_is_shown(as_shifter):
    assert as_shifter.post(f"{URL}draft/", {**TYPED, "comment": "a\x00b", "x\x00y": "z"}).status_code == 204
    assert ["comment", "a�b"] in Draft.objects.get().fields


def test_far_too_much_is_not_kept(as_shifter):
    assert as_shifter.post(f"{URL}draft/", {**TYPED, "comment": "x" * 300_000}).status_code == 422


def test_signed_out_nothing_is_kept_and_a_get_keeps_nothing(client, as_shifter):
    assert as_shifter.get(f"{URL}draft/").status_code == 405
    client.logout()
    assert client.post(f"{URL}draft/", TYPED).status_code == 403
    assert not Draft.objects.exists()


def test_of_many_tabs_the_newest_drafts_are_kept(as_shifter):
    for number in range(12):
        as_shifter.post(f"{URL}draft/", {**TYPED, "draft_page": f"page-{number}"})
    assert sorted(int(draft.page.removeprefix("page-")) for draft in Draft.objects.all()) == list(range(4, 12))


def test_the_home_page_leads_back_to_what_is_not_submitted(as_shifter, shifter):
    as_shifter.post(f"{URL}draft/", TYPED)
    draft = Draft.objects.get()
    assert f'href="{URL}?draft={draft.pk}"' in as_shifter.get("/").text
    make_certification(shifter, reco="express")
    answer = as_shifter.get(f"{URL}?draft={draft.pk}")
    assert answer.url == f"/list/325000/express/update/?draft={draft.pk}"
    assert "half a sentence" in as_shifter.get(answer.url).text


@pytest.mark.parametrize("pk", [1, int("9" * 30)])
def test_a_draft_that_is_not_there_was_gone_already(as_shifter, pk):
    answer = as_shifter.post(f"/certify/drafts/{pk}/throw-away/", follow=True)
    assert "That draft was gone already." in answer.text


@pytest.mark.parametrize("where", ["/", "/certify/325000/rereco/"])
def test_a_draft_of_what_was_certified_since_says_so(as_shifter, shifter, shifter2, registry_lists, oms_is_down, where):
    one, other = "/ReReco/Run2018D_17Sept2018/DQM", "/ReReco/Run2018D_12Nov2019/DQM"
    registry_lists(325000, one, other)
    drafts.keep(shifter, 325000, "rereco", "", "one", [("comment", "my words")])
    assert "certified since" not in as_shifter.get(where).text
    certification = make_certification(shifter2, reco="rereco", dataset=one)
    certification.dataset, certification.dataset_standing = None, "unconfirmed"
    certification.save()
    assert "certified since by shifter2" in as_shifter.get(where, follow=True).text


def test_of_200_drafts_the_one_that_was_used_longest_ago_goes_first(as_shifter, shifter, shifter2):
    old = timezone.now() - timedelta(days=100)
    Draft.objects.bulk_create(
        Draft(user=user, run_number=number, reconstruction="express", page="one")
        for user in (shifter, shifter2)
        for number in range(325001, 325201)
    )
    Draft.objects.update(updated_at=old)
    Draft.objects.filter(user=shifter, run_number=325007).update(updated_at=old - timedelta(days=1))
    assert as_shifter.post(f"{URL}draft/", TYPED).status_code == 204
    mine = Draft.objects.filter(user=shifter)
    assert (mine.count(), mine.filter(run_number=325007).exists(), mine.first().run_number) == (200, False, 325000)
    assert Draft.objects.filter(user=shifter2).count() == 200


def test_a_guest_keeps_no_draft(client, guest):
    client.force_login(guest)
    for url in (f"{URL}draft/", URL):
        assert client.post(url, TYPED).status_code in (422, 403)
    assert not Draft.objects.exists()


@pytest.mark.parametrize("button", ["refresh", "correct", "search", "review"])
def test_a_button_of_an_untouched_form_keeps_no_draft(as_shifter, shifter, registry_lists, oms_is_down, button):
    registry_lists(325000, EXPRESS)
    untouched = next(form for form in forms_of(as_shifter.get("/certify/325000/express/")) if "seal" in form.fields)
    as_shifter.post(untouched.url, {**untouched.fields, button: "1"})
    assert not shifter.drafts.exists()
    as_shifter.post(untouched.url, {**untouched.fields, "comment": "seen", button: "1"})
    assert shifter.drafts.get().summary == "“seen”"


def test_a_draft_of_a_correction_says_that_it_was_changed_since(as_shifter, shifter, shiftleader):
    certification = make_certification(shifter)
    fields = [("version", "1"), ("pixel", "bad")]
    drafts.keep(shifter, 325000, "prompt", certification.dataset_name, "one", fields)
    assert "changed since" not in as_shifter.get("/").text
    certification.refresh_from_db()
    writer.change(certification.pk, 1, {**VERDICT, "date": certification.date}, Act(shiftleader), complete=True)
    assert "changed since" in as_shifter.get("/").text
