"""Every address of the application, found in its URL patterns, and those through which something is stored."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core import serializers
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse

from certify import facts, writer
from certify.models import BadReason, Draft, PixelProblem, RunReconstruction, StripProblem, TrackingProblem
from certify.writer import Act
from history.models import Entry
from oms.answers import Facts
from oms.models import Difference, OmsRun, Source
from runregistry.known import remember
from runregistry.rows import RegistryDataset
from tests.admin_pages import listing, page, served
from tests.factories import PROMPT, VERDICT, make_certification, make_user
from users.models import User

# Whatever a pattern asks for, something that can be there.
_SAMPLES = {"run_number": "325000", "reco": "prompt", "app_label": "certify", "url": "nothing/here"}
_ASKED = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")
WORDS = (PixelProblem, StripProblem, TrackingProblem, BadReason)
URL = "/list/325000/prompt/"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def addresses() -> Iterator[tuple[str, str]]:
    """(name, path) of every pattern, the admin's too."""
    return _addresses(get_resolver(), "/", "")


def _addresses(resolver: Any, before: str, space: str) -> Iterator[tuple[str, str]]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _addresses(pattern, route, f"{pattern.namespace}:" if pattern.namespace else space)
        else:
            path = _ASKED.sub(lambda asked: _SAMPLES.get(asked[1] or asked[2], "1"), route)
            yield f"{space}{pattern.name}", re.sub(r"[\^$]", "", path)


def everything() -> str:
    """What is stored, but for sessions and drafts."""
    but = (Session, LogEntry, Draft)
    models = [model for model in apps.get_models(include_auto_created=True) if model not in but]
    rows = json.loads(
        serializers.serialize("json", [row for model in models for row in model._base_manager.order_by("pk")])
    )
    for row in rows:
        row["fields"].pop("last_login", None)
    return json.dumps(rows)


def form_to(answer: HttpResponse, path: str) -> dict[str, str]:
    """The hidden fields of the page's form that is sent there."""
    form = next(part for part in answer.text.split("<form ")[1:] if f'action="{path}"' in part.split(">")[0])
    return hidden_in(form.split("</form>")[0])


def hidden_in(html: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _HIDDEN.findall(html)}


@dataclass(frozen=True)
class Sent:
    """A form as its page sends it. `again`: what is typed once more, because no page keeps it."""

    path: str
    fields: dict[str, Any]
    again: dict[str, Any] = field(default_factory=dict)


# Each makes its world and the form; `by` may do everything.
Door = Callable[[Client, User], Sent]


def certify(client: Client, by: User) -> Sent:
    return Sent("/certify/325000/express/", {**VERDICT, "omsrun-run_type": "cosmics", "draft_page": "one"})


def update(client: Client, by: User) -> Sent:
    version = make_certification(by).version
    facts_shown = {"omsrun-run_type": "collisions", "initial-omsrun-run_type": "collisions"}
    return Sent(f"{URL}update/", {**VERDICT, **facts_shown, "comment": "new", "version": version, "draft_page": "one"})


def conflict(client: Client, by: User) -> Sent:
    sent = update(client, by)
    return Sent(f"{URL}conflict/", sent.fields, {"merge": "mine"})


def delete(client: Client, by: User) -> Sent:
    return Sent(f"{URL}delete/", {"version": make_certification(by).version, "reason": "wrong run"})


def _deleted(by: User) -> tuple[int, int]:
    certification = writer.delete(make_certification(by).pk, 1, Act(by, "wrong run"))
    return certification.pk, certification.version


def restore(client: Client, by: User) -> Sent:
    pk, version = _deleted(by)
    return Sent(f"/list/bin/{pk}/restore/", {"version": version})


def purge(client: Client, by: User) -> Sent:
    pk, version = _deleted(by)
    return Sent(f"/list/bin/{pk}/purge/", {"version": version})


def undo(client: Client, by: User) -> Sent:
    _deleted(by)
    return Sent(f"/list/undo/{Entry.objects.first().pk}/", {})


def bring_back(client: Client, by: User) -> Sent:
    pk, version = _deleted(by)
    writer.restore(pk, version, Act(by))
    first = Entry.objects.last()
    return Sent(f"{URL}versions/{first.pk}/bring-back/", {"version": version + 1})


def move(client: Client, by: User) -> Sent:
    other = PROMPT.replace("D/", "E/")
    remember([RegistryDataset(325000, name, "OPEN", "Collisions18") for name in (PROMPT, other)])
    certification = make_certification(by)
    url = f"{URL}dataset/?{urlencode({'dataset': certification.dataset_name})}"
    return Sent(url, {"version": certification.version, "to": other})


