"""Writing a certification's history and reading it: who changed what, when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from certify.models import DatasetStanding, RunReconstruction, TrackerCertification
from certify.snapshots import State, changes_between, in_order, in_words, label_of, snapshot
from history.models import Action, Entry, EntryQuerySet
from oms.typed import fact_label, fact_words, subject_of
from users.models import User

_MANY = 3
_OTHERWISE = {
    Action.PROPOSED: "proposed",
    Action.SETTLED: "proposed",
    Action.WITHDRAWN: "proposed",
    Action.DECLINED: "turned down",
    Action.KEPT: "turned down",
}


@dataclass(frozen=True)
class Change:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Moment:
    """One entry, as the page tells it. `can_come_back`: it has a version that may be brought back.

    `otherwise`: what the second value of each change is where nothing was changed, as by a proposal.
    """

    entry: Entry
    about: str
    changes: list[Change]
    can_come_back: bool = False
    is_current: bool = False
    otherwise: str = ""

    @property
    def is_long(self) -> bool:
        """All that a service told at once is there for who asks for it."""
        return self.entry.action == Action.UPDATED and len(self.changes) > _MANY


def versions() -> EntryQuerySet:
    """What people did to certifications: not what turned a verdict, completed it, or was done to facts."""
    return Entry.objects.filter(version__gt=0)


def subject(of: RunReconstruction) -> str:
    return f"certification {of.run_id} {of.reconstruction}"


def entries_of(certification: TrackerCertification) -> EntryQuerySet:
    """All that happened to this very row: its subject is shared by every certification of the reconstruction."""
    return Entry.objects.about(subject(certification.run_reconstruction)).filter(row=certification.pk)


def versions_of(certification: TrackerCertification) -> EntryQuerySet:
    """Those of it that people made, as `versions`."""
    return entries_of(certification) & versions()


def record(
    certification: TrackerCertification,
    action: Action,
    by: User,
    *,
    before: State,
    click: UUID,
    reason: str = "",
    typed_by: User | None = None,
    at: datetime | None = None,
) -> Entry:
    """Remember what has just been saved. `before`: the snapshot taken before it, {} for a new certification."""
    about = subject(certification.run_reconstruction)
    if before and not versions_of(certification).exists():
        _record_beginning(certification, before)
    after = snapshot(certification)
    return Entry.objects.create(
        subject=about,
        row=certification.pk,
        action=action,
        by=by,
        at=at or timezone.now(),
        typed_by=typed_by,
        reason=reason,
        version=certification.version,
        state=after,
        changes=changes_between(before, after) if before else {},
        click=click,
    )


def _record_beginning(certification: TrackerCertification, before: State) -> None:
    """Certifications older than the history start it with what they were."""
    Entry.objects.create(
        subject=subject(certification.run_reconstruction),
        row=certification.pk,
        action=Action.BEFORE,
        by=certification.author,
        at=certification.created_at,
        version=certification.version - 1,
        state=before,
        click=UUID(int=0),
    )


def state_at(certification: TrackerCertification, version: int) -> State | None:
    """What the certification was at that version, None if its history does not reach back so far."""
    entry = versions_of(certification).filter(version=version).first()
    return entry.state if entry else None


def latest(certification: TrackerCertification) -> Entry | None:
    """What was done to it last, None for what is older than the history."""
    return versions_of(certification).select_related("by", "typed_by").first()


def last_save_by_author(certification: TrackerCertification) -> Entry | None:
    """What its author has seen last of the facts; None for what is older than the history."""
    return versions_of(certification).filter(by=certification.author_id).first()


def was_told_of_the_ending(certification: TrackerCertification, since: datetime) -> bool:
    return entries_of(certification).filter(action=Action.UPDATED, at__gte=since).exists()


def was_without_dataset(certification: TrackerCertification) -> bool:
    """Whether its dataset was named after it had been certified, by the Run Registry or by a person."""
    changes = entries_of(certification).values_list("changes", flat=True)
    return any("dataset" in each and not each["dataset"][0] for each in changes)


def timeline(of: RunReconstruction, current: TrackerCertification | None) -> list[Moment]:
    """All that happened to certifications of this dataset and to the facts of its run and fill, newest first."""
    fill = of.run.fill
    subjects = [subject(of), subject_of(of.run), *([subject_of(fill)] if fill else [])]
    entries = Entry.objects.about(*subjects).select_related("by", "typed_by").order_by("-at", "-id")
    if current:
        entries = entries.filter(Q(row=None) | ~Q(row__in=_of_other_datasets(current)))
    return [_moment(entry, current) for entry in entries]


def _of_other_datasets(current: TrackerCertification) -> QuerySet:
    """What is certified as another one; without a name it may have been any that is in the bin."""
    others = TrackerCertification.everything.filter(run_reconstruction=current.run_reconstruction_id)
    if current.dataset_id:
        return others.exclude(Q(dataset=current.dataset_id) | Q(dataset=None, deleted_at__isnull=False)).values("pk")
    return others.filter(deleted_at=None).exclude(pk=current.pk).values("pk")


def _moment(entry: Entry, current: TrackerCertification | None) -> Moment:
    is_fact = not entry.subject.startswith("certification ")
    label, words = (fact_label, fact_words) if is_fact else (_label, _words)
    changes = [
        Change(label(entry, name), words(name, old), words(name, new))
        for name, (old, new) in in_order(_stored_first(entry))
    ]
    of_current = bool(current and not is_fact and entry.row == current.pk)
    is_current = of_current and entry.version == current.version
    can_come_back = of_current and not is_current and bool(entry.state)
    since = "since it was certified" if entry.action == Action.UPDATED else ""
    about = entry.subject.capitalize() if is_fact else since
    return Moment(entry, about, changes, can_come_back, is_current, _OTHERWISE.get(entry.action, ""))


def _stored_first(entry: Entry) -> dict[str, list[Any]]:
    """An entry about a value that was turned down has that one first."""
    turned_down = entry.action in (Action.KEPT, Action.DECLINED)
    return {name: pair[::-1] for name, pair in entry.changes.items()} if turned_down else entry.changes


def _label(entry: Entry, name: str) -> str:
    return label_of(name)


def _words(name: str, value: Any) -> str:
    if name == "dataset_standing" and value in DatasetStanding.values:
        return DatasetStanding(value).label
    return in_words(value)


def record_completion(
    certification: TrackerCertification, action: Action, changes: dict[str, list[Any]], source: str
) -> Entry:
    """A service gave what was missing. That is no version: nobody who is changing it is in its way."""
    return Entry.objects.create(
        subject=subject(certification.run_reconstruction),
        row=certification.pk,
        action=action,
        source=source,
        changes=changes,
        click=uuid4(),
    )


_UNDOABLE = (Action.CREATED, Action.ANEW, Action.CHANGED, Action.REVERTED, Action.DELETED)


def undoable(user: User) -> Entry | None:
    """Their last save or deletion, while it is fresh and nobody has changed the certification since.

    Only versions count: completions, turned verdicts and facts typed beside a save are none.
    """
    since = timezone.now() - timedelta(minutes=settings.UNDO_MINUTES)
    entry = versions().filter(by=user, at__gte=since).order_by("-at", "-id").first()
    if entry is None or entry.action not in _UNDOABLE:
        return None
    later = versions().about(entry.subject).filter(id__gt=entry.pk, row=entry.row)
    return None if later.exists() else entry
