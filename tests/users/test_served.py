"""What one person typed is not stored under another's name, whichever way a form outlives a sign-in."""

import re

import pytest
from django.core.signing import Signer
from django.test import Client

from certify import drafts, writer
from certify.links import url_of_draft
from certify.models import BadReason, Draft, TrackerCertification
from certify.writer import Act
from history.models import Action, Entry
from tests.factories import VERDICT, make_certification, make_user
from users.models import User
from users.served import mark_of, take_over

CERTIFY = "/certify/325000/express/"
UPDATE = "/list/325000/prompt/update/"
LOGIN = "/accounts/login/"
OUR_OWN = {"Origin": "http://testserver"}
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@pytest.fixture(autouse=True)
def nobody_answers(oms_is_down, registry_is_down):
    pass


def typed_for(user, **more) -> dict:
    """What a page that was served to `user` sends."""
    page = {"draft_page": "page-one", "served_to": mark_of(user)}
    return {**VERDICT, "comment": "by the first", "omsrun-run_type": "cosmics", **page, **more}


# The page showed this run type.
MADE_WITH = {"initial-omsrun-run_type": "collisions"}


def first_form(page, action: str) -> dict:
    """The hidden fields of the page's form that is sent to `action`."""
    form = next(part for part in page.text.split("<form ")[1:] if f'action="{action}"' in part.split(">")[0])
    return dict(HIDDEN.findall(form.split("</form>")[0]))


def drafts_of(user) -> list[str]:
    return [dict(draft.fields)["comment"] for draft in Draft.objects.filter(user=user)]


@pytest.fixture
def root(db):
    return User.objects.create_superuser("root", password="root")


# --- what a page says -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", [CERTIFY, UPDATE, "/list/325000/prompt/delete/", "/list/", "/openruns/", "/status/"])
def test_every_form_says_who_it_is_served_to(as_shifter, shifter, path):
    make_certification(shifter)
    text = as_shifter.get(path).text
    forms = [form for form in text.split("<form ")[1:] if 'method="post"' in form.split(">")[0]]
    assert forms
    assert all(f'name="served_to" value="{mark_of(shifter)}"' in form.split("</form>")[0] for form in forms)


def test_the_forms_of_the_admin_say_it_too(client, root):
    client.force_login(root)
    for path in ("/admin/certify/badreason/add/", f"/admin/users/user/{root.pk}/password/", "/admin/"):
        assert f'name="served_to" value="{mark_of(root)}"' in client.get(path).text


def test_a_sign_in_page_is_served_to_nobody(client, db):
    assert "served_to" not in client.get(LOGIN).text


# --- somebody else sends it -----------------------------------------------------------------------


def test_what_another_typed_is_kept_for_them_and_not_stored(as_shifter, shifter, shifter2):
    page = as_shifter.post(CERTIFY, typed_for(shifter2))
    assert page.status_code == 409
    assert "This was typed by shifter2" in page.text
    assert "You are signed in as <strong>shifter</strong>" in page.text
    assert not TrackerCertification.objects.exists()
    assert (drafts_of(shifter2), drafts_of(shifter)) == (["by the first"], [])
    fields = dict(Draft.objects.get().fields)
    assert "served_to" not in fields


def test_an_update_is_kept_for_its_typist_too(as_shifter, shifter, shifter2, shiftleader):
    certification = make_certification(shifter)
    page = as_shifter.post(UPDATE, typed_for(shiftleader, version=certification.version))
    assert (page.status_code, drafts_of(shiftleader), drafts_of(shifter)) == (409, ["by the first"], [])
    certification.refresh_from_db()
    assert certification.comment == ""
    assert url_of_draft(Draft.objects.get()).startswith(UPDATE)


def test_ones_own_form_and_a_programs_are_stored(as_shifter, shifter):
    assert as_shifter.post(CERTIFY, typed_for(shifter)).status_code == 302
    program = typed_for(shifter)
    del program["served_to"]
    assert as_shifter.post("/certify/325000/prompt/", program).status_code == 302
    assert set(TrackerCertification.objects.values_list("author", flat=True)) == {shifter.pk}
    assert not Draft.objects.exists()


@pytest.mark.parametrize("forged", ["{pk}", "{pk}:abc", "", "\x00", "{other}", "{gone}"])
@pytest.mark.parametrize("path", [CERTIFY, f"{CERTIFY}draft/"])
def test_a_mark_that_is_not_the_servers_plants_no_draft(as_shifter, shifter2, forged, path):
    gone = make_user("gone")
    marks = {
        "pk": shifter2.pk,
        "other": Signer(salt="users.taken_over").sign(shifter2.pk),
        "gone": mark_of(gone),
    }
    gone.delete()
    answer = as_shifter.post(path, typed_for(shifter2, served_to=forged.format(**marks)))
    assert answer.status_code == 409
    assert not TrackerCertification.objects.exists()
    assert not Draft.objects.exists()


