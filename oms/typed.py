"""Facts that people type: stored with the history of what was there before, and taken back again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser

from history.models import Action, Entry
from oms.contradictions import open_tasks
from oms.models import OmsFill, OmsRun, UpstreamFacts
from oms.units import pretty


def subject_of(owner: UpstreamFacts) -> str:
    return f"{'run' if isinstance(owner, OmsRun) else 'fill'} {owner.pk}"


def type_in(owner: UpstreamFacts, changes: dict[str, Any], by: AbstractBaseUser, click: UUID) -> None:
    """Save what a person typed and what was there before."""
    before = {name: plain(owner, name) for name in changes}
    stamps = {name: owner.typed.get(name) for name in changes}
    had_official = bool(owner.official)
    owner.type_in(changes, by)
    owner.save()
    if had_official or owner.official:
        open_tasks(owner)
    _record(owner, before, stamps, by, Action.FACTS, click)


def take_back(entry: Entry, by: AbstractBaseUser, click: UUID) -> None:
    """Give the facts of `entry` back the values they had, as far as nobody has changed or confirmed them since."""
    owner = _owner(entry)
    mine = [
        name
        for name, (_, new) in entry.changes.items()
        if plain(owner, name) == new and (name in owner.typed or new in (None, ""))
    ]
    before = {name: plain(owner, name) for name in mine}
    stamps = {name: owner.typed.get(name) for name in mine}
    for name in mine:
        setattr(owner, owner._meta.get_field(name).attname, entry.changes[name][0])
        owner.typed.pop(name, None)
        if entry.state["typed"].get(name):
            owner.typed[name] = entry.state["typed"][name]
    owner.settle()
    owner.save()
    open_tasks(owner)
    _record(owner, before, stamps, by, Action.UNDONE, click)


def fact_label(entry: Entry, name: str) -> str:
    model = OmsRun if entry.subject.startswith("run ") else OmsFill
    if name.endswith("_unit"):
        return f"Unit of the {model._meta.get_field(name.removesuffix('_unit')).verbose_name}"
    label = str(model._meta.get_field(name).verbose_name)
    return label[:1].upper() + label[1:]


def fact_words(name: str, value: Any) -> str:
    if value in (None, ""):
        return "–"
    return pretty(value) if name.endswith("_unit") else str(value)


def _record(
    owner: UpstreamFacts,
    before: dict[str, Any],
    stamps: dict[str, Any],
    by: AbstractBaseUser,
    action: Action,
    click: UUID,
) -> None:
    changes = {name: [old, plain(owner, name)] for name, old in before.items() if old != plain(owner, name)}
    if changes:
        Entry.objects.create(
            subject=subject_of(owner), action=action, by=by, state={"typed": stamps}, changes=changes, click=click
        )


def _owner(entry: Entry) -> UpstreamFacts:
    kind, number = entry.subject.split()
    model = OmsRun if kind == "run" else OmsFill
    return model.objects.select_for_update().get(pk=int(number))


def plain(owner: UpstreamFacts, name: str) -> Any:
    """A fact as the history keeps it."""
    value = getattr(owner, owner._meta.get_field(name).attname)
    return value.isoformat() if isinstance(value, datetime) else value
