"""Telling authors what happened to their certifications without them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from certify.models import Notice, TrackerCertification
from certify.snapshots import in_words, label_of
from history.models import Action, Entry
from users.models import User

# What a fact's own entry says of how the value came about.
_HOW = {
    Action.FACTS: "typed by",
    Action.UNDONE: "taken back by",
    Action.TAKEN: "decided by",
    Action.ACCEPTED: "decided by",
}
_SHOWN = 50


@dataclass(frozen=True)
class Told:
    """A notice as the home page shows it."""

    notice: Notice
    words: str

    @property
    def target(self) -> tuple[str, str]:
        """The run number and the reconstruction."""
        return tuple(self.notice.entry.subject.split()[1:3])


def notify(entry: Entry, certification: TrackerCertification) -> Notice | None:
    """The author is to see `entry`, unless they did it themself. Call it in the transaction that wrote the entry."""
    if entry.by_id == certification.author_id:
        return None
    return Notice.objects.get_or_create(user_id=certification.author_id, entry=entry)[0]


def unseen_by(user: User) -> list[Told]:
    """Newest first."""
    notices = Notice.objects.unseen_by(user).select_related("entry__by", "entry__typed_by")[:_SHOWN]
    clicks = [notice.entry.click for notice in notices if notice.entry.action == Action.TURNED]
    causes = {
        entry.click: _HOW[entry.action]
        for entry in Entry.objects.filter(click__in=clicks, action__in=_HOW, subject__startswith="run ")
    }
    return [Told(notice, _words(notice.entry, causes)) for notice in notices]


def see(user: User, pk: int | None = None) -> int:
    """They have seen one notice, or all. How many those were."""
    unseen = Notice.objects.unseen_by(user)
    return (unseen if pk is None else unseen.filter(pk=pk)).update(seen_at=timezone.now())


def _words(entry: Entry, causes: dict[object, str]) -> str:
    about = entry.subject.capitalize()
    if entry.action == Action.TURNED:
        old, new = entry.changes["verdict"]
        became = in_words(entry.changes["run_type"][1])
        how = causes.get(entry.click, "changed by") if entry.by_id else "from"
        return f"{about} turned from {old} to {new}: run type {became}, {how} {entry.who}."
    changed = ", ".join(f"{label_of(name)} {in_words(new)}" for name, (_, new) in list(entry.changes.items())[:4])
    told = f"{about}: {entry.get_action_display().lower()} by {entry.who}."
    told = f"{told} {changed}." if changed else told
    return f"{told} “{entry.reason}”" if entry.reason else told
