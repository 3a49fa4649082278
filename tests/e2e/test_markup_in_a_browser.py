"""Markup is text: whatever string a service or a person gives, on no page does it become an element.

The pages are made by Django's test client and read by Chromium, which decides what is an element.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import IntegrityError, connection, models, transaction
from django.test import Client
from playwright.sync_api import sync_playwright

from certify import claims, drafts, facts, writer
from certify.models import Notice
from certify.notices import notify
from certify.writer import Act
from history.models import Action, Entry
from oms.models import OmsFill, OmsRun
from runregistry.known import remember_run
from runregistry.models import KnownRun
from runregistry.rows import RegistryDataset
from tests.certify.stories.pages import forms_of
from tests.factories import (
    COLLISIONS_RUN,
    DATASETS,
    VERDICT,
    make_certification,
    make_fill,
    make_run,
    make_user,
)
from tests.faults.test_any_value import ATTRIBUTES, IDENTITY, services
from tests.users.doors import DOORS, WORDS, addresses
from users import roles
from users.models import User
from users.served import mark_of

# Ends an attribute, a text field, a title, a comment and a script before it begins an element.
MARK = "'\"></title></textarea></script>--><x-m></x-m>"
# For columns that hold less; below five characters none can hold an element of ours.
MARKS = (MARK, "'\"><x-m>", "<x-m>")
UNESCAPED = re.compile(r"\|\s*safe|mark_safe\(|autoescape\s+off|SafeString\([^)]|format_html\(f|html_safe")
FIND = """pages => pages.map(([address, html]) => {
  const found = new DOMParser().parseFromString(html, "text/html").querySelectorAll("x-m");
  return [address, ...[...found].map(each => each.parentElement.outerHTML.slice(0, 300))];
}).filter(found => found.length > 1)"""
FEW_WORDS = ("run_type", "verdict", "dataset_standing")
# Their names are looked up by code.
NOT_OURS = (ContentType, Permission, Session)
# What they hold has a shape by which rows are found, or that the database checks.
SHAPED = {
    ("user", "password"), ("entry", "subject"), ("draft", "page"), ("logentry", "object_id"),
}  # fmt: skip


@pytest.fixture(scope="session")
def evaluate(browser_type_launch_args) -> Iterator[Any]:
    """In a thread of its own: Playwright's loop gives the one that it runs in another connection to the database."""
    with ThreadPoolExecutor(1) as thread:
        playwright = thread.submit(lambda: sync_playwright().start()).result()
        browser = thread.submit(lambda: playwright.chromium.launch(**browser_type_launch_args)).result()
        page = thread.submit(browser.new_page).result()
        yield lambda script, about: thread.submit(page.evaluate, script, about).result()
        thread.submit(browser.close).result()
        thread.submit(playwright.stop).result()


@pytest.fixture
def in_chromium(evaluate) -> Iterator[Any]:
    """Collects pages; at the end none of them has an element that came out of a string."""
    pages: list[tuple[str, str]] = []

    def read(address: str, answer: Any) -> None:
        assert answer.status_code < 500, address
        if answer.get("Content-Type", "").startswith("text/html"):
            pages.append((address, answer.text))

    yield read
    assert pages
    assert evaluate(FIND, pages) == []


def spoiled(value: Any) -> Any:
    """The mark instead of every text in it; numbers, the names of things and what is one of a few words stay."""
    if isinstance(value, dict):
        return {name: each if name in FEW_WORDS else spoiled(each) for name, each in value.items()}
    if isinstance(value, list):
        return [spoiled(each) for each in value]
    return MARK if isinstance(value, str) else value


def spoil_everything() -> set[tuple[str, str]]:
    """The mark in every text of every row, past all that checks it. Returns the columns that the database defends."""
    defended = set()
    for model in apps.get_models(include_auto_created=True):
        if model in NOT_OURS:
            continue
        for field in model._meta.local_concrete_fields:
            column = (model._meta.model_name, field.name)
            if column in SHAPED or field.choices or field.is_relation or not _holds_text(field):
                continue
            for row in model._base_manager.all():
                try:
                    with transaction.atomic():
                        _spoil(row, field)
                except IntegrityError:
                    defended.add(column)
    return defended


def _holds_text(field: models.Field) -> bool:
    return isinstance(field, (models.CharField, models.TextField, models.JSONField))