def test_what_nobody_can_be_named_for_is_sent_again_as_oneself(as_shifter, shifter):
    page = as_shifter.post(CERTIFY, typed_for(shifter, served_to="forged"))
    assert "Who typed this?" in page.text
    sent = first_form(page, CERTIFY)
    assert sent["comment"] == "by the first"
    assert (sent["served_to"], "taken_over" in sent) == (mark_of(shifter), False)
    again = as_shifter.post(CERTIFY, sent)
    assert again.context["form"]["comment"].value() == "by the first"


def test_one_mark_of_somebody_else_is_enough(as_shifter, shifter, shifter2):
    two = [mark_of(shifter), mark_of(shifter2)]
    assert as_shifter.post(CERTIFY, typed_for(shifter, served_to=two)).status_code == 409


def test_signing_out_is_for_whoever_is_signed_in(as_shifter, shifter2):
    assert as_shifter.post("/accounts/logout/", {"served_to": mark_of(shifter2)}).status_code == 302


def test_what_is_far_too_long_is_said_to_be_kept_nowhere(as_shifter, shifter2):
    page = as_shifter.post(CERTIFY, typed_for(shifter2, comment="x" * 200_001))
    assert page.status_code == 409
    assert "It is too long to be kept." in page.text
    assert "Take it over" not in page.text


# --- taking it over -------------------------------------------------------------------------------


def test_taking_it_over_shows_it_once_more_and_the_history_names_both(as_shifter, shifter, shifter2):
    sent = first_form(as_shifter.post(CERTIFY, typed_for(shifter2)), CERTIFY)
    page = as_shifter.post(CERTIFY, sent)
    assert page.status_code == 200
    assert not TrackerCertification.objects.exists()
    assert "You took this over from <strong>shifter2</strong>" in page.text
    assert page.context["form"]["comment"].value() == "by the first"
    final = {**typed_for(shifter), "taken_over": page.context["taken_over"], "comment": "by both"}
    assert as_shifter.post(CERTIFY, final).status_code == 302
    saved = TrackerCertification.objects.get()
    assert (saved.author, saved.comment) == (shifter, "by both")
    entries = Entry.objects.all()
    assert {entry.action for entry in entries} == {Action.CREATED, Action.FACTS}
    assert {entry.who for entry in entries} == {"shifter, typed by shifter2"}
    assert "shifter, typed by shifter2" in as_shifter.get("/list/325000/express/").text
    assert (drafts_of(shifter), drafts_of(shifter2)) == ([], [])  # it is stored, and nobody need go on with it


def test_what_one_types_oneself_has_no_other_typist(as_shifter, shifter):
    as_shifter.post(CERTIFY, typed_for(shifter))
    assert {entry.who for entry in Entry.objects.all()} == {"shifter"}


def test_a_taken_over_form_stays_so_as_a_draft_and_with_an_error(as_shifter, shifter, shifter2):
    sealed = take_over(shifter2, shifter, "325000 page-one")
    wrong = as_shifter.post(CERTIFY, typed_for(shifter, taken_over=sealed, pixel=""))
    assert (wrong.status_code, wrong.context["taken_over"]) == (422, sealed)
    assert f'name="taken_over" value="{sealed}"' in wrong.text
    opened = as_shifter.get(CERTIFY, {"draft": Draft.objects.get(user=shifter).pk})
    assert opened.context["typed_by"] == shifter2
    assert f'name="taken_over" value="{sealed}"' in opened.text


def test_it_stays_so_through_a_conflict(as_shifter, shifter, shifter2, shiftleader):
    certification = make_certification(shifter)
    first = certification.version
    as_shifter.post(
        UPDATE, {**VERDICT, **MADE_WITH, "omsrun-run_type": "collisions", "version": first, "comment": "newer"}
    )
    sealed = take_over(shifter2, shifter, "325000 page-one")
    conflict = as_shifter.post(UPDATE, {**typed_for(shifter, taken_over=sealed, version=first), **MADE_WITH})
    assert conflict.status_code == 409
    sent = first_form(conflict, conflict.context["action"])
    assert as_shifter.post(conflict.context["action"], {**sent, "merge": "mine"}).status_code == 302
    assert Entry.objects.filter(subject__startswith="certification").first().typed_by == shifter2


