"""At every address: a form that is sent signed out comes back after signing in, and is sent again by one click."""

import pytest
from django.test import Client

from certify.models import Claim, TrackerCertification
from history.models import Entry
from runregistry.known import remember
from runregistry.rows import RegistryDataset
from tests.factories import EXPRESS, make_certification
from tests.users.doors import DOORS, addresses, everything, form_to, hidden_in
from users.models import User
from users.served import mark_of

LOGIN = "/accounts/login/"
OUR_OWN = {"Origin": "http://testserver"}
# They are for whoever comes, signed in or not; what a load balancer asks takes no forms and never gets so far.
FOR_ANYBODY = {"login", "logout", "admin:login", "admin:logout", "healthz", "readyz"}
# A script sends it, and shows what it is answered.
BY_A_SCRIPT = {"certify:draft"}
# A search is of whoever sends it.
ONLY_ASKED = {"/openruns/", "/list/"}
# Pages of Django's admin that are only opened, and say so after the sign-in.
ONLY_OPENED = {"/admin/password_change/done/", "/admin/autocomplete/", "/admin/jsi18n/"}
EVERY_PATH = {f"{name} {path}": path for name, path in addresses() if name not in FOR_ANYBODY | BY_A_SCRIPT}

every_path = pytest.mark.parametrize("path", EVERY_PATH.values(), ids=EVERY_PATH.keys())
every_door = pytest.mark.parametrize("door", DOORS)


@pytest.fixture(autouse=True)
def nobody_answers(oms_is_down, registry_is_down):
    pass


@pytest.fixture
def root(db):
    return User.objects.create_superuser("root", password="root")


def sign_in(client, waiting, who="root"):
    """With what the sign-in page carries."""
    return client.post(LOGIN, {**form_to(waiting, LOGIN), "username": who, "password": who})


def belongs_to_who_typed_it(page, path: str) -> bool:
    if path in ONLY_ASKED:
        return page.status_code == 200 and "Nothing is lost" in page.text
    return page.status_code == 409 and "typed by shifter" in page.text


def is_no_door(client, path: str, answer) -> bool:
    """It takes no forms at all: opening it is something else than a 405, or leads to the sign-in."""
    return answer.status_code == 405 and client.get(path).status_code != 405


@every_path
def test_what_was_sent_comes_back_and_one_click_sends_it(client, root, path):
    typed = {"typed": "kept", "next": "/list/", "password1": "s3cret", "csrfmiddlewaretoken": "t0ken"}
    waiting = client.post(path, typed)
    if is_no_door(client, path, waiting):
        return
    before = everything()
    assert waiting.status_code == 403
    assert "Nothing you typed is lost" in waiting.text
    page = sign_in(client, waiting)
    assert page.status_code == 200
    assert everything() == before
    for lost in ("s3cret", "password1", "t0ken"):
        assert lost not in waiting.text + page.text
    sent = form_to(page, path)
    assert (sent["typed"], sent["served_to"]) == ("kept", mark_of(root))
    assert client.post(path, sent).status_code != 405 or path in ONLY_OPENED


@every_path
def test_a_form_of_one_button_comes_back_too(client, root, path):
    waiting = client.post(path)
    if is_no_door(client, path, waiting):
        return
    page = sign_in(client, waiting)
    assert page.status_code == 200
    assert form_to(page, path)["served_to"] == mark_of(root)


@every_path
def test_signed_in_as_somebody_else_it_is_of_who_typed_it(client, root, shifter, path):
    waiting = client.post(path, {"typed": "kept", "served_to": mark_of(shifter)})
    if is_no_door(client, path, waiting):
        return
    page = sign_in(client, waiting)
    assert belongs_to_who_typed_it(page, path)


@every_path
def test_a_stale_token_loses_neither_the_form_nor_who_it_was_served_to(root, shifter, path):
    """As after somebody has signed in and out again in another tab."""
    client = Client(enforce_csrf_checks=True)
    stale = {"typed": "kept", "served_to": mark_of(shifter), "csrfmiddlewaretoken": "stale"}
    waiting = client.post(path, stale, headers=OUR_OWN)
    assert (waiting.status_code, "stale" in waiting.text) == (403, False)
    client = Client()
    page = sign_in(client, waiting)
    assert belongs_to_who_typed_it(page, path)


@every_path
def test_a_stale_token_of_ones_own_page_asks_once_more(root, path):
    client = Client(enforce_csrf_checks=True)
    client.force_login(root)
    stale = {"typed": "kept", "served_to": mark_of(root), "csrfmiddlewaretoken": "stale"}
    page = client.post(path, stale, headers=OUR_OWN)
    assert (page.status_code, form_to(page, path)["typed"]) == (403, "kept")