def _spoil(row: models.Model, field: models.Field) -> None:
    value = getattr(row, field.attname)
    if isinstance(field, models.JSONField):
        told = [[name, MARK] for name, _ in value] if field.name == "fields" else spoiled(value)
        new = json.dumps(value if getattr(row, "name", "") in FEW_WORDS else told)
    else:
        unique = str(row.pk) if field.unique else ""
        fitting = (mark for mark in MARKS if len(mark + unique) <= (field.max_length or len(MARK) + 20))
        new = unique + next(fitting, value)
    table, column = (connection.ops.quote_name(name) for name in (row._meta.db_table, field.column))
    with connection.cursor() as cursor:
        cast = "::jsonb" if connection.vendor == "postgresql" and isinstance(field, models.JSONField) else ""
        cursor.execute(
            f"UPDATE {table} SET {column} = %s{cast} WHERE {row._meta.pk.column} = %s",
            [new, row.pk],  # noqa: S608
        )


@pytest.fixture
def world(db, oms_is_down, registry_is_down) -> dict[str, User]:
    """A row of everything that a page shows."""
    people = {role: make_user(role.replace(" ", "-"), role) for role in (roles.GUEST, roles.SHIFTER)}
    people[roles.SHIFT_LEADER] = leader = make_user("leader", roles.SHIFT_LEADER)
    people["root"] = User.objects.create_superuser("root", email="root@cern.ch")
    shifter = people[roles.SHIFTER]
    words = {model: model.objects.create(name=f"Noise {number}") for number, model in enumerate(WORDS)}
    fill = make_fill(era="2018D")
    made_of = {name: value for name, value in COLLISIONS_RUN.items() if hasattr(OmsRun, name)}
    run = make_run(**{**made_of, "run_number": 325000, "fill": fill, "run_type": "collisions"})
    reference = make_certification(leader, 324999, comment="a reference").run_reconstruction
    reference.is_reference = True
    reference.save()
    stored = make_certification(
        shifter, comment="as seen", reference_runreconstruction=reference, bad_reason=words[WORDS[-1]]
    )
    stored.pixel_problems.add(words[WORDS[0]])
    deleted = make_certification(leader, reco="express", comment="deleted")
    writer.delete(deleted.pk, deleted.version, Act(leader, "by mistake"))
    remember_run(325000, [RegistryDataset(325000, name, "OPEN", "Collisions18") for name in DATASETS.values()])
    click = "00000000-0000-0000-0000-00000000000a"
    facts.type_in(run, {"run_type": "cosmics"}, shifter, click)
    facts.type_in(run, {"hlt_key": "/cdaq/x"}, leader, click)
    drafts.keep(shifter, 325000, "prompt", "", "one", [("comment", "typed"), ("pixel", "good")])
    drafts.keep(shifter, 325001, "express", "", "two", [("comment", "typed")])
    claims.claim(325000, "rereco", DATASETS["rereco"], shifter)
    for action in Action.values:
        about = {"row": stored.pk, "reason": "why", "source": "OMS", "click": click, "version": 1}
        entry = Entry.objects.create(
            subject="certification 325000 prompt", action=action, by=leader, typed_by=shifter,
            state={"comment": "older"}, changes=_changes_of(action), **about,
        )  # fmt: skip
        notify(entry, stored)
    assert Notice.objects.exists()
    return people


def _changes_of(action: str) -> dict[str, list[Any]]:
    told: dict[str, list[Any]] = {"comment": ["older", "newer"], "bad_reason": [[1, "Noise"], None]}
    if action == Action.TURNED:
        told |= {"verdict": ["good", "bad"], "run_type": ["collisions", "cosmics"]}
    if action == Action.LISTING:
        told |= {"dataset_standing": ["confirmed", "several"]}
    return told


QUERIES = [
    "/list/?show=all", "/list/?show=all&q={0}", "/list/?runs={0}", "/list/?{0}=1", "/list/?date_from={0}",
    "/list/?author={0}&show=all", "/list/?dataset={0}", "/openruns/?runs={0}", "/openruns/?run_number={0}",
    "/openruns/?runs=325000", "/list/{0}/prompt/", "/list/325000/{0}/", "/certify/325000/{0}/",
    "/certify/325000/prompt/?dataset={0}", "/list/325000/prompt/?dataset={0}", "/nothing/{0}",
    "/accounts/login/?next={0}", "/certify/references/?run=325000&reco=prompt&q={0}",
    "/certify/325000/express/?draft=1", "/certify/325001/express/", "/certify/325000/rereco/",
    "/list/export.csv?{0}=1", "/admin/certify/trackercertification/?q={0}", "/admin/history/entry/?q={0}",
]  # fmt: skip


