"""The one place that writes facts of runs and fills, with what follows from them for certifications.

`oms` stores the facts; what is found here, in the same transaction: whether somebody else has to decide about a typed
fact, and whose verdict turned. A test keeps everybody else from calling the writers of `oms`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from certify.chronicle import subject
from certify.deciders import (
    by_fact,
    certifications_on,
    certified_since,
    left_to_others,
    may_decide,
    who_decides,
    would_turn,
)
from certify.exceptions import FactsOvertaken, MayNotDecide
from certify.models import TrackerCertification
from certify.notices import notify, notify_person
from history.models import Action, Entry
from oms import decisions, services, typed
from oms.answers import Facts
from oms.client import OmsClient
from oms.differences import locked_owner, propose, reconcile, subject_of, withdraw
from oms.forms import FactsForm
from oms.models import TURNING, Decision, Difference, OmsFill, OmsRun, RunType, Source
from oms.official import take_over
from oms.storing import storing
from users.models import User

_DECIDED = (Action.ACCEPTED, Action.DECLINED)
_RULE = "the rule for run types"  # as the history says who it was

State = dict[str, Any]


@dataclass(frozen=True)
class Cause:
    """Who or what turns verdicts. `typed_by`: who had typed what `by` decided for."""

    click: UUID
    by: User | None = None
    typed_by: User | None = None
    source: str = ""
    reason: str = ""


def retrieve(run_number: int, client: OmsClient, anew: bool = False) -> OmsRun:
    """The run with its fill, asked of OMS where ours does not do. Raises OmsApiError and UpstreamError."""
    return services.retrieve_with_fill(run_number, client, anew, store=remember)


def remember(run_number: int, facts: Facts, source: Source) -> OmsRun:
    """Store what a service says of the run; what a person typed stays as it is. Raises OmsApiDataInvalid."""
    with storing(f"run {run_number}"):
        run, _ = OmsRun.objects.select_for_update(no_key=True).get_or_create(pk=run_number)
        before, click = _turning(run), uuid4()
        take_over(run, facts, source, click)
        _tell_turned(run, before, Cause(click, source=source.label))
    return run


def type_in(
    owner: OmsRun | OmsFill, changes: State, by: User, click: UUID, typed_by: User | None = None
) -> list[Difference]:
    """Store what a person typed. What somebody else has to decide is returned, kept as differences.

    `owner` is locked and as stored, in a transaction. `typed_by`: whose typing it is that `by` took over.
    """
    left = left_to_others(owner, changes, by)
    facts = by_fact(changes)
    now = {name: new for fact, values in facts.items() if fact not in left for name, new in values.items()}
    before = _turning(owner)
    typed.type_in(owner, now, by, click, typed_by)
    _tell_turned(owner, before, Cause(click, by=by, typed_by=typed_by))
    return [propose(owner, fact, _as_told(owner, fact, facts[fact]), by, click, typed_by) for fact in left]


def is_news(owner: OmsRun | OmsFill, changes: State, by: User) -> bool:
    """Whether any of it is neither stored nor proposed by them already, as by the first of two clicks."""
    proposed = (
        {} if owner._state.adding else dict(owner.differences.open().filter(told_by=by).values_list("name", "told"))
    )
    facts = by_fact(changes)
    return any(proposed.get(fact) != _as_told(owner, fact, values) for fact, values in facts.items())


def refuse_newer(form: FactsForm, stored: OmsRun | OmsFill) -> None:
    """Ask again about what came after the page was made. `stored` is locked. Raises FactsOvertaken."""
    form.tell_of_newer(stored)
    if form.errors:
        raise FactsOvertaken("Meanwhile facts of the run were changed.")


def take_back(undone: UUID, by: User, click: UUID, typed_by: User | None = None) -> list[str]:
    """Undo what the click `undone` typed of facts, but nothing on which somebody else has come to depend.

    Returns the facts that stay, in words: those that would turn another person's verdict, and all of a run or fill on
    which another person has certified since, or whose certification they completed.
    """
    staying: list[str] = []
    for entry in Entry.objects.filter(click=undone, action=Action.FACTS):
        owner = typed.typed_owner(entry)
        if owner is None:
            continue
        before, settled = _turning(owner), _settled_for_others(owner, entry, by)
        told = [name for name in settled if name != "fill" or "fill_number" not in settled]
        staying += [f"{typed.fact_label(entry, name).lower()} of {entry.subject}" for name in told]
        typed.take_back(owner, entry, by, click, settled, typed_by)
        _tell_turned(owner, before, Cause(click, by=by, typed_by=typed_by))
    withdraw(undone, by, click, typed_by)
    return staying


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
    """See `oms.decisions.decide`. Raises MayNotDecide, too, by the rights of this moment."""
    with transaction.atomic():
        owner = locked_owner(pk)
        difference = Difference.objects.open().filter(pk=pk).first()
        if owner is None or difference is None:
            return None
        if not may_decide(by.as_of_now(), difference):
            raise MayNotDecide(difference, who_decides(difference))
        before = _turning(owner)
        decided = decisions.decide(pk, decision, reason, by, shown=shown, click=click, typed_by=typed_by)
        owner.refresh_from_db()
        typist = typed_by or (decided and decided.told_by)
        turned = _tell_turned(owner, before, Cause(click, by=by, typed_by=typist, reason=reason))
        if decided and decided.told_by and decided.told_by not in turned:
            told = Entry.objects.filter(click=click, subject=subject_of(owner), action__in=_DECIDED)
            notify_person(told.latest("id"), decided.told_by)
    return decided


def recompute_run_types(runs: Iterable[OmsRun]) -> int:
    """Give runs whose type was computed the type that the rule says today. How many changed."""
    return sum(_recompute(run.pk) for run in runs)


def _recompute(run_number: int) -> bool:
    with transaction.atomic():
        run = OmsRun.objects.select_for_update(no_key=True).filter(pk=run_number).first()
        if run is None:
            return False
        before, click = _turning(run), uuid4()
        if "run_type" not in run.typed:
            run.compute_run_type()
        if run.run_type == before.get("run_type"):
            return False
        run.save(update_fields=["run_type"])
        changes = {"run_type": [before["run_type"], str(run.run_type)]}
        Entry.objects.create(subject=subject_of(run), action=Action.UPDATED, source=_RULE, changes=changes, click=click)
        reconcile(run)
        _tell_turned(run, before, Cause(click, source=_RULE))
    return True


def _turning(owner: OmsRun | OmsFill) -> State:
    """The facts that decide a verdict."""
    return {name: _plain(getattr(owner, name)) for name in sorted(TURNING) if isinstance(owner, OmsRun)}


def _tell_turned(owner: OmsRun | OmsFill, before: State, cause: Cause) -> set[User]:
    """Each certification whose verdict is another now gets an entry of its own, and its author a notice: they."""
    after, authors = _turning(owner), set()
    if before.get("run_type") == after.get("run_type"):
        return authors
    because = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    live = TrackerCertification.objects.filter(run_reconstruction__run=owner.pk)
    for certification in live.select_related("run_reconstruction", "author"):
        was, becomes = (certification.is_good_as(each["run_type"]) for each in (before, after))
        if was != becomes:
            changes = {"verdict": [_verdict(was), _verdict(becomes)], **because}
            _record_turned(certification, changes, cause)
            authors.add(certification.author)
    return authors


def _record_turned(certification: TrackerCertification, changes: State, cause: Cause) -> None:
    entry = Entry.objects.create(
        subject=subject(certification.run_reconstruction),
        row=certification.pk,
        action=Action.TURNED,
        by=cause.by,
        typed_by=cause.typed_by,
        source=cause.source,
        reason=cause.reason,
        changes=changes,
        click=cause.click,
    )
    notify(entry, certification)


def _settled_for_others(owner: OmsRun | OmsFill, entry: Entry, by: User) -> list[str]:
    """The facts of `entry` that are no longer theirs alone to take back."""
    if by.is_shift_leader:
        return []
    mine = typed.still_typed(owner, entry)
    if certified_since(owner, entry.at, by):
        return mine
    back = {name: entry.changes[name][0] for name in mine if name in TURNING}
    others = list(certifications_on(owner).exclude(author=by))
    return list(back) if would_turn(owner, back, others) else []


def _as_told(owner: OmsRun | OmsFill, fact: str, values: State) -> list[Any]:
    stored = owner.told(fact)
    return [values.get(fact, stored.value), values.get(f"{fact}_unit", stored.unit)]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, RunType) else value


def _verdict(is_good: bool) -> str:
    return "good" if is_good else "bad"
