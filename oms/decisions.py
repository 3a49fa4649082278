"""What a person decides where two values of a fact differ, and what follows from it.

Who may decide is the rule of a higher app: `certify.facts.decide` asks for it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from history.models import Action, Entry
from oms.differences import locked_owner, reconcile, subject_of
from oms.exceptions import DecisionOvertaken
from oms.models import Decision, Difference, OmsFill, OmsRun, State
from oms.typed import plain
from users.models import User


def decide(
    pk: int,
    decision: Decision,
    reason: str,
    by: User,
    *,
    shown: list[object],
    click: UUID,
    typed_by: User | None = None,
) -> Difference | None:
    """The other value replaces the stored one (THEIRS), or that stays (MINE). None if it was decided before.

    `shown`: the other value and its unit as the page showed them, and where it says so the stored ones behind them.
    `typed_by`: whose form it is that `by` took over.
    Raises DecisionOvertaken when they are others by now.
    """
    with transaction.atomic():
        owner = locked_owner(pk)
        task = Difference.objects.open().with_all_shown().filter(pk=pk).first()
        if task is None or owner is None:
            return None
        if shown not in (task.told, [*task.told, *task.stored]) or not _is_current(task, owner):
            raise DecisionOvertaken(task)
        changes = _take(owner, task, by) if decision == Decision.THEIRS else {}
        task.state = State.TAKEN if decision == Decision.THEIRS else State.KEPT
        # What OMS says otherwise still stands, so that it is not asked again; a proposal is over.
        task.stands = task.state == State.KEPT and not task.is_proposal
        task.decided_at, task.decided_by, task.reason = timezone.now(), by, reason
        task.save()
        reconcile(owner)
        _record(owner, task, changes, click, typed_by)
    return task


def _is_current(task: Difference, owner: OmsRun | OmsFill) -> bool:
    return task.is_proposal or task.name in owner.official


def _record(
    owner: OmsRun | OmsFill,
    task: Difference,
    changes: dict[str, list[object]],
    click: UUID,
    typed_by: User | None,
) -> None:
    """Who proposed the value stands in the entry of the proposal, too; who filled in this form only here."""
    actions = (Action.ACCEPTED, Action.DECLINED) if task.is_proposal else (Action.TAKEN, Action.KEPT)
    Entry.objects.create(
        subject=subject_of(owner),
        action=actions[0] if task.state == State.TAKEN else actions[1],
        by=task.decided_by,
        typed_by=typed_by or task.told_by,
        reason=task.reason,
        changes=changes or {task.name: [task.told[0], task.stored[0]]},
        click=click,
    )


def _take(owner: OmsRun | OmsFill, task: Difference, by: User) -> dict[str, list[object]]:
    name = task.name
    followers = {"hlt_key": ["run_type"], "stable_beam": ["run_type"], "fill_number": ["fill"]}.get(name, [])
    names = [name, *(each for each in (f"{name}_unit", *followers) if hasattr(owner, each))]
    before = {each: plain(owner, each) for each in names}
    if task.is_proposal:
        owner.type_in(_proposed(owner, task), task.told_by)
        owner.changed_by = by
    else:
        owner.accept_official(name)
    if isinstance(owner, OmsRun):
        owner.due_at, owner.tries = None, 0  # what follows from it is looked for in the next round
    owner.save()
    return {each: [before[each], plain(owner, each)] for each in names if before[each] != plain(owner, each)}


def _proposed(owner: OmsRun | OmsFill, task: Difference) -> dict[str, Any]:
    value, unit = task.told
    changes = {task.name: value}
    if hasattr(owner, f"{task.name}_unit"):
        changes[f"{task.name}_unit"] = unit
    if task.name == "fill_number":
        changes["fill"] = OmsFill.objects.filter(pk=value).first()
    return {name: new for name, new in changes.items() if getattr(owner, name) != new}
