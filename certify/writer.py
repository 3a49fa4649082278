"""The one place that changes certifications: right, version, rules, history and consequences in one transaction.

Pages, worker, demo and imports call it. In the mode *checked* it refuses what breaks a rule; *recorded* stores what
was. It locks the run, then its reconstruction, then the certification, always in this order, and none of their keys:
who chooses a reference does not wait for somebody who certifies that one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from certify.chronicle import record, record_completion, undoable, was_told_of_the_ending
from certify.exceptions import (
    CertificationGone,
    CertificationOvertaken,
    CertifiedWithAnotherDataset,
    DatasetNotToBeChosen,
    MayNotCertify,
    MayNotCorrect,
    NeverCertified,
    NothingToUndo,
    NotInTheBin,
    RulesBroken,
    RunReconstructionAlreadyCertified,
)
from certify.facts import take_back
from certify.models import (
    CERTIFIED_RECONSTRUCTIONS,
    FOR_A_PERSON,
    Claim,
    Dataset,
    DatasetStanding,
    RunReconstruction,
    TrackerCertification,
    Vocabulary,
    writing,
)
from certify.notices import notify, see_listings
from certify.rules import Values, broken_rules
from certify.snapshots import DECIDED, State, snapshot, values_of
from history.models import Action, Entry
from oms import queue
from oms.models import OmsRun
from runregistry.names import is_dataset_of
from upstream import names
from users.models import User
from users.roles import LEADERS

REGISTRY = "the Run Registry"  # as the history says it


class Mode(Enum):
    CHECKED = auto()
    RECORDED = auto()


@dataclass(frozen=True)
class Identity:
    """What a certification is of. `dataset` is None where nobody knows its name."""

    run_number: int
    reco: str
    dataset: str | None = None
    standing: DatasetStanding = DatasetStanding.UNCONFIRMED


@dataclass(frozen=True)
class Act:
    """One click of one person. `typed_by`: who had typed what they save expressly; `click`: all that it saves.

    `at` is when it was, where that is not now: only for what is recorded.
    """

    by: User
    reason: str = ""
    typed_by: User | None = None
    click: UUID = field(default_factory=uuid4)
    at: datetime | None = None

    def as_of_now(self) -> Act:
        """With the rights of this moment: to be asked for once what is to be changed is locked."""
        return replace(self, by=self.by.as_of_now())


def create(
    identity: Identity,
    values: Values,
    act: Act,
    *,
    complete: bool,
    beside_unnamed: bool = False,
    mode: Mode = Mode.CHECKED,
) -> TrackerCertification:
    """A new certification by `act.by`. `beside_unnamed`: they know that one without a dataset may be of the same.

    Raises MayNotCertify, RunReconstructionAlreadyCertified, CertifiedWithAnotherDataset, NeverCertified, RulesBroken.
    """
    with transaction.atomic():
        of = _lock_reconstruction(identity.run_number, identity.reco)
        if mode is Mode.CHECKED:
            act = act.as_of_now()
            if not act.by.may_certify:
                raise MayNotCertify("You are signed in, but you have no role that certifies.")
        _refuse_if_taken(of, identity.dataset, beside_unnamed=beside_unnamed or mode is Mode.RECORDED)
        certification = TrackerCertification(
            run_reconstruction=of,
            author=act.by,
            dataset=_dataset(identity.dataset, of),
            dataset_standing=identity.standing,
            external_info_complete=complete,
        )
        _give(certification, values, mode)
        Claim.objects.of(identity.run_number, identity.reco, identity.dataset).delete()
        _tell(certification, _first_action(certification), act, before={})
        if act.at and mode is Mode.RECORDED:
            with writing():
                TrackerCertification.objects.filter(pk=certification.pk).update(created_at=act.at, updated_at=act.at)
    return certification


def change(
    pk: int, version: int | None, values: Values, act: Act, *, complete: bool, mode: Mode = Mode.CHECKED
) -> TrackerCertification:
    """Raises CertificationOvertaken, CertificationGone, MayNotCorrect and RulesBroken."""
    with transaction.atomic():
        certification, act = _locked(pk, version), act.as_of_now()
        if certification.deleted_at:
            raise CertificationOvertaken(certification)
        _permit(certification, act.by)
        before = snapshot(certification)
        certification.external_info_complete = complete
        _give(certification, values, mode)
        Claim.objects.of(
            certification.run_reconstruction.run_id, certification.reconstruction, certification.dataset_name
        ).filter(user=act.by).delete()
        _tell(certification, Action.CHANGED, act, before=before)
    return certification


def delete(pk: int, version: int | None, act: Act) -> TrackerCertification:
    """Into the bin, from where it can be restored. Raises MayNotCorrect and CertificationOvertaken."""
    with transaction.atomic():
        certification, act = _locked(pk, version), act.as_of_now()
        _permit(certification, act.by)
        if certification.deleted_at:
            raise CertificationOvertaken(certification)
        _bin(certification, act)
        _tell(certification, Action.DELETED, act, before=snapshot(certification))
    return certification


def restore(pk: int, version: int | None, act: Act) -> TrackerCertification:
    """Out of the bin. What a shift leader deleted only shift leaders restore.

    Raises MayNotCorrect, NotInTheBin, CertificationOvertaken, RunReconstructionAlreadyCertified,
    CertifiedWithAnotherDataset and NeverCertified.
    """
    with transaction.atomic():
        certification, act = _locked(pk, version), act.as_of_now()
        _unbin(certification, act.by)
        _tell(certification, Action.RESTORED, act, before=snapshot(certification))
    return certification


def bring_back(entry: Entry, version: int | None, act: Act) -> tuple[TrackerCertification, list[str]]:
    """An earlier version becomes the newest; also the words that it used and that exist no more.

    Raises MayNotCorrect, CertificationOvertaken and CertificationGone.
    """
    with transaction.atomic():
        certification, act = _locked(entry.row or 0, version), act.as_of_now()
        if not act.by.is_shift_leader:
            raise MayNotCorrect(f"Only {LEADERS} bring back earlier versions.")
        if certification.deleted_at:
            raise CertificationOvertaken(certification)
        told = replace(act, reason=act.reason or f"Version {entry.version} again.")
        gone = _give_back(certification, entry.state, Action.REVERTED, told)
    return certification, gone


@dataclass(frozen=True)
class Undone:
    """`staying`: facts typed with it that stay, in words, because others depend on them by now."""

    certification: TrackerCertification
    action: Action
    staying: list[str]


def undo(entry_pk: int, by: User, typed_by: User | None = None) -> Undone:
    """Bring back what was before their last save or deletion, the facts typed with it too.

    Raises NothingToUndo when it is too long ago, or somebody has changed the certification since; MayNotCorrect when
    they have lost the right meanwhile; and what `restore` raises.
    """
    entry = Entry.objects.filter(pk=entry_pk, by=by).first()
    if entry is None or entry.row is None:
        raise NothingToUndo("There is nothing of yours to undo.")
    with transaction.atomic():
        certification = _lock_certification(entry.row)
        last = undoable(by)
        if last is None or last.pk != entry_pk:
            raise NothingToUndo("This can't be undone any more: it is too long ago, or it was changed since.")
        staying = _undo(certification, entry, Act(by, typed_by=typed_by).as_of_now())
    return Undone(certification, Action(entry.action), staying)


def move(
    pk: int, version: int | None, dataset: str, act: Act, *, moved_from: str | None, is_listed: bool
) -> TrackerCertification:
    """To another dataset of the same run and reconstruction: a person says which one was looked at.

    `moved_from`: the dataset that the page showed, "" for none; the Run Registry may have named one since, which is
    no version.

    The author may as long as no dataset is known by name, a shift leader always. Raises MayNotCorrect,
    CertificationOvertaken, DatasetNotToBeChosen and RunReconstructionAlreadyCertified.
    """
    with transaction.atomic():
        certification, act = _locked(pk, version), act.as_of_now()
        if certification.deleted_at or moved_from != (certification.dataset_name or ""):
            raise CertificationOvertaken(certification)
        _permit_move(certification, act.by)
        of = certification.run_reconstruction
        if dataset == certification.dataset_name:
            raise DatasetNotToBeChosen(f"It is of {dataset} already.")
        _refuse_if_taken(of, dataset, beside_unnamed=True)
        before = snapshot(certification)
        certification.dataset = _dataset(dataset, of)
        certification.dataset_standing = DatasetStanding.CONFIRMED if is_listed else DatasetStanding.UNCONFIRMED
        certification.save()
        _tell(certification, Action.MOVED, act, before=before)
        see_listings(certification)
    return certification


def purge(pk: int, version: int | None, act: Act) -> str:
    """Delete for ever what is in the bin; its history stays. Returns its name.

    Raises MayNotCorrect, NotInTheBin and CertificationOvertaken.
    """
    with transaction.atomic():
        certification, act = _locked(pk, version), act.as_of_now()
        if not act.by.has_perm("certify.delete_trackercertification"):
            raise MayNotCorrect("Only administrators delete for ever.")
        if not certification.deleted_at:
            raise NotInTheBin(f"{certification} is not in the bin.")
        name = certification.full_name
        _tell(certification, Action.PURGED, act, before=snapshot(certification))
        with writing():
            certification.delete()
    return name


def note_complete(certification: TrackerCertification) -> bool:
    """Every needed fact is known by now; once, however many find it at a time."""
    with transaction.atomic():
        return bool(_note(certification, Action.COMPLETED, names.OMS, external_info_complete=True))


def note_ending(pk: int, since: datetime, changes: State, source: str) -> bool:
    """Its run was going on when its author saved it, at `since`: they are told once what came after."""
    with transaction.atomic():
        certification = _living(pk)
        if certification is None or not changes or was_told_of_the_ending(certification, since):
            return False
        notify(record_completion(certification, Action.UPDATED, changes, source), certification)
    return True


def settle_dataset(pk: int, standing: DatasetStanding, dataset: str | None) -> bool:
    """What the Run Registry says of it later. False where it has said so before, or somebody is in its place."""
    with transaction.atomic():
        certification = _living(pk)
        if certification is None or dataset != certification.dataset_name and certification.dataset_id:
            return False
        of = certification.run_reconstruction
        values = {"dataset_standing": standing}
        if dataset and not certification.dataset_id:
            if TrackerCertification.objects.of_dataset(of.run_id, of.reconstruction, dataset).exists():
                return False
            values["dataset"] = _dataset(dataset, of)
        entry = _note(certification, Action.COMPLETED if "dataset" in values else Action.LISTING, REGISTRY, **values)
        if entry and standing in FOR_A_PERSON:
            notify(entry, certification)
            _notify_of_rival(entry, certification, standing)
    return entry is not None


def _notify_of_rival(entry: Entry, certification: TrackerCertification, standing: DatasetStanding) -> None:
    """Both may be of the same dataset: whoever certified the other one is to know, too."""
    if standing == DatasetStanding.TAKEN:
        of_same = TrackerCertification.objects.filter(run_reconstruction=certification.run_reconstruction_id)
        for other in of_same.exclude(pk=certification.pk):
            notify(entry, other)


def _note(certification: TrackerCertification, action: Action, source: str, **values: Any) -> Entry | None:
    """Without a new version: nobody who is changing the certification meanwhile is in the way."""
    was = {name: getattr(certification, name) for name in values}
    with writing():
        if not TrackerCertification.objects.filter(pk=certification.pk, **was).update(**values):
            return None
    changes = {name: [_as_state(name, was[name]), _as_state(name, value)] for name, value in values.items()}
    return record_completion(certification, action, changes, source)


def _as_state(name: str, value: Any) -> Any:
    if name == "dataset":
        return [value.pk, value.name] if value else None
    return DatasetStanding(value).label if name == "dataset_standing" else value


def _locked(pk: int, version: int | None) -> TrackerCertification:
    """Raises CertificationOvertaken when it is not the version that the page was made with, or none is said."""
    certification = _lock_certification(pk)
    if version != certification.version:
        raise CertificationOvertaken(certification)
    return certification


def _lock_certification(pk: int) -> TrackerCertification:
    """As it is stored now; nobody else changes it before this transaction ends. Raises CertificationGone."""
    found = TrackerCertification.everything.filter(pk=pk).select_related("run_reconstruction").first()
    if found is None:
        raise CertificationGone("This certification was deleted for ever.")
    of = found.run_reconstruction
    _lock_reconstruction(of.run_id, of.reconstruction)
    certification = TrackerCertification.everything.select_for_update(no_key=True).filter(pk=pk).first()
    if certification is None:
        raise CertificationGone("This certification was deleted for ever.")
    return certification


def _living(pk: int) -> TrackerCertification | None:
    """Locked, for who goes through many: None for one that was deleted meanwhile, for ever or into the bin."""
    try:
        certification = _lock_certification(pk)
    except CertificationGone:
        return None
    return None if certification.deleted_at else certification


def _lock_reconstruction(run_number: int, reco: str) -> RunReconstruction:
    run, _ = OmsRun.objects.select_for_update(no_key=True).get_or_create(pk=run_number)
    of, _ = RunReconstruction.objects.select_for_update(no_key=True).get_or_create(run=run, reconstruction=reco)
    of.run = run
    return of


def _refuse_if_taken(
    of: RunReconstruction, dataset: str | None, *, beside_unnamed: bool, left_at: datetime | None = None
) -> None:
    """What stands beside it may be of the same dataset, where the one or the other has no name.

    `left_at`: when it was deleted that comes back; beside what is older than that it has stood already.
    """
    if of.reconstruction not in CERTIFIED_RECONSTRUCTIONS:
        raise NeverCertified(f"{of} is never certified.")
    living = TrackerCertification.objects.of(of.run_id, of.reconstruction).with_everything_shown()
    for certification in living:
        if certification.dataset_name == dataset:
            raise RunReconstructionAlreadyCertified(certification)
        if left_at and certification.created_at < left_at:
            continue
        if dataset is None or (certification.dataset_name is None and not beside_unnamed):
            raise CertifiedWithAnotherDataset(certification, dataset)


def _dataset(name: str | None, of: RunReconstruction) -> Dataset | None:
    """Raises DatasetNotToBeChosen for a dataset of another reconstruction."""
    if name is None:
        return None
    if not is_dataset_of(of.reconstruction, name):
        raise DatasetNotToBeChosen(f"“{name[:80]}” is not a dataset of {of.reconstruction}.")
    return Dataset.objects.get_or_create(name=name)[0]


def _give(certification: TrackerCertification, values: Values, mode: Mode) -> None:
    """Raises RulesBroken."""
    of = certification.run_reconstruction
    stored = None if certification._state.adding else certification
    broken = broken_rules(values, (of.run_id, of.reconstruction), stored) if mode is Mode.CHECKED else {}
    broken |= _words_gone(values)
    if broken:
        raise RulesBroken(broken)
    words = {}
    for name in DECIDED:
        if certification._meta.get_field(name).many_to_many:
            words[name] = values.get(name) or ()
        elif name in values:
            setattr(certification, name, values[name])
    certification.save()
    for name, chosen in words.items():
        getattr(certification, name).set(chosen)


def _words_gone(values: Values) -> dict[str, str]:
    """Field → sentence about chosen words that were deleted meanwhile; the others stay until this is stored."""
    gone = {}
    for name in DECIDED:
        model = TrackerCertification._meta.get_field(name).related_model
        if model is None or not issubclass(model, Vocabulary) or not values.get(name):
            continue
        chosen = [values[name]] if isinstance(values[name], Vocabulary) else list(values[name])
        words = model.objects.select_for_update(no_key=True).filter(pk__in=[word.pk for word in chosen]).order_by("pk")
        stored = {word.pk for word in words}
        if lost := [f"“{word}”" for word in chosen if word.pk not in stored]:
            gone[name] = f"{', '.join(lost)} was deleted meanwhile: choose another word."
    return gone


def _give_back(certification: TrackerCertification, state: State, action: Action, act: Act) -> list[str]:
    before = snapshot(certification)
    values, gone = values_of(state)
    _give(certification, values, Mode.RECORDED)
    _tell(certification, action, act, before=before)
    return gone


def _tell(certification: TrackerCertification, action: Action, act: Act, *, before: State) -> None:
    entry = record(
        certification,
        action,
        act.by,
        before=before,
        click=act.click,
        reason=act.reason,
        typed_by=act.typed_by,
        at=act.at,
    )
    notify(entry, certification)


def _first_action(certification: TrackerCertification) -> Action:
    of = certification.run_reconstruction
    earlier = TrackerCertification.everything.in_bin().maybe_of(
        of.run_id, of.reconstruction, certification.dataset_name
    )
    return Action.ANEW if earlier.exists() else Action.CREATED


def _undo(certification: TrackerCertification, entry: Entry, act: Act) -> list[str]:
    if entry.action == Action.DELETED:
        before = snapshot(certification)
        _unbin(certification, act.by)
        _tell(certification, Action.UNDONE, act, before=before)
    elif entry.action in (Action.CREATED, Action.ANEW):
        _permit(certification, act.by)
        _bin(certification, replace(act, reason="Undone."))
        _tell(certification, Action.UNDONE, act, before=snapshot(certification))
    else:
        _permit(certification, act.by)
        _give_back(certification, {**entry.state, **entry.old}, Action.UNDONE, act)
    return take_back(entry.click, act.by, act.click, act.typed_by)


def _bin(certification: TrackerCertification, act: Act) -> None:
    certification.deleted_at, certification.deleted_by = timezone.now(), act.by
    certification.delete_reason = act.reason
    certification.save()
    _look_again_at_rivals(certification)


def _look_again_at_rivals(binned: TrackerCertification) -> None:
    """Whatever could not have this dataset may have it now: the worker asks again."""
    taken = TrackerCertification.objects.filter(
        run_reconstruction=binned.run_reconstruction_id, dataset_standing=DatasetStanding.TAKEN
    )
    for rival in taken:
        _note(rival, Action.LISTING, "CertHelper", dataset_standing=DatasetStanding.UNCONFIRMED)
        queue.ask_soon(rival.run_reconstruction.run_id)


def _unbin(certification: TrackerCertification, by: User) -> None:
    if not certification.deleted_at:
        _permit(certification, by)
        raise NotInTheBin(f"{certification} is not in the bin.")
    if not certification.can_be_restored_by(by):
        raise MayNotCorrect(
            f"{certification.deleted_by} deleted {certification}: only {certification.restorers} restore it.",
            "Ask one of them, or certify it again." if by.may_certify else "Ask one of them.",
        )
    of, dataset = certification.run_reconstruction, certification.dataset_name
    _refuse_if_taken(of, dataset, beside_unnamed=False, left_at=certification.deleted_at)
    certification.deleted_at, certification.deleted_by, certification.delete_reason = None, None, ""
    certification.save()


def _permit(certification: TrackerCertification, by: User) -> None:
    if not certification.can_be_edited_by(by):
        raise MayNotCorrect(
            f"{certification} was certified by {certification.author}: only {certification.correctors} can change it.",
            of=certification,
        )


def _permit_move(certification: TrackerCertification, by: User) -> None:
    if not certification.can_be_moved_by(by):
        raise MayNotCorrect(
            f"{certification} was certified by {certification.author}: "
            f"only {certification.movers} can say which dataset it is of.",
            of=certification,
        )
