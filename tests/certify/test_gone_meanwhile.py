"""Between two steps of a request somebody deletes what it is about: an answer in words, never a 500."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.test import Client

from certify import claims, completion, drafts, facts, target, writer
from certify.exceptions import MayNotCertify
from certify.forms import CertificationForms
from certify.models import BadReason, Claim, DatasetStanding, Draft, Notice, PixelProblem, TrackerCertification, writing
from history.models import Entry
from oms import queue, services
from oms.models import OmsRun
from oms.typed import typed_owner
from runregistry.known import last_known, remember
from runregistry.models import KnownDataset, KnownRun
from runregistry.rows import RegistryDataset
from tests.factories import EXPRESS, PROMPT, VERDICT, make_certification, make_fill, make_run, make_user
from tests.users.doors import DOORS
from users.models import User

URL = "/list/325000/prompt/"


@pytest.fixture(autouse=True)
def nobody_answers(oms_is_down, registry_is_down):
    pass


@pytest.fixture
def meanwhile(monkeypatch) -> Callable[..., None]:
    """`meanwhile(place, "step", happens)`: once, right after that step."""

    def arrange(place: Any, name: str, happens: Callable[[], object]) -> None:
        step, left = getattr(place, name), [happens]

        def and_then(*args: Any, **kwargs: Any) -> Any:
            result = step(*args, **kwargs)
            while left:
                left.pop()()
            return result

        monkeypatch.setattr(place, name, and_then)

    return arrange


_DELETABLE = (Claim, Draft, Notice, KnownRun)
_TABLES = {model._meta.db_table for model in (TrackerCertification, KnownDataset, *_DELETABLE)}


def wipe() -> None:
    """All that anybody can delete."""
    with writing():
        TrackerCertification.everything.all().delete()
    for model in _DELETABLE:
        model.objects.all().delete()


@contextmanager
def wiped_after(number: int) -> Iterator[list[str]]:
    """After so many of the request's queries for it; not while it holds locks, when nobody can."""
    asked: list[str] = []
    depth = len(connection.savepoint_ids)

    def watch(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        is_about_it = any(f'"{table}"' in sql for table in _TABLES)
        if is_about_it and len(connection.savepoint_ids) == depth and len(asked) < number:
            asked.append(sql)
            if len(asked) == number:
                wipe()
        return result

    with connection.execute_wrapper(watch):
        yield asked


def at_every_moment(attempt: Callable[[Client], Callable[[], Any]]) -> None:
    """`attempt` makes the world and returns the request, which is then made with all gone after each of its queries."""
    number, asked = 0, ["so far"]
    while len(asked) >= number:
        number += 1
        with transaction.atomic():
            request = attempt(Client())
            with wiped_after(number) as asked:
                answer = request()
            assert answer.status_code != 500, asked[-1]
            transaction.set_rollback(True)


def world(by: User) -> None:
    make_certification(by, reco="express", dataset_standing=DatasetStanding.SEVERAL)
    remember([RegistryDataset(325000, name, "OPEN", "Collisions18") for name in (EXPRESS, PROMPT)])
    claims.claim(325000, "rerecoul", "", by)
    drafts.keep(by, 325000, "prompt", "", "one", [("comment", "typed")])
    make_certification(make_user("other"))
    writer.delete(make_certification(by, 325001).pk, 1, writer.Act(by, "wrong run"))
    Notice.objects.get_or_create(user=by, entry=Entry.objects.first())


PAGES = (
    "/", "/openruns/", "/openruns/?runs=325000", "/openruns/next/", "/list/", "/list/?show=all", "/list/bin/", URL,
    f"{URL}update/", f"{URL}delete/", "/list/325000/express/", "/certify/325000/", "/certify/325000/prompt/",
    "/certify/325000/rerecoul/", "/list/differences/", "/list/325000/differences/", "/status/",
    "/list/export.csv", "/list/325000/prompt/update/conflict/", "/openruns/claims/",
)  # fmt: skip


@pytest.mark.parametrize("url", PAGES)
def test_while_a_page_is_made(db, url):
    def attempt(client: Client) -> Callable[[], Any]:
        root = User.objects.create_superuser("root")
        world(root)
        client.force_login(root)
        return lambda: client.get(url)

    at_every_moment(attempt)


@pytest.mark.parametrize("door", [name for name in DOORS if not name.startswith("admin:")])
def test_while_a_form_is_stored(db, door):
    def attempt(client: Client) -> Callable[[], Any]:
        root = User.objects.create_superuser("root")
        sent = DOORS[door](client, root)
        client.force_login(root)
        return lambda: client.post(sent.path, {**sent.fields, **sent.again})

    at_every_moment(attempt)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        (f"{URL}refresh/", {}),
        ("/openruns/claims/", {"claim": f"325000/rerecoul/{EXPRESS}"}),
        ("/openruns/claims/", {"claim": f"325000/prompt/{PROMPT}"}),
        ("/openruns/claims/", {"release": "325000/rerecoul"}),
        ("/seen/", {}),
        ("/certify/325000/prompt/draft/", {"comment": "typed", "draft_page": "one"}),
    ],
)
def test_while_a_button_is_pressed(db, path, sent):
    def attempt(client: Client) -> Callable[[], Any]:
        root = User.objects.create_superuser("root")
        world(root)
        client.force_login(root)
        return lambda: client.post(path, sent)

    at_every_moment(attempt)


