"""What a person decides where she and OMS differ, and what follows from it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from history.models import Action, Entry
from oms.exceptions import DecisionOvertaken
from oms.models import Contradiction, Decision, OmsFill, OmsRun
from oms.typed import plain, subject_of
from users.models import User


def decide(
    pk: int, decision: Decision, reason: str, by: User, *, shown: list[object], click: UUID
) -> Contradiction | None:
    """OMS's value replaces the typed one (THEIRS), or the typed one stays (MINE). None if it was decided before.

    `shown`: OMS's value and unit as the page showed them. Raises DecisionOvertaken when it says otherwise by now.
    """
    with transaction.atomic():
        owner = _locked_owner(pk)
        task = Contradiction.objects.open().filter(pk=pk).first()
        if task is None or owner is None:
            return None
        if shown != task.official or task.name not in owner.official:
            raise DecisionOvertaken(task.label)
        changes = _take_theirs(owner, task.name) if decision == Decision.THEIRS else {}
        task.decision, task.decided_at, task.decided_by, task.reason = decision, timezone.now(), by, reason
        task.save()
        Entry.objects.create(
            subject=subject_of(owner),
            action=Action.TAKEN if decision == Decision.THEIRS else Action.KEPT,
            by=by,
            reason=reason,
            changes=changes or {task.name: [task.official[0], task.typed[0]]},
            click=click,
        )
    return task


def _locked_owner(pk: int) -> OmsRun | OmsFill | None:
    """Nobody else changes it before this transaction ends."""
    task = Contradiction.objects.filter(pk=pk).select_related("run", "fill").first()
    return type(task.owner).objects.select_for_update().get(pk=task.owner.pk) if task else None


def _take_theirs(owner: OmsRun | OmsFill, name: str) -> dict[str, list[object]]:
    followers = {"hlt_key": ["run_type"], "fill_number": ["fill"]}.get(name, [])
    names = [name, *(each for each in (f"{name}_unit", *followers) if hasattr(owner, each))]
    before = {each: plain(owner, each) for each in names}
    owner.accept_official(name)
    if isinstance(owner, OmsRun):
        owner.due_at, owner.tries = None, 0  # what follows from it is looked for in the next round
    owner.save()
    return {each: [before[each], plain(owner, each)] for each in names if before[each] != plain(owner, each)}