def test_of_two_versions_the_stored_one_names_both_too(as_shifter, shifter, shifter2, shiftleader):
    certification = make_certification(shifter)
    act = Act(shiftleader, "seen on the map", typed_by=shifter2)
    values = {**VERDICT, "strip": "bad"}
    writer.change(certification.pk, 1, values, act, complete=True, mode=writer.Mode.RECORDED)
    typed = typed_for(shifter, version=1, **MADE_WITH, **{"omsrun-run_type": "collisions"})
    page = as_shifter.post(UPDATE, typed)
    assert page.status_code == 409
    assert "Stored by shiftleader, typed by shifter2," in page.text
    assert "shiftleader, typed by shifter2 said why: “seen on the map”" in page.text


@pytest.mark.parametrize("to", ["somebody else", "another form"])
def test_a_word_of_taking_over_holds_for_its_person_and_form_alone(as_shifter, shifter, shifter2, shiftleader, to):
    sealed = take_over(shifter2, shiftleader, "325000 page-one")
    if to == "another form":
        sealed = take_over(shifter2, shifter, "325000 page-two")
    as_shifter.post(CERTIFY, typed_for(shifter, taken_over=sealed))
    assert {entry.who for entry in Entry.objects.all()} == {"shifter"}


def test_a_word_of_taking_over_is_of_no_use_for_another_run(as_shifter, shifter, shifter2):
    """Whoever sends the form chooses the name of its opening."""
    sealed = take_over(shifter2, shifter, "325001 page-one")
    as_shifter.post(CERTIFY, typed_for(shifter, taken_over=sealed))
    assert {entry.who for entry in Entry.objects.all()} == {"shifter"}


def test_a_word_of_taking_over_ends(as_shifter, shifter, shifter2, monkeypatch):
    monkeypatch.setattr("django.core.signing.time.time", lambda: 1_700_000_000)
    sealed = take_over(shifter2, shifter, "325000 page-one")
    monkeypatch.undo()
    as_shifter.post(CERTIFY, typed_for(shifter, taken_over=sealed))
    assert {entry.who for entry in Entry.objects.all()} == {"shifter"}


def test_what_another_sends_pushes_out_no_draft_of_ones_own(as_shifter, shifter2):
    """The mark of a person is on every page that was served to them, also at a shared console."""
    for page in ("one", "two", "three"):
        drafts.keep(shifter2, 325000, "express", "", page, [("comment", f"own {page}")])
    answers = [as_shifter.post(CERTIFY, typed_for(shifter2, draft_page=f"planted{number}")) for number in range(9)]
    assert {"own one", "own two", "own three"} <= set(drafts_of(shifter2))
    assert "kept" in answers[0].text and not answers[-1].context["is_kept"]


def test_a_forged_word_of_taking_over_names_nobody(as_shifter, shifter, shifter2):
    as_shifter.post(CERTIFY, typed_for(shifter, taken_over=f"{shifter2.pk}:forged"))
    assert {entry.who for entry in Entry.objects.all()} == {"shifter"}


def test_a_guest_can_not_take_it_over(client, guest, shifter):
    client.force_login(guest)
    page = client.post(CERTIFY, typed_for(shifter))
    assert (page.status_code, drafts_of(shifter), drafts_of(guest)) == (409, ["by the first"], [])
    assert "As guest you may not save it." in page.text
    assert "taken_over" not in page.text
    sealed = take_over(shifter, guest, "325000 page-one")
    assert client.post(CERTIFY, typed_for(guest, taken_over=sealed)).status_code == 403
    assert not TrackerCertification.objects.exists()


def test_nobody_takes_over_an_update_that_is_not_theirs(as_shifter, shifter, shifter2, shiftleader):
    make_certification(shifter2)
    page = as_shifter.post(UPDATE, typed_for(shifter2))
    assert "As shifter you may not save it." in page.text
    as_shifter.force_login(shiftleader)
    assert "Take it over as shiftleader" in as_shifter.post(UPDATE, typed_for(shifter2)).text


# --- a form without drafts ------------------------------------------------------------------------


def test_a_deletion_that_another_asked_for_waits_on_the_page(as_shifter, shifter, shiftleader):
    certification = make_certification(shifter)
    path = "/list/325000/prompt/delete/"
    sent = {"reason": "wrong run", "version": certification.version, "served_to": mark_of(shiftleader)}
    page = as_shifter.post(path, sent)
    assert page.status_code == 409
    assert TrackerCertification.objects.exists()
    assert "It is kept on this page alone" in page.text
    assert as_shifter.post(path, first_form(page, path)).status_code == 302
    entry = Entry.objects.filter(action=Action.DELETED).get()
    assert (entry.who, entry.reason) == ("shifter, typed by shiftleader", "wrong run")


def test_a_form_of_the_admin_is_offered_again(client, root, shifter):
    client.force_login(root)
    path = "/admin/certify/badreason/add/"
    sent = {"name": "Noise", "_save": "Save", "served_to": mark_of(shifter)}
    page = client.post(path, sent)
    assert (page.status_code, BadReason.objects.filter(name="Noise").exists()) == (409, False)
    assert client.post(path, first_form(page, path)).status_code == 302
    assert BadReason.objects.filter(name="Noise").exists()


