"""The table of differences: what OMS says otherwise than people typed, and what people propose."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from history.models import Action, Entry
from oms.agreement import Told, agree
from oms.models import Difference, OmsFill, OmsRun, Source, State

_OURS = "CertHelper"  # as the history says who it was
Value = list[Any]  # [value, unit]


def subject_of(owner: OmsRun | OmsFill) -> str:
    return f"{'run' if isinstance(owner, OmsRun) else 'fill'} {owner.pk}"


def reconcile(owner: OmsRun | OmsFill) -> None:
    """Store `owner.official`, and settle what agrees by now. Call it whenever facts of `owner` have been saved."""
    standing = list(owner.differences.standing())
    of_oms = {each.name: each for each in standing if not each.is_proposal}
    for name, said in owner.official.items():
        _keep(owner, name, said, of_oms.pop(name, None))
    for over in of_oms.values():
        over.end(State.SETTLED)
    for proposal in filter(lambda each: each.is_proposal, standing):
        _bring_up_to_date(owner, proposal)


def propose(
    owner: OmsRun | OmsFill,
    name: str,
    told: Value,
    by: AbstractBaseUser,
    click: UUID,
    typed_by: AbstractBaseUser | None = None,
) -> Difference:
    """Keep what a person typed beside what is stored, for somebody else to decide.

    `typed_by`: whose typing it is that `by` took over.
    """
    proposal = owner.differences.open().filter(name=name, told_by=by).first()
    if proposal and proposal.told == told:
        return proposal
    proposal = proposal or Difference(**_of(owner), name=name, told_by=by)
    proposal.told, proposal.opened_at = told, timezone.now()
    _set_stored(owner, proposal)
    proposal.save()
    _record(owner, proposal, Action.PROPOSED, click, by=by, typed_by=typed_by)
    return proposal


def withdraw(undone: UUID, by: AbstractBaseUser, click: UUID, typed_by: AbstractBaseUser | None = None) -> None:
    """Take back what the click `undone` proposed and nobody has decided."""
    proposed = Entry.objects.filter(click=undone, action=Action.PROPOSED, by=by)
    keys = [entry.state["difference"] for entry in proposed]
    for pk in keys:
        owner = locked_owner(pk)
        if proposal := Difference.objects.open().filter(pk=pk, told_by=by).first():
            proposal.end(State.WITHDRAWN)
            _record(owner, proposal, Action.WITHDRAWN, click, by=by, typed_by=typed_by)


def locked_owner(pk: int) -> OmsRun | OmsFill | None:
    """What the difference is of; nobody else changes or decides it before this transaction ends."""
    task = Difference.objects.filter(pk=pk).select_related("run", "fill").first()
    return type(task.owner).objects.select_for_update(no_key=True).filter(pk=task.owner.pk).first() if task else None


def _keep(owner: OmsRun | OmsFill, name: str, said: dict[str, Any], row: Difference | None) -> None:
    told = owner.told(name)
    pair = [told.value, told.unit], [said["value"], said["unit"]]
    if row and (row.stored, row.told) == pair:
        return
    if row and row.state == State.KEPT:
        row.end(State.KEPT)
        row = None
    if row is None and not said["seen"] and _stands_again(owner, name, *pair):
        return  # it was decided, and neither has changed its word since
    row = row or Difference(**_of(owner), name=name, told_source=Source.OMS)
    if row.state == State.SEEN and not said["seen"]:
        row.opened_at = timezone.now()
    row.state = State.SEEN if said["seen"] else State.OPEN
    row.told = pair[1]
    _set_stored(owner, row)
    row.save()


def _stands_again(owner: OmsRun | OmsFill, name: str, stored: Value, told: Value) -> bool:
    kept = owner.differences.filter(name=name, told_by=None, state=State.KEPT, stored=stored, told=told).first()
    if kept:
        kept.stands = True
        kept.save()
    return kept is not None


def _bring_up_to_date(owner: OmsRun | OmsFill, proposal: Difference) -> None:
    stored = owner.told(proposal.name)
    if agree(Told(*proposal.told), stored):
        _settle(owner, proposal)
    elif proposal.stored != [stored.value, stored.unit]:
        _set_stored(owner, proposal)
        proposal.save()


def _settle(owner: OmsRun | OmsFill, proposal: Difference) -> None:
    """What was proposed came about otherwise: nobody need decide, and the history says so."""
    proposal.end(State.SETTLED)
    _record(owner, proposal, Action.SETTLED, uuid4(), source=_OURS)


def _record(owner: OmsRun | OmsFill, proposal: Difference, action: Action, click: UUID, **who: Any) -> None:
    """`who`: `by` and `typed_by`, or `source`."""
    Entry.objects.create(
        subject=subject_of(owner),
        action=action,
        state={"difference": proposal.pk},
        changes=_pairs(proposal),
        click=click,
        **who,
    )


def _pairs(proposal: Difference) -> dict[str, list[Any]]:
    name, stored, told = proposal.name, proposal.stored, proposal.told
    pairs = {name: [stored[0], told[0]], f"{name}_unit": [stored[1], told[1]]}
    return {each: pair for each, pair in pairs.items() if pair[0] != pair[1]}


def _set_stored(owner: OmsRun | OmsFill, row: Difference) -> None:
    told, typed = owner.told(row.name), owner.typist(row.name)
    row.stored = [told.value, told.unit]
    row.stored_by, row.stored_by_name = (typed.by, typed.by_name) if typed else (None, "")
    row.stored_source = "" if typed else owner.source


def _of(owner: OmsRun | OmsFill) -> dict[str, OmsRun | OmsFill]:
    return {"run" if isinstance(owner, OmsRun) else "fill": owner}
