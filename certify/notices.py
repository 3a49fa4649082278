"""Telling authors what happened to their certifications without them."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from certify.links import url_of
from certify.models import DatasetStanding, Notice, TrackerCertification
from certify.siblings import reconstructions_with_several
from certify.snapshots import in_order, in_words, label_of
from history.models import Action, Entry
from oms.models import OmsRun
from oms.presentation import UNKNOWN
from users.models import User

# What a fact's own entry says of how the value came about.
_HOW = {
    Action.FACTS: "typed by",
    Action.UNDONE: "taken back by",
    Action.TAKEN: "decided by",
    Action.ACCEPTED: "decided by",
}
# As the history says it → what the author is told.
_STANDINGS = {
    DatasetStanding.SEVERAL.label: "the Run Registry has several datasets of it. Choose which one was looked at",
    DatasetStanding.TAKEN.label: "its only dataset in the Run Registry is certified already. Delete one of the two",
    DatasetStanding.UNLISTED.label: "the Run Registry no longer lists its dataset",
}
# What the author is told of, in this order.
TOLD_AT_THE_END = (
    *("end_time", "lumisections", "run_type", "delivered_lumi", "recorded_lumi"),
    *("b_field", "energy", "fill_number", "fill_type_runtime", "era", "hlt_key", "stable_beam"),
)
_SHOWN = 50
_CHANGES = 4


@dataclass(frozen=True)
class Told:
    """A notice as the home page shows it. `url` is empty where the certification is deleted for ever."""

    notice: Notice
    about: str
    news: str
    url: str

    @property
    def words(self) -> str:
        return f"{self.about}{self.news}"


def notify(entry: Entry, certification: TrackerCertification) -> Notice | None:
    """The author is to see `entry`, unless they did it themself. Call it in the transaction that wrote the entry.

    A click that changed nothing of the certification but a fact, which turned its verdict, is told once.
    """
    says_nothing = entry.action == Action.CHANGED and not entry.changes
    if says_nothing and Entry.objects.filter(click=entry.click, row=entry.row, action=Action.TURNED).exists():
        return None
    return notify_person(entry, certification.author)


def notify_person(entry: Entry, person: User) -> Notice | None:
    """`person` is to see `entry`, unless they did it themself."""
    return None if entry.by_id == person.pk else Notice.objects.get_or_create(user=person, entry=entry)[0]


def unseen_by(user: User) -> list[Told]:
    """Newest first."""
    notices = list(Notice.objects.unseen_by(user).select_related("entry__by", "entry__typed_by")[:_SHOWN])
    entries = [notice.entry for notice in notices]
    everything = TrackerCertification.everything.select_related("run_reconstruction", "dataset", "author")
    stored = everything.in_bulk({entry.row for entry in entries if entry.row})
    names, causes = _names(entries, stored), _causes(entries)
    return [
        Told(notice, names[notice.entry.pk], _news_to(user, notice.entry, stored, causes), _url(notice.entry, stored))
        for notice in notices
    ]


def see(user: User, pk: int | None = None) -> int:
    """They have seen one notice, or all. How many those were."""
    unseen = Notice.objects.unseen_by(user)
    return (unseen if pk is None else unseen.filter(pk=pk)).update(seen_at=timezone.now())


def see_listings(certification: TrackerCertification) -> None:
    """Its dataset was chosen: what the Run Registry said of it before asks for nothing any more."""
    told = Notice.objects.filter(entry__row=certification.pk, entry__action=Action.LISTING, seen_at=None)
    told.update(seen_at=timezone.now())


def _names(entries: list[Entry], stored: dict[int, TrackerCertification]) -> dict[int, str]:
    """Entry → what it is about, with the dataset where the reconstruction has more than one."""
    several = reconstructions_with_several([each.run_reconstruction for each in stored.values()])
    names = {}
    for entry in entries:
        certification = stored.get(entry.row)
        dataset = ""
        if certification is None:
            dataset = (entry.state.get("dataset") or [None, ""])[1]
        elif certification.run_reconstruction_id in several:
            dataset = certification.dataset_name or "dataset not known"
        names[entry.pk] = entry.subject.capitalize() + (f" ({dataset})" if dataset else "")
    return names


def _causes(entries: list[Entry]) -> dict[object, str]:
    """Click → how the fact that turned a verdict came about."""
    clicks = [entry.click for entry in entries if entry.action == Action.TURNED]
    of_runs = Entry.objects.filter(click__in=clicks, action__in=_HOW, subject__startswith="run ")
    return {entry.click: _HOW[entry.action] for entry in of_runs}


def _url(entry: Entry, stored: dict[int, TrackerCertification]) -> str:
    kind, _, number = entry.subject.partition(" ")
    if kind == "run" and number.isdecimal():
        return reverse("listruns:differences_of_run", args=[int(number)])
    return url_of(stored[entry.row]) if entry.row in stored else ""


def _news_to(user: User, entry: Entry, stored: dict[int, TrackerCertification], causes: dict[object, str]) -> str:
    rival = stored.get(entry.row) if entry.action == Action.LISTING else None
    if rival and rival.author_id != user.pk:
        return (
            f", which {rival.author} certified without a name, may be of the same dataset as yours. "
            "Compare both, and delete the one that is not meant."
        )
    return _news(entry, causes)


def _news(entry: Entry, causes: dict[object, str]) -> str:
    if entry.action == Action.TURNED:
        old, new = entry.changes["verdict"]
        became = in_words(entry.changes["run_type"][1])
        how = causes.get(entry.click, "changed by") if entry.by_id else "from"
        return f" turned from {old} to {new}: run type {became}, {how} {entry.who}."
    if entry.action == Action.UPDATED:
        since = ", ".join(_fact(name, *entry.changes[name]) for name in TOLD_AT_THE_END if name in entry.changes)
        return f" was made while the run was going on. {entry.who} has told since: {since}."
    if entry.action == Action.LISTING:
        standing = entry.changes["dataset_standing"][1]
        return f": {_STANDINGS.get(standing, f'its dataset is {standing}')}."
    told = f": {entry.get_action_display().lower()} by {entry.who}.{_changed(entry)}"
    return f"{told} “{entry.reason}”" if entry.reason else told


def _fact(name: str, old: str, new: str) -> str:
    label = OmsRun._meta.get_field(name).verbose_name
    return f"{label} {new}" if old == UNKNOWN else f"{label} {old} → {new}"


def _changed(entry: Entry) -> str:
    changed = [f"{label_of(name)} {in_words(new)}" for name, (_, new) in in_order(entry.changes)]
    more = len(changed) - _CHANGES
    listed = ", ".join(changed[:_CHANGES]) + (f" and {more} more" if more > 0 else "")
    return f" {listed}." if listed else ""
