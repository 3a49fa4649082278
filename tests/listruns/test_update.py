"""Correcting a certification."""

import pytest

from certify.models import PixelProblem, TrackerCertification
from tests.factories import VERDICT, make_certification

URL = "/list/325000/prompt/update/"


def test_the_author_sees_what_she_saved_without_a_notice(as_shifter, certification):
    page = as_shifter.get(URL)
    assert page.status_code == 200
    assert "first text" in page.text
    assert page.context["others_certification_by"] is None
    assert page.context["action"] == f"{URL}?dataset=%2FPromptReco%2FCollisions2018D%2FDQM"


def test_the_author_changes_her_certification_and_stays_the_author(as_shifter, certification, shifter, outside):
    answer = as_shifter.post(URL, {**VERDICT, "version": 1, "strip": "bad", "comment": "after all bad"}, follow=True)
    assert "The changes to 325000 prompt are saved: bad" in answer.text
    saved = TrackerCertification.objects.get()
    assert (saved.author, saved.strip, saved.comment) == (shifter, "bad", "after all bad")
    assert (saved.dataset, saved.created_at) == (certification.dataset, certification.created_at)
    assert not outside.calls


def test_a_shift_leader_sees_whose_it_is_and_the_author_stays(client, certification, shifter, shiftleader):
    client.force_login(shiftleader)
    assert "certification of <strong>shifter</strong>" in client.get(URL).text
    assert client.post(URL, {**VERDICT, "version": 1, "pixel": "excluded"}).status_code == 302
    saved = TrackerCertification.objects.get()
    assert (saved.author, saved.pixel) == (shifter, "excluded")


@pytest.mark.parametrize("role", ["shifter2", "guest"])
def test_a_stranger_is_refused_with_the_authors_name(client, certification, role, request):
    client.force_login(request.getfixturevalue(role))
    for answer in (client.get(URL), client.post(URL, {**VERDICT, "strip": "bad"})):
        assert answer.status_code == 403
        assert "was certified by shifter:" in answer.text
    assert TrackerCertification.objects.get().strip == "good"


def test_an_author_who_may_no_longer_certify_may_not_change_either(as_shifter, certification, shifter):
    shifter.groups.clear()
    assert as_shifter.get(URL).status_code == 403


def test_an_invalid_update_keeps_the_text_and_changes_nothing(as_shifter, certification):
    answer = as_shifter.post(URL, {**VERDICT, "strip": "", "comment": "my long text"})
    assert answer.status_code == 422
    assert "my long text" in answer.text
    assert set(answer.context["form"].errors) == {"strip"}
    saved = TrackerCertification.objects.get()
    assert (saved.strip, saved.comment) == ("good", "first text")


def test_a_lost_session_carries_the_form_through_the_sign_in(client, certification):
    answer = client.post(URL, {**VERDICT, "comment": "nearly lost"})
    assert answer.status_code == 403
    assert 'name="carried-comment" value="nearly lost"' in answer.text
    assert f'name="next" value="{URL}"' in answer.text
    assert TrackerCertification.objects.get().comment == "first text"


def test_a_lost_session_on_a_read_leads_to_the_sign_in(client, certification):
    answer = client.get(URL)
    assert (answer.status_code, answer.url) == (302, f"/accounts/login/?next={URL}")


def test_problems_are_replaced_and_a_retired_one_that_was_used_is_kept(as_shifter, certification):
    old, new = PixelProblem.objects.create(name="old", is_retired=True), PixelProblem.objects.create(name="new")
    certification.pixel_problems.add(old)
    assert as_shifter.post(URL, {**VERDICT, "version": 1, "pixel_problems": [old.pk, new.pk]}).status_code == 302
    assert set(certification.pixel_problems.all()) == {old, new}
    assert as_shifter.post(URL, {**VERDICT, "version": 2, "pixel_problems": [new.pk]}).status_code == 302
    assert set(certification.pixel_problems.all()) == {new}
    assert as_shifter.post(URL, {**VERDICT, "version": 3, "pixel_problems": [old.pk]}).status_code == 422


HUGE = f"{'9' * 30}/prompt"


@pytest.mark.parametrize("path", ["325001/prompt", "325000/express", "325000/nonsense", "0/prompt", HUGE])
def test_what_is_not_certified_can_not_be_updated(as_shifter, certification, path):
    assert as_shifter.get(f"/list/{path}/update/").status_code == 404
    assert as_shifter.post(f"/list/{path}/update/", VERDICT).status_code == 404


def test_without_oms_an_update_asks_for_facts_and_saves(as_shifter, shifter, oms_is_down):
    make_certification(shifter)
    page = as_shifter.get(URL)
    assert page.status_code == 200
    assert "OMS answered with an error" in page.text
    typed = {"omsrun-run_type": "collisions", "initial-omsrun-run_type": "collisions", "omsrun-lumisections": "12"}
    assert as_shifter.post(URL, {**VERDICT, **typed, "version": 1}).status_code == 302
    assert TrackerCertification.objects.get().run_reconstruction.run.lumisections == 12
