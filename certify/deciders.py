"""Whose certifications stand on a fact, and who decides where two values of it differ."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from certify.models import TrackerCertification
from history.models import Action, Entry
from oms.models import TURNING, Difference, DifferenceQuerySet, OmsFill, OmsRun, RunType
from users.models import User

NOBODY_DEPENDS = "nobody else's certification depends on it any more"
_UNKNOWN = (None, "", [], RunType.UNKNOWN)


def certifications_on(owner: OmsRun | OmsFill) -> QuerySet[TrackerCertification]:
    """The live ones of the run, or of all runs of the fill."""
    return TrackerCertification.objects.filter(_of_run(owner.pk) if isinstance(owner, OmsRun) else _of_fill(owner.pk))


def left_to_others(owner: OmsRun | OmsFill, changes: dict[str, Any], by: User) -> list[str]:
    """The facts of `changes` that somebody else decides.

    These are the ones that would turn another person's verdict, or that replace a known fact on which certifications
    of others stand. A shift leader's take effect at once, and so does what nobody knows yet.
    """
    if not changes or by.is_shift_leader:
        return []
    others = list(certifications_on(owner).exclude(author=by))
    if not others:
        return []
    left: list[str] = []
    in_force: dict[str, Any] = {}
    for name, values in by_fact(changes).items():
        if _replaces(owner, values) or would_turn(owner, {**in_force, **values}, others):
            left.append(name)
        else:
            in_force |= values
    return left


def by_fact(changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Field by field, a number with its unit and the number of a fill with its row."""
    facts: dict[str, dict[str, Any]] = {}
    for name, value in changes.items():
        facts.setdefault("fill_number" if name == "fill" else name.removesuffix("_unit"), {})[name] = value
    return facts


def would_turn(owner: OmsRun | OmsFill, changes: dict[str, Any], certifications: list[TrackerCertification]) -> bool:
    if not isinstance(owner, OmsRun) or not TURNING & set(changes):
        return False
    becomes = owner.run_type_with(changes)
    return any(each.is_good_as(owner.run_type) != each.is_good_as(becomes) for each in certifications)


def tasks_of(user: User, among: DifferenceQuerySet | None = None) -> DifferenceQuerySet:
    """Open differences, of all or `among` some, that they may decide: all for a shift leader, else see `_theirs`.

    Where the other value would turn somebody else's verdict, only a shift leader decides what a service contradicts.
    """
    tasks = (Difference.objects.all() if among is None else among).open().with_all_shown()
    if user.is_shift_leader:
        return tasks
    theirs = tasks.filter(_theirs(user)) if user.may_certify else tasks.none()
    return theirs.exclude(pk__in=_turning_others(theirs, user))


def may_decide(user: User, difference: Difference) -> bool:
    return tasks_of(user, Difference.objects.filter(pk=difference.pk)).exists()


def _turning_others(tasks: DifferenceQuerySet, user: User) -> list[int]:
    contradictions = tasks.filter(told_by=None, name__in=TURNING, run__isnull=False)
    return [task.pk for task in contradictions if _authors_it_turns(task) - {user.pk}]


def _authors_it_turns(task: Difference) -> set[int]:
    """Whose verdicts would be others with the other value."""
    on_it, changes = certifications_on(task.owner).select_related("run_reconstruction"), {task.name: task.told[0]}
    return {each.author_id for each in on_it if would_turn(task.owner, changes, [each])}


def certified_since(owner: OmsRun | OmsFill, moment: datetime, by: User) -> bool:
    """Whether somebody else has certified or corrected on its facts after that moment, or has had all facts by them."""
    completed = Entry.objects.filter(row=OuterRef("pk"), action=Action.COMPLETED, at__gt=moment)
    others = certifications_on(owner).exclude(author=by)
    return others.filter(Q(updated_at__gt=moment) | Q(Exists(completed))).exists()


def who_decides(difference: Difference) -> str:
    """In words."""
    return _who_decides_proposal(difference) if difference.is_proposal else _who_decides_contradiction(difference)


def _who_decides_contradiction(difference: Difference) -> str:
    turned = list(User.objects.filter(pk__in=_authors_it_turns(difference)))
    if len(turned) > 1:
        return "the verdicts of several people would turn: a shift leader decides"
    if turned:
        also = f"{turned[0]} or " if turned[0].may_certify else ""
        return f"{turned[0]}'s verdict would turn: {also}a shift leader decides"
    typist = difference.stored_by
    also = f"{typist}, " if typist and typist.may_certify else ""
    return f"{also}whoever certified the run or a shift leader decides"


def _who_decides_proposal(difference: Difference) -> str:
    others = certifications_on(difference.owner).exclude(author=difference.told_by_id)
    authors = list(User.objects.filter(pk__in=others.values("author")))
    one = authors[0] if authors else difference.told_by
    also = f"{one} or " if len(authors) < 2 and one.may_certify else ""
    return f"{also}a shift leader decides" if authors else f"{NOBODY_DEPENDS}: {also}a shift leader decides"


def on_which_nobody_depends(tasks: Iterable[Difference]) -> set[int]:
    """Keys of the proposals that would take effect at once, were they made now."""
    proposals = Difference.objects.filter(pk__in=[task.pk for task in tasks if task.is_proposal])
    return set(proposals.filter(~Exists(_others())).values_list("pk", flat=True))


def _theirs(user: User) -> Q:
    """Where OMS contradicts what they typed or have certified on; of proposals, those on which only they depend.

    A proposal on which nobody else depends any more is decided by who made it.
    """
    on_it, others = _on_it(), _others()
    contradicted = Q(told_by=None) & (Q(stored_by=user) | Q(Exists(on_it.filter(author=user))))
    only_mine = Q(told_by__isnull=False) & ~Q(told_by=user)
    only_mine &= Q(Exists(others.filter(author=user))) & ~Q(Exists(others.exclude(author=user)))
    return contradicted | only_mine | Q(told_by=user) & ~Q(Exists(others))


def _on_it() -> QuerySet[TrackerCertification]:
    """Certifications on the run or fill of the difference outside."""
    return TrackerCertification.objects.filter(_of_run(OuterRef("run_id")) | _of_fill(OuterRef("fill_id")))


def _others() -> QuerySet[TrackerCertification]:
    return _on_it().exclude(author=OuterRef("told_by"))


def _of_run(pk: Any) -> Q:
    return Q(run_reconstruction__run_id=pk)


def _of_fill(pk: Any) -> Q:
    run = "run_reconstruction__run"
    return Q(**{f"{run}__fill_id": pk}) | Q(**{f"{run}__fill__isnull": True, f"{run}__fill_number": pk})


def _replaces(owner: OmsRun | OmsFill, values: dict[str, Any]) -> bool:
    """A value or a unit that is known becomes another."""
    return any(getattr(owner, name) not in _UNKNOWN for name in values)
