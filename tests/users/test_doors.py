"""At every address through which something is stored: a form served to one person and sent by another."""

import re
from urllib.parse import urlsplit

import pytest
from django.contrib.admin import site
from django.urls import resolve

from certify.models import Draft
from history.models import Entry
from history.read_only_admin import ReadOnlyAdmin
from tests.factories import VERDICT, make_certification, make_user
from tests.users.doors import DOORS, WITHOUT_ENTRY, Sent, addresses, everything, form_to, hidden_in
from users.models import User
from users.served import mark_of, take_over

# Which open a page, or ask a question, whatever is sent to them.
_READ_IN_ADMIN = r"admin:(index|app_list|jsi18n|autocomplete|view_on_site|password_change_done|None|\w+_history)"

every_door = pytest.mark.parametrize("door", DOORS)


@pytest.fixture(autouse=True)
def nobody_answers(oms_is_down, registry_is_down):
    pass


@pytest.fixture
def second(db):
    """Who is signed in, and may do everything."""
    return User.objects.create_superuser("second", password="second")


@pytest.fixture
def first(shiftleader):
    """Who the form was served to."""
    return shiftleader


def send(client, sent: Sent, mark: str | None, **more):
    said = {} if mark is None else {"served_to": mark}
    return client.post(sent.path, {**sent.fields, **said, **more})


def go_on(client, sent: Sent, user, answer):
    """A page that comes back is sent with all that stands in it."""
    if answer.status_code not in (200, 409):
        return answer
    taken_over = hidden_in(answer.text).get("taken_over")
    more = {"taken_over": taken_over} if taken_over else {}
    return send(client, sent, mark_of(user), **more, **sent.again)


def of_the_click(before: set[int]) -> list[Entry]:
    entries = Entry.objects.exclude(pk__in=before).exclude(action="before").exclude(by=None)
    return list(entries.select_related("by", "typed_by"))


def known_entries() -> set[int]:
    return set(Entry.objects.values_list("pk", flat=True))


def test_each_address_that_takes_a_form_is_tried_here_or_said_to_leave_no_entry(client, second):
    read_only = {
        f"admin:{model._meta.app_label}_{model._meta.model_name}_"
        for model, shown in site._registry.items()
        if isinstance(shown, ReadOnlyAdmin)
    }
    never = {"admin:certify_runreconstruction_add", "admin:certify_runreconstruction_delete"}
    takes_forms = {name for name, path in addresses() if client.post(path).status_code not in (405, 404)}
    reading = {name for name in takes_forms if re.fullmatch(_READ_IN_ADMIN, name) or name.startswith(tuple(read_only))}
    assert takes_forms - reading - never == {name.split()[0] for name in DOORS} | set(WITHOUT_ENTRY)
    client.force_login(second)
    assert {client.post(path).status_code for name, path in addresses() if name in never} == {403}


@every_door
def test_nothing_is_stored_and_the_page_names_both(client, first, second, door):
    sent = DOORS[door](client, second)
    client.force_login(second)
    before = everything()
    answer = send(client, sent, mark_of(first))
    assert answer.status_code == 409
    assert "typed by shiftleader" in answer.text or "made for shiftleader" in answer.text
    assert "You are signed in as <strong>second</strong>" in answer.text
    assert everything() == before


@every_door
def test_taken_over_it_is_stored_and_the_history_names_both(client, first, second, door):
    sent = DOORS[door](client, second)
    client.force_login(second)
    page = send(client, sent, mark_of(first))
    before = known_entries()
    answer = go_on(client, sent, second, client.post(sent.path, form_to(page, sent.path)))
    assert answer.status_code == 302
    entries = of_the_click(before)
    assert entries
    assert {entry.who for entry in entries} == {"second, typed by shiftleader"}


@every_door
def test_what_does_not_say_who_it_was_served_to_is_of_who_is_signed_in(client, second, door):
    sent = DOORS[door](client, second)
    client.force_login(second)
    before = known_entries()
    assert send(client, sent, None, **sent.again).status_code == 302
    assert {entry.who for entry in of_the_click(before)} == {"second"}


def _gone() -> str:
    gone = make_user("gone")
    mark = mark_of(gone)
    gone.delete()
    return mark


