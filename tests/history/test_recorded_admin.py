"""Whatever the admin can change stands in the history, with who, and no stale page overwrites anything."""

import html
import re
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.core import serializers
from django.db.models import Model, ProtectedError
from django.test import RequestFactory
from django.urls import resolve

from certify.models import (
    BadReason,
    PixelProblem,
    RunReconstruction,
    StripProblem,
    TrackingProblem,
)
from history.models import Entry
from history.read_only_admin import ReadOnlyAdmin
from history.recorded_admin import RecordedAdmin
from oms.models import OmsFill, OmsRun
from tests.admin_pages import act, admin_of, errors, listing, page, said, send, served
from tests.factories import make_certification, make_fill, make_user
from users.models import User

REGISTERED = sorted(admin.site._registry, key=lambda model: model.__name__)
WORDS = (PixelProblem, StripProblem, TrackingProblem, BadReason)
EDITABLE = (*WORDS, RunReconstruction, User, Group)


@pytest.fixture
def root(db):
    return User.objects.create_superuser("root")


@pytest.fixture
def as_root(client, root):
    client.force_login(root)
    return client


@pytest.fixture
def world(root):
    """Something of everything, some of it used and some not."""
    certification = make_certification(make_user("writer"))
    make_fill()
    Group.objects.create(name="empty")
    Entry.objects.create(subject="run 325000", action="facts", by=root, click=uuid4())
    for model in WORDS:
        for name in ("used", "unused"):
            model.objects.create(name=name)
    for name in ("pixel", "strip", "tracking"):
        problems = getattr(certification, f"{name}_problems")
        problems.add(problems.model.objects.get(name="used"))
    make_user("newcomer").groups.clear()
    return certification


def everything(*but: type[Model]) -> str:
    models = [model for model in apps.get_models(include_auto_created=True) if model not in (LogEntry, Session, *but)]
    return serializers.serialize("json", [row for model in models for row in model._base_manager.order_by("pk")])


def root_request(root):
    request = RequestFactory().get("/")
    request.user = root
    return request


def may_write(model: type[Model], root) -> bool:
    of, request = admin_of(model), root_request(root)
    return any((of.has_add_permission(request), of.has_change_permission(request), of.has_delete_permission(request)))


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model.__name__)
def test_every_admin_is_to_be_read_or_keeps_a_history(root, model):
    of = admin_of(model)
    if may_write(model, root):
        assert isinstance(of, RecordedAdmin)
        assert model in EDITABLE
    else:
        assert isinstance(of, ReadOnlyAdmin)
        assert not of.get_actions(root_request(root))
        assert not of.get_inline_instances(root_request(root))
    assert not of.list_editable
    # Rows of other models would be written without a page of their own.
    assert not of.get_inline_instances(root_request(root))
    assert not (*of.autocomplete_fields, *of.raw_id_fields)


# What a person changes elsewhere; the history is nobody's to change.
ELSEWHERE = [model for model in REGISTERED if model not in (*EDITABLE, Entry)]


@pytest.mark.parametrize("model", ELSEWHERE, ids=lambda model: model.__name__)
def test_what_is_only_read_links_to_where_it_is_changed(as_root, world, model):
    OmsRun.objects.update(fill=OmsFill.objects.get())
    row = model._default_manager.order_by("pk").first()
    shown = as_root.get(page(row)).text
    links = re.findall(r'<a href="(/(?:list|certify)/[^"]*)"', shown)
    assert links
    assert {resolve(urlsplit(html.unescape(link)).path).app_name for link in links} <= {"listruns", "certify"}


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model.__name__)
def test_the_list_of_an_admin_saves_nothing(as_root, world, model):
    row = model._default_manager.order_by("pk").first()
    before = everything()
    fields = {"form-0-id": row.pk, "form-0-name": "mine", "form-0-is_active": "", "form-0-is_reference": "on"}
    sent = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", **fields, "_save": "Save"}
    as_root.post(listing(model), sent)
    assert everything() == before


@pytest.mark.parametrize(("method", "status"), [("get", 200), ("post", 405)])
def test_the_search_for_choices_only_reads(as_root, world, method, status):
    asked = {"term": "u", "app_label": "certify", "model_name": "trackercertification", "field_name": "author"}
    before = everything()
    assert getattr(as_root, method)("/admin/autocomplete/", asked).status_code == status
    assert everything() == before


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model.__name__)
def test_no_action_changes_anything_without_an_entry_of_who(as_root, root, world, model):
    actions = {*admin_of(model).get_actions(root_request(root)), "delete_selected", "retire", "make_reference"}
    for action in sorted(actions):
        for row in model._default_manager.order_by("pk"):
            if row == root:
                continue
            before, entries = everything(Entry), Entry.objects.count()
            act(as_root, action, row, post="yes")
            if everything(Entry) != before:
                assert Entry.objects.count() == entries + 1, (action, row)
                assert (Entry.objects.first().by, Entry.objects.first().action) == (root, "admin")
            else:
                assert Entry.objects.count() == entries


