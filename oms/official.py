"""What a service says of a run or fill: taken over, with the history of what was there before."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from history.models import Action, Entry
from oms.answers import Facts
from oms.differences import reconcile, subject_of
from oms.models import OmsFill, OmsRun, Source
from oms.typed import plain

# Ours, and none of them a fact.
_NO_FACTS = frozenset({"fetched_at", "units", "changed_by", "leased_until", "due_at", "tries"})


def take_over(owner: OmsRun | OmsFill, facts: Facts, source: Source, click: UUID | None = None) -> dict[str, list[Any]]:
    """Store the facts; what a person typed stays, and is a task where OMS says otherwise. In a transaction.

    Returns what changed: name → [old, new].
    """
    names = [field.name for field in owner._meta.concrete_fields if field.name not in _NO_FACTS]
    before = {name: plain(owner, name) for name in names}
    had_official = bool(owner.official)
    owner.apply(facts, source)
    owner.save()
    changes = {name: [before[name], plain(owner, name)] for name in names if before[name] != plain(owner, name)}
    if changes:
        Entry.objects.create(
            subject=subject_of(owner),
            action=Action.UPDATED,
            source=source.label,
            changes=changes,
            click=click or uuid4(),
        )
    if had_official or owner.official or changes:
        reconcile(owner)
    return changes