# More kinds of them are tried with the certify page; what refuses them is the same for all.
UNTRUSTED = {"forged": lambda: "1:forged", "of a person who is gone": _gone}


@pytest.mark.parametrize("mark", UNTRUSTED)
@every_door
def test_with_a_mark_that_is_not_to_be_trusted_nothing_is_stored(client, second, door, mark):
    sent = DOORS[door](client, second)
    said = UNTRUSTED[mark]()
    client.force_login(second)
    before = everything()
    answer = send(client, sent, said, **sent.again)
    assert (answer.status_code, "Who typed this?" in answer.text) == (409, True)
    assert everything() == before
    assert not Draft.objects.exists()


@every_door
def test_a_guest_can_not_take_it_over(client, first, second, guest, door):
    sent = DOORS[door](client, second)
    client.force_login(guest)
    page = send(client, sent, mark_of(first))
    assert "As guest you may not save it." in page.text
    assert "taken_over" not in page.text
    before = everything()
    sealed = take_over(first, guest, form_of(sent))
    send(client, sent, mark_of(guest), taken_over=sealed, **sent.again)
    assert everything() == before


def form_of(sent: Sent) -> str:
    page = sent.fields.get("draft_page")
    path = urlsplit(sent.path).path
    return f"{resolve(path).kwargs['run_number']} {page}" if page else path


@every_door
def test_a_word_of_taking_over_is_of_no_use_at_another_address(client, first, second, door):
    sent = DOORS[door](client, second)
    client.force_login(second)
    before = known_entries()
    sealed = take_over(first, second, "/list/325000/express/delete/")
    assert send(client, sent, mark_of(second), taken_over=sealed, **sent.again).status_code == 302
    assert {entry.who for entry in of_the_click(before)} == {"second"}


def test_a_form_that_comes_back_with_an_error_stays_taken_over(client, first, second):
    sent = DOORS["listruns:delete"](client, second)
    client.force_login(second)
    without = {**sent.fields, "reason": "", "served_to": mark_of(first)}
    page = client.post(sent.path, form_to(client.post(sent.path, without), sent.path))
    assert page.status_code == 422
    taken_over = hidden_in(page.text)["taken_over"]
    assert send(client, sent, mark_of(second), taken_over=taken_over).status_code == 302
    assert Entry.objects.first().who == "second, typed by shiftleader"


def test_a_fact_that_another_decides_names_who_typed_it_and_who_took_it_over(client, shifter, shifter2, shiftleader):
    """A shifter's own correction would turn a colleague's verdict."""
    make_certification(shiftleader, reco="express")
    version = make_certification(shifter).version
    client.force_login(shifter)
    typed = {"omsrun-run_type": "cosmics", "initial-omsrun-run_type": "collisions", "draft_page": "one"}
    sealed = take_over(shifter2, shifter, "325000 one")
    sent = Sent("/list/325000/prompt/update/", {**VERDICT, **typed, "version": version})
    assert send(client, sent, mark_of(shifter), taken_over=sealed).status_code == 302
    assert Entry.objects.get(action="proposed").who == "shifter, typed by shifter2"


def test_facts_that_are_taken_back_with_an_undo_name_both(client, first, second):
    client.force_login(second)
    assert send(client, DOORS["certify:certify"](client, second), mark_of(second)).status_code == 302
    entry = Entry.objects.get(action="created")
    before = known_entries()
    sealed = take_over(first, second, f"/list/undo/{entry.pk}/")
    assert send(client, Sent(f"/list/undo/{entry.pk}/", {}), mark_of(second), taken_over=sealed).status_code == 302
    told = {entry.subject: entry.who for entry in of_the_click(before)}
    both = "second, typed by shiftleader"
    assert told == {"certification 325000 express": both, "run 325000": both}


def test_the_admin_s_list_of_the_history_names_both(client, first, second):
    sent = DOORS["listruns:delete"](client, second)
    client.force_login(second)
    sealed = take_over(first, second, sent.path)
    send(client, sent, mark_of(second), taken_over=sealed)
    assert "second, typed by shiftleader" in client.get("/admin/history/entry/").text
