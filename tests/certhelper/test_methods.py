"""At every address, in every role: a method that is refused does nothing; reading writes what was read elsewhere."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection

from certify import writer
from certify.models import Draft, Notice
from certify.writer import Act
from history.models import Entry
from oms.models import OmsFill, OmsRun
from runregistry.models import KnownDataset, KnownRun
from tests.factories import COLLISIONS_RUN, EXPRESS, FILL, PROMPT, UNITS, VERDICT, make_certification, make_user
from tests.served import ask
from tests.users.doors import addresses
from users import roles
from users.models import User

REFUSED = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND")
# What services say, and the entries that they said it; one's own session.
READ_ELSEWHERE = {model._meta.db_table for model in (OmsRun, OmsFill, KnownRun, KnownDataset, Entry, Session)}
WRITES = re.compile(r'\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM)\s+"(\w+)"', re.IGNORECASE)
EVERYBODY = ("nobody", roles.GUEST, roles.SHIFTER, roles.SHIFT_LEADER, "superuser")

every_role = pytest.mark.parametrize("role", EVERYBODY)


@contextmanager
def written_tables() -> Iterator[set[str]]:
    tables: set[str] = set()

    def watch(execute, sql, params, many, context):
        tables.update(WRITES.findall(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield tables


@pytest.fixture
def world(shiftleader, oms_knows, registry_lists):
    """Something stands at the addresses, and the services know it."""
    make_certification(shiftleader)
    writer.delete(make_certification(shiftleader, 325001).pk, 1, Act(shiftleader, "wrong run"))
    oms_knows(COLLISIONS_RUN, FILL, UNITS)
    registry_lists(325000, EXPRESS, PROMPT)
    registry_lists(1)


@pytest.fixture
def as_role(client, world, role):
    if role == "superuser":
        client.force_login(User.objects.create_superuser("person"))
    elif role != "nobody":
        client.force_login(make_user("person", role))
    return client


@every_role
def test_a_refused_method_asks_nobody_and_stores_nothing(as_role, outside):
    asked = len(outside.calls)
    with written_tables() as tables:
        answers = {
            (method, name): as_role.generic(method, path, "comment=typed", "application/x-www-form-urlencoded")
            for name, path in addresses()
            for method in REFUSED
        }
    assert {told: answer.status_code for told, answer in answers.items() if answer.status_code != 405} == {}
    assert not [told for told, answer in answers.items() if not answer["Allow"]]
    assert (tables, len(outside.calls)) == (set(), asked)


@every_role
def test_head_answers_as_get_and_neither_writes_what_is_not_read_elsewhere(as_role):
    known = list(Entry.objects.values_list("pk", flat=True))
    for name, path in addresses():
        cache.clear()
        with written_tables() as tables:
            statuses = {ask(as_role, method, path).status_code for method in ("HEAD", "GET")}
        assert 500 not in statuses, name
        assert statuses == {405} or 405 not in statuses, name
        assert tables <= READ_ELSEWHERE, name
    assert not Entry.objects.exclude(pk__in=known).exclude(by=None).exists()


def test_a_page_says_that_the_method_is_refused(as_shifter):
    page = as_shifter.put("/certify/325000/express/")
    assert (page.status_code, page["Allow"]) == (405, "GET, HEAD, POST")
    assert "Nothing was changed." in page.text
    assert not Draft.objects.exists()


SENT = {
    **dict.fromkeys(("refresh", "review", "draft_page", "fresh", "q", "to", "version", "delete", "typed"), "1"),
    **VERDICT,
    "claim": f"325000/express/{EXPRESS}",
    "next": "/",
}
# One's own session, and the marks on one's own notices.
OF_A_READER = {Session._meta.db_table, Notice._meta.db_table}


@pytest.mark.parametrize("groups", [[roles.GUEST], []], ids=["guest", "without a role"])
def test_who_only_reads_asks_no_service_and_stores_nothing(client, world, outside, groups):
    """Whatever they open or send; the search and the buttons that ask anew are among it."""
    reader = User.objects.create_user("reader")
    reader.groups.set(Group.objects.filter(name__in=groups))
    Draft.objects.create(user=reader, run_number=325000, reconstruction="express", page="old")
    for name, path in addresses():
        if name in ("admin:logout", "logout", "login", "admin:login", "certify:throw_away"):
            continue
        cache.clear()
        client.force_login(reader)
        with written_tables() as tables:
            for query in ("", "?runs=325000-325010", "?days=3", "?refresh=1", "?draft=1", "?correct=1"):
                ask(client, "GET", f"{path}{query}")
            client.post(path, SENT)
            client.post(path, {name: sent for name, sent in SENT.items() if name not in ("refresh", "review")})
        assert tables <= OF_A_READER, name
        assert not outside.calls, name


@every_role
def test_no_page_is_kept_for_others(as_role):
    for name, path in addresses():
        if name in ("healthz", "readyz"):  # nobody's
            continue
        answer = ask(as_role, "GET", path)
        assert "private" in answer["Cache-Control"] and "public" not in answer["Cache-Control"], name
        assert "Cookie" in answer["Vary"], name


def test_what_is_the_same_for_all_may_be_kept(client):
    assert "private" not in ask(client, "GET", "/static/css/app.css").get("Cache-Control", "")