@pytest.mark.parametrize("model", EDITABLE, ids=lambda model: model.__name__)
def test_a_page_that_changes_nothing_leaves_no_entry(as_root, world, model):
    row = model._default_manager.order_by("pk").last()
    before = everything()
    assert send(as_root, row).status_code == 302
    assert everything() == before


TYPED = {
    **{model: {"is_retired": "on"} for model in WORDS},
    RunReconstruction: {"is_reference": "on"},
    User: {"first_name": "Ada"},
    Group: {"name": "renamed"},
}


@pytest.mark.parametrize("model", EDITABLE, ids=lambda model: model.__name__)
def test_a_stale_page_overwrites_nothing(as_root, root, world, model):
    row = model._default_manager.order_by("pk").last()
    stale = served(as_root.get(page(row)))
    assert send(as_root, row, **TYPED[model]).status_code == 302
    before = everything()
    answer = as_root.post(page(row), stale)
    assert answer.status_code == 200
    assert "after you opened the page" in errors(answer) and "by root" in errors(answer)
    assert everything() == before


@pytest.mark.parametrize("made_from", [None, "", "odd", "0" * 400])
def test_a_page_that_does_not_say_what_it_was_made_from_changes_nothing(as_root, world, made_from):
    word = PixelProblem.objects.get(name="unused")
    answer = send(as_root, word, is_retired="on", made_from=made_from)
    assert answer.status_code == 200 and "Reload the page" in errors(answer)
    assert served(answer)["is_retired"] == "on"
    assert not PixelProblem.objects.get(name="unused").is_retired


@pytest.mark.parametrize("model", EDITABLE, ids=lambda model: model.__name__)
def test_no_browser_fills_these_forms_in_by_itself(as_root, world, model):
    answer = as_root.get(page(model._default_manager.order_by("pk").last()))
    for bound in answer.context["adminform"].form:
        inputs = re.findall(r"<(?:input|textarea|select)[^>]*>", str(bound))
        assert all('autocomplete="off"' in each and not each.startswith("<select") for each in inputs), inputs
    assert re.search(r'<input[^>]*autocomplete="off"', answer.text)


@pytest.mark.parametrize("model", EDITABLE, ids=lambda model: model.__name__)
def test_who_may_only_read_reads_and_changes_nothing(client, world, model):
    reader = make_user("reader")
    reader.is_staff = True
    reader.save()
    reader.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    reader.groups.clear()
    client.force_login(reader)
    row, before = model._default_manager.order_by("pk").first(), everything(User)
    assert client.get(page(row)).status_code == 200
    assert 'name="made_from"' not in client.get(page(row)).text
    assert client.post(page(row), TYPED[model]).status_code == 403
    assert everything(User) == before


def test_what_is_made_and_deleted_stands_in_the_history(as_root, root):
    assert as_root.post("/admin/certify/badreason/add/", {"name": "DAQ"}).status_code == 302
    made = Entry.objects.get()
    assert (made.subject, made.action, made.by) == ("bad reason DAQ", "admin", root)
    assert made.changes == {"name": [None, "DAQ"], "is_retired": [None, False]}
    reason = BadReason.objects.get()
    assert as_root.post(page(reason, "delete"), {"post": "yes"}).status_code == 302
    deleted = Entry.objects.first()
    assert (deleted.row, deleted.changes["name"]) == (reason.pk, ["DAQ", None])


def test_subjects_of_long_names_fit(as_root):
    name = "x" * 120
    assert as_root.post("/admin/certify/badreason/add/", {"name": name}).status_code == 302
    assert Entry.objects.get().subject == f"bad reason {name}"[:60]


def test_what_is_protected_at_the_last_moment_is_told_in_a_sentence(as_root, world, monkeypatch):
    """Somebody uses the word between the question whether it is used and its deletion."""
    word = PixelProblem.objects.get(name="used")
    monkeypatch.setattr(PixelProblem, "is_used", lambda self: False)
    monkeypatch.setattr(admin_of(PixelProblem), "get_deleted_objects", lambda rows, request: ([], {}, set(), []))
    with pytest.raises(ProtectedError):
        word.delete()
    before = everything()
    for answer in (
        as_root.post(page(word, "delete"), {"post": "yes"}, follow=True),
        act(as_root, "delete_selected", word, post="yes"),
    ):
        assert answer.status_code == 200 and "Nothing was deleted" in said(answer)
    assert everything() == before


def test_the_history_itself_is_only_read(as_root, world):
    entry = Entry.objects.first()
    assert as_root.get(page(entry)).status_code == 200
    assert as_root.post(page(entry), {"subject": "mine"}).status_code == 403
    assert as_root.post(page(entry, "delete"), {"post": "yes"}).status_code == 403
    assert as_root.get(listing(Entry)).status_code == 200