@pytest.mark.parametrize("role", [roles.GUEST, roles.SHIFTER, roles.SHIFT_LEADER, "root"])
def test_no_string_that_is_stored_becomes_an_element(in_chromium, world, role):
    defended = spoil_everything()
    # Verdicts, names of datasets and the like; whatever is defended can't hold the mark.
    assert len(defended) < 20, defended
    client = Client(raise_request_exception=False)
    client.force_login(world[role])
    keys = {
        f"/admin/{model._meta.app_label}/{model._meta.model_name}/{row.pk}/change/"
        for model in apps.get_models()
        for row in model._base_manager.all()[:3]
    }
    no_pages = ("logout", "autocomplete", "export.", "readyz")
    asked = [path for _, path in addresses() if not any(part in path for part in no_pages)]
    for path in [*asked, *(query.format(MARK) for query in QUERIES), *sorted(keys)]:
        in_chromium(path, client.get(path))


# The admin of every vocabulary is the same one.
SAME = tuple(f"admin:{model._meta.label_lower.replace('.', '_')}" for model in WORDS[1:])


@pytest.mark.parametrize("door", [door for door in DOORS if not door.startswith(SAME)])
def test_no_string_that_is_sent_becomes_an_element(in_chromium, db, oms_is_down, registry_is_down, door):
    """As it is, signed out, served to somebody else, and with an error."""
    root, other = (User.objects.create_superuser(name, password=name) for name in ("root", "other"))
    client = Client(raise_request_exception=False)
    sent = DOORS[door](client, root)
    typed = {name: value if str(value).isdecimal() else MARK for name, value in sent.fields.items()}
    typed |= {"comment": MARK, "reason": MARK, "change_reason": MARK, "reference_search": MARK, "next": MARK}
    for button in ({}, {"review": "1"}, {"search": "1"}, {"correct": "1"}, {"merge": "mix", "take-pixel": MARK}):
        for mark in (root, other):
            client.force_login(root)
            in_chromium(f"{door} as {mark}", client.post(sent.path, {**typed, **button, "served_to": mark_of(mark)}))
        client.logout()
        waiting = client.post(sent.path, {**typed, **button})
        in_chromium(f"{door} signed out", waiting)
        signing_in = next(form for form in forms_of(waiting) if "username" in form.fields)
        for who in (root, other):
            said = {**signing_in.fields, "username": who.username, "password": who.username}
            in_chromium(f"{door} comes back to {who}", client.post(signing_in.url, said))
            client.logout()


@pytest.mark.parametrize("of", [*ATTRIBUTES, "units"])
def test_no_string_of_a_service_becomes_an_element(in_chromium, client, db, of):
    """Every attribute that the clients ask for, so that a new one is covered by itself."""
    client.force_login(make_user("leader", roles.SHIFT_LEADER))
    client.raise_request_exception = False
    texts = {name for name, usual in ATTRIBUTES.get(of, {}).items() if not isinstance(usual, dict)}
    odd = {of: dict.fromkeys(texts - {IDENTITY.get(of), "deleted"}, MARK)} if texts else {}
    with services(odd, MARK if of == "units" else "units"):
        for path in ("/certify/325000/", "/certify/325000/express/", "/certify/325000/prompt/?correct=1"):
            in_chromium(path, client.get(path))
        said = {**VERDICT, "omsrun-run_type": "cosmics", "still_running": "on", "run_exists": "on"}
        in_chromium("refused", client.post("/certify/325000/prompt/", {**said, "pixel": ""}))
        in_chromium("saved", client.post("/certify/325000/prompt/", said, follow=True))
        cache.clear()
        for path in ("/openruns/?runs=325000", "/list/?show=all", "/list/325000/prompt/", "/status/", "/"):
            in_chromium(path, client.get(path))
        for path in ("/list/325000/prompt/update/?correct=1", "/list/325000/differences/", "/certify/325000/rereco/"):
            in_chromium(path, client.get(path))
    assert MARK in str(OmsRun.objects.values()) + str(OmsFill.objects.values()) + str(KnownRun.objects.values())


def test_nothing_is_said_to_be_safe_but_what_is_made_of_escaped_parts():
    """One place escapes: the templates. `format_html` escapes its arguments; the one `mark_safe` joins widgets."""
    root = Path(settings.BASE_DIR)
    said = []
    for path in [*root.glob("*/**/*.py"), *root.glob("templates/**/*.html")]:
        if path.relative_to(root).parts[0] in ("tests", ".venv", "node_modules"):
            continue
        for line in path.read_text().splitlines():
            if UNESCAPED.search(line):
                said.append((str(path.relative_to(root)), line.strip()))
    assert said == [
        ("oms/facts_form.py", 'return mark_safe("".join(bound.as_hidden(only_initial=True) for bound in self))')
    ]
