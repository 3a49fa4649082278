"""Facts that people type: stored with the history of what was there before, and taken back again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser

from history.models import Action, Entry
from oms.differences import reconcile, subject_of
from oms.models import TURNING, OmsFill, OmsRun, UpstreamFacts
from oms.typed_facts import TypedFact
from oms.units import pretty
from users.models import User

__all__ = ["fact_label", "fact_words", "plain", "subject_of", "take_back", "type_in", "typed_owner"]


def type_in(
    owner: UpstreamFacts, changes: dict[str, Any], by: AbstractBaseUser, click: UUID, typed_by: User | None = None
) -> None:
    """Save what a person typed and what was there before. `typed_by`: whose typing it is that `by` took over."""
    names = [*changes, *(["run_type"] if "run_type" not in changes and TURNING & set(changes) else [])]
    before = {name: plain(owner, name) for name in names}
    stamps = _stamps(owner, names)
    owner.type_in(changes, by)
    owner.save()
    if changes:
        reconcile(owner)
    _record(owner, before, stamps, by, Action.FACTS, click, typed_by)


def take_back(
    owner: UpstreamFacts,
    entry: Entry,
    by: AbstractBaseUser,
    click: UUID,
    but: Collection[str] = (),
    typed_by: User | None = None,
) -> None:
    """Give the facts of `entry` back the values they had, as far as nobody has changed or confirmed them since.

    `but`: names of facts that stay as they are.
    """
    mine = [name for name in still_typed(owner, entry) if name not in but]
    before = {name: plain(owner, name) for name in mine}
    stamps = _stamps(owner, mine)
    for name in mine:
        setattr(owner, owner._meta.get_field(name).attname, entry.changes[name][0])
        owner.typed.pop(name, None)
        if entry.state["typed"].get(name):
            owner.typed[name] = TypedFact.from_stamp(name, entry.state["typed"][name])
    owner.settle()
    owner.save()
    reconcile(owner)
    _record(owner, before, stamps, by, Action.UNDONE, click, typed_by)


def still_typed(owner: UpstreamFacts, entry: Entry) -> list[str]:
    """The facts of `entry` that nobody has changed or confirmed since."""
    current = [name for name, (_, new) in entry.changes.items() if plain(owner, name) == new]
    mine = [name for name in current if name in owner.typed or entry.changes[name][1] in (None, "")]
    # A run type that was computed from what was typed follows it.
    follows = "run_type" in current and "run_type" not in owner.typed and TURNING & set(mine)
    return [*mine, "run_type"] if follows and "run_type" not in mine else mine


def _stamps(owner: UpstreamFacts, names: Collection[str]) -> dict[str, Any]:
    """Who had typed what, as the history keeps it."""
    typed = owner.typed
    return {name: typed[name].stamp if name in typed else None for name in names}


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
    typed_by: User | None = None,
) -> None:
    changes = {name: [old, plain(owner, name)] for name, old in before.items() if old != plain(owner, name)}
    if changes:
        Entry.objects.create(
            subject=subject_of(owner),
            action=action,
            by=by,
            typed_by=typed_by,
            state={"typed": stamps},
            changes=changes,
            click=click,
        )


def typed_owner(entry: Entry) -> UpstreamFacts | None:
    """What `entry` is about, if it is there; nobody else changes it before this transaction ends."""
    kind, number = entry.subject.split()
    model = OmsRun if kind == "run" else OmsFill
    return model.objects.select_for_update(no_key=True).filter(pk=int(number)).first()


def plain(owner: UpstreamFacts, name: str) -> Any:
    """A fact as the history keeps it."""
    value = getattr(owner, owner._meta.get_field(name).attname)
    return value.isoformat() if isinstance(value, datetime) else value