@every_path
def test_another_site_finds_nothing_waiting(db, path):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(path, {"typed": "not mine"}, headers={"Origin": "https://evil.test"})
    assert (answer.status_code, "not mine" in answer.text) == (403, False)


@every_door
def test_what_is_done_at_once_waits_for_the_click_and_then_is_done(client, root, door):
    form = DOORS[door](client, root)
    client.logout()
    before = everything()
    waiting = client.post(form.path, {**form.fields, "served_to": mark_of(root)})
    page = sign_in(client, waiting)
    assert (page.status_code, everything()) == (200, before)
    entries = Entry.objects.count()
    answer = client.post(form.path, form_to(page, form.path))
    if answer.status_code in (200, 409):  # it is shown once more
        answer = client.post(form.path, {**form.fields, **form.again})
    assert answer.status_code == 302
    assert Entry.objects.count() > entries
    assert Entry.objects.first().who == "root"


def test_the_page_says_what_will_be_sent_and_where(client, shifter):
    certification = make_certification(shifter)
    sent = {"reason": "wrong <run>", "version": certification.version}
    page = sign_in(client, client.post("/list/325000/prompt/delete/?dataset=", sent), "shifter")
    assert "delete: /list/325000/prompt/delete/?dataset=" in page.text
    assert "<dt>reason</dt><dd>wrong &lt;run&gt;</dd>" in page.text
    assert TrackerCertification.objects.exists()


def test_a_claim_keeps_its_button_and_the_way_back(client, shifter):
    remember([RegistryDataset(325000, EXPRESS, "OPEN")])
    sent = {"claim": f"325000/express/{EXPRESS}", "next": "/openruns/?runs=325000"}
    page = sign_in(client, client.post("/openruns/claims/", sent), "shifter")
    assert not Claim.objects.exists()
    answer = client.post("/openruns/claims/", form_to(page, "/openruns/claims/"))
    assert (answer.url, Claim.objects.get().user) == ("/openruns/?runs=325000", shifter)


@pytest.mark.parametrize("sent", [{"reason": "x" * 200_001}, {f"field-{n}": "x" for n in range(950)}])
def test_what_is_far_too_much_does_not_wait(client, shifter, sent):
    make_certification(shifter)
    waiting = client.post("/list/325000/prompt/delete/", sent)
    assert waiting.status_code == 403
    assert "your browser may still have it" in waiting.text
    assert "carried-" not in waiting.text
    assert sign_in(client, waiting, "shifter").url == "/list/325000/prompt/delete/"


def test_an_address_that_takes_only_forms_says_so(as_shifter):
    page = as_shifter.get("/list/undo/1/")
    assert (page.status_code, page["Allow"]) == (405, "POST")
    assert "Nothing was changed." in page.text


def test_a_failed_sign_in_keeps_a_form_without_fields(client, shifter):
    waiting = client.post("/list/undo/1/")
    again = client.post(LOGIN, {**form_to(waiting, LOGIN), "username": "shifter", "password": "wrong"})
    page = sign_in(client, again, "shifter")
    assert (page.status_code, 'action="/list/undo/1/"' in page.text) == (200, True)


@pytest.mark.parametrize("url", ["https://evil.test/", "//evil.test/", "/\\evil.test"])
def test_nothing_waits_for_another_site(client, shifter, url):
    answer = client.post(LOGIN, {"username": "shifter", "password": "shifter", "next": url, "form_waits": "1"})
    assert (answer.status_code, answer.url) == (302, "/")


def test_the_typist_signs_in_again_and_sends_it(client, root, shifter):
    certification = make_certification(shifter)
    client.force_login(root)
    sent = {"reason": "wrong run", "version": certification.version, "served_to": mark_of(shifter)}
    page = client.post("/list/325000/prompt/delete/", sent)
    asked = client.post(LOGIN, form_to(page, LOGIN))
    assert "You are signed in as <strong>root</strong>" in asked.text
    page = sign_in(client, asked, "shifter")
    assert TrackerCertification.objects.exists()
    assert client.post("/list/325000/prompt/delete/", form_to(page, "/list/325000/prompt/delete/")).status_code == 302
    assert Entry.objects.first().who == "shifter"


def test_the_draft_that_a_script_sends_is_answered_as_before(client, db):
    answer = client.post("/certify/325000/express/draft/", {"comment": "typed"})
    assert (answer.status_code, hidden_in(answer.text)) == (403, {})
