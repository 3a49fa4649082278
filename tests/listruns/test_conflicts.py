"""Two people change the same certification: both versions are shown, and nothing typed is lost."""

import pytest
from django.test import Client

from certify.models import Draft, StripProblem, TrackerCertification
from tests.certify.stories.pages import forms_of
from tests.factories import DATASETS, VERDICT
from tests.users.doors import form_to

URL = "/list/325000/prompt/update/"
CONFLICT = "/list/325000/prompt/conflict/"


@pytest.fixture
def leader(shiftleader):
    client = Client()
    client.force_login(shiftleader)
    return client


@pytest.fixture
def conflict(as_shifter, leader, certification):
    """Opened at version 1 by the author, who changes strip and comment, while the leader changes pixel and comment."""
    version = as_shifter.get(URL).context["version"]
    theirs = {**VERDICT, "pixel": "bad", "comment": "by the leader", "change_reason": "elog 12", "version": version}
    leader.post(URL, theirs)
    mine = {**VERDICT, "strip": "excluded", "comment": "by the author", "version": version}
    return mine, as_shifter.post(URL, mine)


def stored() -> TrackerCertification:
    return TrackerCertification.objects.get()


def test_saving_over_a_newer_version_is_refused_with_both_side_by_side(conflict):
    _, page = conflict
    assert page.status_code == 409
    rows = {row.field: (row.mine, row.theirs, row.take) for row in page.context["differences"]}
    assert rows == {
        "pixel": ("good", "bad", "theirs"),
        "strip": ("excluded", "good", "mine"),
        "comment": ("by the author", "by the leader", "mine"),
    }
    assert "Stored by shiftleader" in page.text
    assert "“elog 12”" in page.text
    assert stored().comment == "by the leader"


@pytest.mark.parametrize(
    ("button", "choices", "expected"),
    [
        ("mine", {}, ("good", "excluded", "by the author")),
        ("mix", {"take-pixel": "theirs", "take-comment": "mine"}, ("bad", "excluded", "by the author")),
        ("mix", {"take-strip": "theirs", "take-comment": "theirs"}, ("good", "good", "by the leader")),
        ("theirs", {}, ("bad", "good", "by the leader")),
    ],
)
def test_one_keeps_mine_takes_theirs_or_mixes(as_shifter, conflict, button, choices, expected):
    mine, page = conflict
    sent = {**mine, **choices, "version": page.context["version"], "merge": button}
    assert as_shifter.post(CONFLICT, sent).status_code == 302
    assert (stored().pixel, stored().strip, stored().comment) == expected


def test_problems_can_be_taken_from_theirs(as_shifter, leader, certification):
    cold, loud = StripProblem.objects.create(name="cold"), StripProblem.objects.create(name="loud")
    version = as_shifter.get(URL).context["version"]
    leader.post(URL, {**VERDICT, "strip_problems": [cold.pk], "version": version})
    mine = {**VERDICT, "strip_problems": [loud.pk], "strip_lowstat": "on", "version": version}
    page = as_shifter.post(URL, mine)
    sent = {**mine, "version": page.context["version"], "merge": "mix", "take-strip_problems": "theirs"}
    as_shifter.post(CONFLICT, sent)
    assert (list(stored().strip_problems.all()), stored().strip_lowstat) == ([cold], True)


def test_a_third_version_meanwhile_is_refused_again(as_shifter, leader, conflict):
    mine, page = conflict
    leader.post(URL, {**VERDICT, "comment": "the leader again", "version": page.context["version"]})
    again = as_shifter.post(CONFLICT, {**mine, "version": page.context["version"], "merge": "mine"})
    assert (again.status_code, "by the author" in again.text) == (409, True)
    assert stored().comment == "the leader again"


def test_an_invalid_form_in_between_does_not_forget_which_version_was_opened(as_shifter, leader, certification):
    version = as_shifter.get(URL).context["version"]
    leader.post(URL, {**VERDICT, "comment": "by the leader", "version": version})
    invalid = as_shifter.post(URL, {**VERDICT, "strip": "", "version": version})
    assert invalid.status_code == 422
    assert invalid.context["version"] == version
    assert as_shifter.post(URL, {**VERDICT, "version": version, "comment": "mine"}).status_code == 409


def test_the_second_of_two_clicks_is_told_that_it_is_saved(as_shifter, certification):
    mine = {**VERDICT, "strip": "bad", "version": as_shifter.get(URL).context["version"]}
    assert as_shifter.post(URL, mine).status_code == 302
    again = as_shifter.post(URL, mine, follow=True)
    assert "was saved already" in again.text
    assert stored().version == 2