def test_a_password_is_not_written_into_the_page(client, root, shifter):
    client.force_login(root)
    sent = {"username": "new", "password1": "s3cret-one", "password2": "s3cret-two", "served_to": mark_of(shifter)}
    page = client.post("/admin/users/user/add/", sent)
    assert page.status_code == 409
    assert "s3cret" not in page.text
    assert first_form(page, "/admin/users/user/add/")["username"] == "new"


# --- the ways in which a form outlives a sign-in --------------------------------------------------


def signed_out_form(client, user) -> dict:
    """What the sign-in page carries after `user`'s form was sent without a session."""
    page = client.post(CERTIFY, typed_for(user))
    assert page.status_code == 403
    return first_form(page, LOGIN)


def test_after_a_lost_session_the_form_of_another_is_not_the_next_ones(client, shifter, shifter2):
    sent = signed_out_form(client, shifter2)
    page = client.post(LOGIN, {**sent, "username": "shifter", "password": "shifter"})
    assert page.status_code == 409
    assert "This was typed by shifter2" in page.text
    assert (drafts_of(shifter2), drafts_of(shifter)) == (["by the first"], [])


def test_after_a_lost_session_ones_own_form_goes_on(client, shifter):
    sent = signed_out_form(client, shifter)
    page = client.post(LOGIN, {**sent, "username": "shifter", "password": "shifter"})
    assert (page.status_code, page.text.count('name="served_to"')) == (200, 2)  # of the sign-out, and of the form
    back = client.post(CERTIFY, first_form(page, CERTIFY))
    assert back.context["form"]["comment"].value() == "by the first"


def test_a_stale_page_of_who_was_signed_in_before_is_kept_for_them(shifter, shifter2):
    client = Client(enforce_csrf_checks=True)
    client.force_login(shifter)
    page = client.post(CERTIFY, {**typed_for(shifter2), "csrfmiddlewaretoken": "stale"}, headers=OUR_OWN)
    assert (page.status_code, drafts_of(shifter2), drafts_of(shifter)) == (409, ["by the first"], [])
    assert "Take it over as shifter" in page.text


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.test"}, {}])
def test_another_site_plants_no_draft_even_with_a_mark(shifter, shifter2, headers):
    client = Client(enforce_csrf_checks=True)
    client.force_login(shifter)
    page = client.post(CERTIFY, typed_for(shifter2), headers=headers)
    assert (page.status_code, Draft.objects.exists()) == (403, False)
    assert "by the first" not in page.text


def test_a_stale_sign_in_page_hands_over_too(shifter, shifter2):
    client = Client(enforce_csrf_checks=True)
    client.force_login(shifter)
    sent = {"next": CERTIFY, "carried-comment": "by the first", "carried-served_to": mark_of(shifter2)}
    page = client.post(LOGIN, {**sent, "carried-draft_page": "page-one"}, headers=OUR_OWN)
    assert (page.status_code, drafts_of(shifter2)) == (409, ["by the first"])


@pytest.mark.parametrize("is_strict", [False, True])
def test_the_draft_that_a_page_sends_by_itself_is_its_own_persons(shifter, shifter2, is_strict):
    client = Client(enforce_csrf_checks=is_strict)
    client.force_login(shifter)
    answer = client.post(f"{CERTIFY}draft/", typed_for(shifter2), headers=OUR_OWN)
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (409, "text/plain")
    assert answer.text.strip() == (
        "This page was made for shifter2, and shifter is signed in here now. "
        "Kept as a draft of shifter2, not submitted."
    )
    assert (drafts_of(shifter2), drafts_of(shifter)) == (["by the first"], [])


def test_the_typist_signs_in_again_and_goes_on(as_shifter, shifter, shifter2):
    sent = first_form(as_shifter.post(CERTIFY, typed_for(shifter2)), LOGIN)
    sign_in = as_shifter.post(LOGIN, sent)
    assert 'value="shifter2"' in sign_in.text
    assert "You are signed in as <strong>shifter</strong>" in sign_in.text
    carried = first_form(sign_in, LOGIN)
    page = as_shifter.post(LOGIN, {**carried, "username": "shifter2", "password": "shifter2"})
    back = as_shifter.post(CERTIFY, first_form(page, CERTIFY))
    assert back.context["form"]["comment"].value() == "by the first"
    assert (back.context["typed_by"], back.wsgi_request.user) == (None, shifter2)


def test_what_goes_on_nowhere_leads_home(as_shifter, shifter2):
    page = as_shifter.post("/nothing/here/", {"served_to": mark_of(shifter2), "x": "y"})
    assert page.status_code == 404