def test_an_update_keeps_what_was_typed(as_shifter, shifter, meanwhile):
    sent = DOORS["listruns:update"](as_shifter, shifter)
    meanwhile(CertificationForms, "is_valid", wipe)
    page = as_shifter.post(sent.path, {**sent.fields, "comment": "typed"})
    assert (page.status_code, "deleted for ever" in page.text) == (404, True)
    assert "typed" in page.text


def test_one_that_waited_for_its_name_no_longer_stands_in_the_way(db, monkeypatch):
    remember([RegistryDataset(325000, EXPRESS, "OPEN")])
    monkeypatch.setattr(type(TrackerCertification.objects.all()), "datasets_of", lambda *of: {("express", None)})
    found = target.rr_retrieve_next_uncertified_dataset(325000, last_known(325000))
    assert found.name == EXPRESS


def test_whoever_goes_through_many_passes_over_it(shifter):
    certification = make_certification(shifter)
    pk = certification.pk
    wipe()
    assert not writer.settle_dataset(pk, DatasetStanding.UNLISTED, PROMPT)
    assert not writer.note_ending(pk, certification.created_at, {"end_time": ["", "now"]}, "OMS")


# --- A person, a session ----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_who_claims_or_is_given_work_or_types(shiftleader):
    user = make_user("gone")
    assert user.may_certify
    User.objects.filter(pk=user.pk).delete()
    with pytest.raises(MayNotCertify, match="no account"):
        claims.claim(325000, "express", "", user)
    with pytest.raises(MayNotCertify, match="no account"):
        claims.reassign(325000, "express", "", user, shiftleader)
    assert not drafts.keep(user, 325000, "express", "", "one", [("comment", "typed")])
    assert not Claim.objects.exists() and not Draft.objects.exists()


def test_who_changes_their_password(client, db, meanwhile):
    root = User.objects.create_superuser("root", password="root")
    client.force_login(root)
    meanwhile(site, "has_permission", lambda: User.objects.filter(pk=root.pk).delete())
    assert client.get("/admin/password_change/").url.startswith("/accounts/login/")


def test_a_session_that_ends_in_another_tab(as_shifter, monkeypatch):
    def gone(*args, **kwargs):
        raise UpdateError

    monkeypatch.setattr(SessionStore, "save", gone)
    page = as_shifter.post("/accounts/login/", {"username": "shifter", "password": "shifter"})
    assert (page.status_code, "signed out in another tab" in page.text) == (400, True)


# --- Words, runs, fills, differences ----------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("model", "field"), [(PixelProblem, "pixel_problems"), (BadReason, "bad_reason")])
def test_a_word_that_was_chosen(as_shifter, meanwhile, model, field):
    cold, word = BadReason.objects.create(name="Cold"), model.objects.create(name="Noise")
    typed = {**VERDICT, "pixel": "bad", "bad_reason": cold.pk, field: word.pk}
    meanwhile(CertificationForms, "is_valid", model.objects.filter(pk=word.pk).delete)
    answer = as_shifter.post("/certify/325000/express/", {**typed, "omsrun-run_type": "cosmics", "draft_page": "one"})
    assert (answer.status_code, "“Noise” was deleted meanwhile" in answer.text) == (422, True)
    assert not TrackerCertification.everything.exists()
    assert Draft.objects.exists()


def test_a_run_of_which_facts_come(db):
    run, fill = make_run(), make_fill()
    OmsRun.objects.all().delete()
    assert completion.complete(325000) == set()
    queue.release(325000, answered=True, settled=False)
    assert facts.recompute_run_types([run]) == 0
    assert services.remember_fill_of(run, fill) == run


def test_the_owner_of_typed_facts_or_of_a_difference(shifter):
    entry = Entry(subject="run 1", action="facts", by=shifter, changes={"lumisections": [1, 2]})
    assert typed_owner(entry) is None
    assert facts.decide(7, "mine", "", shifter, shown=[], click=entry.click) is None