def test_what_was_typed_stays_a_draft_until_it_is_decided(as_shifter, conflict, shifter):
    mine, page = conflict
    assert ["comment", "by the author"] in shifter.drafts.get().fields
    page_name = dict(page.context["typed"]).get("draft_page") or shifter.drafts.get().page
    as_shifter.post(CONFLICT, {**mine, "version": page.context["version"], "merge": "mine", "draft_page": page_name})
    assert not shifter.drafts.exists()


def test_a_fact_that_somebody_typed_meanwhile_is_told_once(as_shifter, certification, shiftleader, leader):
    page = as_shifter.get(f"{URL}?correct=1")
    assert page.context["omsrun_form"]["lumisections"].value() == 381
    theirs = {"omsrun-run_type": "collisions", "omsrun-lumisections": "400", "initial-omsrun-lumisections": "381"}
    leader.post(URL, {**VERDICT, **theirs, "initial-omsrun-run_type": "collisions", "version": 1})
    mine = {**VERDICT, **theirs, "initial-omsrun-run_type": "collisions", "omsrun-lumisections": "390", "version": 2}
    told = as_shifter.post(URL, mine)
    assert (told.status_code, "Meanwhile it became 400. You typed 390:" in told.text) == (409, True)
    assert 'name="initial-omsrun-lumisections" value="400"' in told.text
    assert stored().run_reconstruction.run.lumisections == 400
    again = as_shifter.post(URL, {**mine, "initial-omsrun-lumisections": "400"})
    assert again.status_code == 302
    assert stored().run_reconstruction.run.lumisections == 390


def test_an_old_page_that_sends_its_choice_to_the_update_stores_nothing(as_shifter, conflict):
    mine, page = conflict
    again = as_shifter.post(URL, {**mine, "version": page.context["version"], "merge": "mine"})
    assert (again.status_code, "by the author" in again.text) == (200, True)
    assert stored().comment == "by the leader"


@pytest.mark.parametrize("button", ["theirs", "mix", "mine"])
def test_after_a_lost_session_both_versions_are_shown_again_with_what_was_chosen(client, shifter, conflict, button):
    mine, page = conflict
    chosen = {"take-pixel": "mine", "take-strip": "theirs", "take-comment": "mine"}
    sent = {**mine, **chosen, "version": page.context["version"], "merge": button, "draft_page": "one"}
    client.logout()
    signing_in = client.post(CONFLICT, sent)
    assert signing_in.status_code == 403
    carried = form_to(signing_in, "/accounts/login/")
    waiting = client.post("/accounts/login/", {**carried, "username": "shifter", "password": "shifter"})
    back = client.post(CONFLICT, form_to(waiting, CONFLICT))
    assert back.status_code == 409
    assert {row.field: row.take for row in back.context["differences"]} == {
        "pixel": "mine",
        "strip": "theirs",
        "comment": "mine",
    }
    assert stored().comment == "by the leader"
    mixed = {**next(form for form in forms_of(back) if form.url == back.context["action"]).fields, "merge": "mix"}
    assert client.post(CONFLICT, mixed).status_code == 302
    assert (stored().pixel, stored().strip, stored().comment) == ("good", "good", "by the author")


def test_the_address_of_a_conflict_alone_leads_to_the_correction(as_shifter, certification):
    assert as_shifter.get(CONFLICT).url.startswith(URL)


def test_going_on_with_mine_keeps_what_was_typed(as_shifter, conflict):
    mine, page = conflict
    assert f'formaction="{page.context["edit_url"]}"'.replace("&", "&amp;") in page.text
    again = as_shifter.post(page.context["edit_url"], {**mine, "version": page.context["version"], "review": "1"})
    assert (again.status_code, "by the author" in again.text) == (200, True)
    form = again.context["form"]
    assert [form[name].value() for name in ("pixel", "strip")] == ["good", "excluded"]


def test_a_choice_between_two_versions_is_nothing_where_there_is_none(as_shifter, shifter, registry_lists, oms_is_down):
    """Sent to the certify page it would drop the draft."""
    registry_lists(325000, DATASETS["express"])
    typed = {**VERDICT, "comment": "my words", "merge": "theirs", "draft_page": "one", "pixel": ""}
    answer = as_shifter.post("/certify/325000/express/", typed)
    assert (answer.status_code, "my words" in answer.text) == (200, True)
    assert Draft.objects.filter(user=shifter).exists()