def decide(client: Client, by: User) -> Sent:
    make_certification(by)
    facts.type_in(OmsRun.objects.get(), {"lumisections": 7}, by, uuid4())
    facts.remember(325000, Facts({"lumisections": 8}), Source.OMS)
    name = f"task-{Difference.objects.get().pk}"
    return Sent("/list/325000/differences/", {f"{name}-decision": "theirs", f"{name}-shown": '[8, "", 7, ""]'})


def _add(model: type[Model], fields: dict[str, Any], again: dict[str, Any]) -> Door:
    return lambda client, by: Sent(page_to_add(model), {**fields, "_save": "Save"}, again)


def page_to_add(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")


def _change(make: Callable[[], Model], **typed: str) -> Door:
    def door(client: Client, by: User) -> Sent:
        row = make()
        client.force_login(by)
        return Sent(page(row), {**served(client.get(page(row))), **typed, "_save": "Save"})

    return door


def _remove(make: Callable[[], Model]) -> Door:
    return lambda client, by: Sent(page(make(), "delete"), {"post": "yes"})


def _act(make: Callable[[], Model], action: str, **more: str) -> Door:
    def door(client: Client, by: User) -> Sent:
        row = make()
        return Sent(listing(type(row)), {"action": action, "_selected_action": str(row.pk), **more})

    return door


def _password(client: Client, by: User) -> Sent:
    typed = {"password1": "a-long-new-secret", "password2": "a-long-new-secret", "usable_password": "true"}
    return Sent(f"/admin/users/user/{make_user('newcomer').pk}/password/", {}, typed)


def _referred(**marks: bool) -> Callable[[], RunReconstruction]:
    """A certified reconstruction."""

    def make() -> RunReconstruction:
        of = make_certification(make_user("writer")).run_reconstruction
        RunReconstruction.objects.filter(pk=of.pk).update(**marks)
        return of

    return make


def _of_the_admin() -> Iterator[tuple[str, Door]]:
    group = {"make": lambda: Group.objects.create(name="empty")}
    person = {"make": lambda: User.objects.create_user("newcomer")}
    secret = {"password1": "a-long-new-secret", "password2": "a-long-new-secret", "usable_password": "true"}
    yield "auth_group_add", _add(Group, {"name": "helpers"}, {})
    yield "auth_group_change", _change(**group, name="helpers")
    yield "users_user_add", _add(User, {"username": "new"}, secret)
    yield "users_user_change", _change(**person, first_name="Ada")
    yield "auth_user_password_change", _password
    for name, kind in (("auth_group", group), ("users_user", person), *_words()):
        yield f"{name}_delete", _remove(**kind)
        yield f"{name}_changelist", _act(**kind, action="delete_selected", post="yes")
    for name, kind in _words():
        yield f"{name}_add", _add(type_of[name], {"name": "Noise"}, {})
        yield f"{name}_change", _change(**kind, is_retired="on")
        yield f"{name}_changelist retire", _act(**kind, action="retire")
    yield "certify_badreason_changelist offer again", _act(_retired, "offer_again")
    yield "certify_runreconstruction_change", _change(_referred(), is_reference="on")
    yield "certify_runreconstruction_changelist", _act(_referred(), "make_reference")
    yield (
        "certify_runreconstruction_changelist no more",
        _act(_referred(is_reference=True), "make_no_reference"),
    )


type_of = {f"certify_{model._meta.model_name}": model for model in WORDS}


def _words() -> list[tuple[str, dict[str, Callable[[], Model]]]]:
    return [(name, {"make": lambda model=model: model.objects.create(name="Noise")}) for name, model in type_of.items()]


def _retired() -> BadReason:
    return BadReason.objects.create(name="Noise", is_retired=True)


# By the name of the address, and which of its buttons.
DOORS: dict[str, Door] = {
    "certify:certify": certify,
    "listruns:update": update,
    "listruns:conflict": conflict,
    "listruns:delete": delete,
    "listruns:restore": restore,
    "listruns:purge": purge,
    "listruns:undo": undo,
    "listruns:bring_back": bring_back,
    "listruns:move": move,
    "listruns:differences_of_run": decide,
    **{f"admin:{name}": door for name, door in _of_the_admin()},
}
# What is sent there leaves no entry that names who did it.
WITHOUT_ENTRY = {
    "seen": "a mark on one's own notice",
    "seen_one": "a mark on one's own notice",
    "ask_now": "asks the services how they are",
    "listruns:refresh": "stores what services say, and the history names those",
    "openruns:claims": "a claim has no history",
    "openruns:openruns": "a search has no history",
    "listruns:list": "a search has no history",
    "certify:throw_away": "a draft has no history",
    "certify:draft": "a draft has no history",
    "login": "",
    "logout": "",
    "admin:login": "",
    "admin:logout": "",
    "admin:password_change": "the same address as own_password",
    "own_password": "one's own password, with an entry, but nobody takes that over",
}
