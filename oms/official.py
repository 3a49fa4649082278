"""What a service says of a run or fill: taken over, with the history of what was there before."""

from __future__ import annotations

from uuid import uuid4

from history.models import Action, Entry
from oms.answers import Facts
from oms.contradictions import open_tasks
from oms.models import OmsFill, OmsRun, Source
from oms.typed import plain, subject_of

# Ours, and none of them a fact.
_NO_FACTS = frozenset({"fetched_at", "units", "typed", "official", "changed_by", "leased_until", "due_at", "tries"})


def take_over(owner: OmsRun | OmsFill, facts: Facts, source: Source) -> None:
    """Store the facts; what a person typed stays, and is a task where OMS says otherwise. In a transaction."""
    names = [field.name for field in owner._meta.concrete_fields if field.name not in _NO_FACTS]
    before = {name: plain(owner, name) for name in names}
    had_official = bool(owner.official)
    owner.apply(facts, source)
    owner.save()
    changes = {name: [before[name], plain(owner, name)] for name in names if before[name] != plain(owner, name)}
    if changes:
        Entry.objects.create(
            subject=subject_of(owner), action=Action.UPDATED, source=source.label, changes=changes, click=uuid4()
        )
    if had_official or owner.official:
        open_tasks(owner)
