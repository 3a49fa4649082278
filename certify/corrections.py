"""Deleting, restoring and undoing. Everything but `purge` can be taken back, and all of it stands in the history."""

from __future__ import annotations

from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from certify.chronicle import record, undoable
from certify.exceptions import (
    CertificationGone,
    CertificationOvertaken,
    MayNotCorrect,
    NothingToUndo,
    NotInTheBin,
    RunReconstructionAlreadyCertified,
)
from certify.facts import take_back
from certify.models import TrackerCertification
from certify.snapshots import State, put_back, snapshot
from history.models import Action, Entry
from users.models import User


def locked(pk: int, version: int | None = None) -> TrackerCertification:
    """The certification as it is stored now; nobody else changes it before this transaction ends.

    Raises CertificationOvertaken when it is not the version that the page was made with, and CertificationGone.
    """
    certification = TrackerCertification.everything.select_for_update().filter(pk=pk).first()
    if certification is None:
        raise CertificationGone("This certification was deleted for ever.")
    if version not in (None, certification.version):
        raise CertificationOvertaken(certification)
    return certification


def delete(pk: int, by: User, reason: str, version: int | None = None) -> TrackerCertification:
    """Into the bin, from where it can be restored. Raises MayNotCorrect and CertificationOvertaken."""
    with transaction.atomic():
        certification = locked(pk, version)
        _permit(certification, by)
        if certification.deleted_at:
            raise CertificationOvertaken(certification)
        _bin(certification, by, reason)
        record(certification, Action.DELETED, by, before=snapshot(certification), click=uuid4(), reason=reason)
    return certification


def restore(pk: int, by: User) -> TrackerCertification:
    """Out of the bin. Raises MayNotCorrect, and RunReconstructionAlreadyCertified when another one took its place."""
    try:
        with transaction.atomic():
            certification = locked(pk)
            _permit(certification, by)
            _unbin(certification)
            record(certification, Action.RESTORED, by, before=snapshot(certification), click=uuid4())
    except IntegrityError as exc:
        raise RunReconstructionAlreadyCertified(_in_its_place(certification)) from exc
    return certification


def bring_back(entry: Entry, by: User, reason: str = "") -> tuple[TrackerCertification, list[str]]:
    """An earlier version becomes the newest; also the words that it used and that exist no more.

    Raises MayNotCorrect.
    """
    with transaction.atomic():
        certification = locked(entry.row)
        if not by.is_shift_leader:
            raise MayNotCorrect("Only shift leaders bring back earlier versions.")
        gone = _change(certification, entry.state, Action.REVERTED, by, reason or f"Version {entry.version} again.")
    return certification, gone


def undo(entry_pk: int, by: User) -> tuple[TrackerCertification, Action]:
    """Bring back what was before her last save or deletion, the facts typed with it too.

    Raises NothingToUndo when it is too long ago, or somebody has changed the certification since.
    """
    try:
        with transaction.atomic():
            certification = locked(Entry.objects.get(pk=entry_pk, by=by).row)
            entry = undoable(by)
            if entry is None or entry.pk != entry_pk:
                raise NothingToUndo("This can't be undone any more: it is too long ago, or it was changed since.")
            _undo(certification, entry, by)
    except Entry.DoesNotExist as exc:
        raise NothingToUndo("There is nothing of yours to undo.") from exc
    except IntegrityError as exc:
        raise RunReconstructionAlreadyCertified(_in_its_place(certification)) from exc
    return certification, Action(entry.action)


def purge(pk: int, by: User) -> str:
    """Delete for ever what is in the bin; its history stays. Returns its name. Raises MayNotCorrect, NotInTheBin."""
    with transaction.atomic():
        certification = locked(pk)
        if not by.has_perm("certify.delete_trackercertification"):
            raise MayNotCorrect("Only administrators delete for ever.")
        if not certification.deleted_at:
            raise NotInTheBin(f"{certification} is not in the bin.")
        name = str(certification)
        record(certification, Action.PURGED, by, before=snapshot(certification), click=uuid4())
        certification.delete()
    return name


def _undo(certification: TrackerCertification, entry: Entry, by: User) -> None:
    click = uuid4()
    if entry.action == Action.DELETED:
        before = snapshot(certification)
        _unbin(certification)
        record(certification, Action.UNDONE, by, before=before, click=click)
    elif entry.action in (Action.CREATED, Action.ANEW):
        _bin(certification, by, "Undone.")
        record(certification, Action.UNDONE, by, before=snapshot(certification), click=click)
    else:
        _change(certification, {**entry.state, **entry.old}, Action.UNDONE, by, "")
    take_back(entry.click, by, click)


def _change(certification: TrackerCertification, state: State, action: Action, by: User, reason: str) -> list[str]:
    before = snapshot(certification)
    gone = put_back(certification, state)
    record(certification, action, by, before=before, click=uuid4(), reason=reason)
    return gone


def _bin(certification: TrackerCertification, by: User, reason: str) -> None:
    certification.deleted_at, certification.deleted_by, certification.delete_reason = timezone.now(), by, reason
    certification.save()


def _unbin(certification: TrackerCertification) -> None:
    if not certification.deleted_at:
        raise NotInTheBin(f"{certification} is not in the bin.")
    certification.deleted_at, certification.deleted_by, certification.delete_reason = None, None, ""
    certification.save()


def _permit(certification: TrackerCertification, by: User) -> None:
    if not certification.can_be_edited_by(by):
        raise MayNotCorrect(
            f"{certification} was certified by {certification.author}: only she and shift leaders can change it."
        )


def _in_its_place(certification: TrackerCertification) -> TrackerCertification:
    return TrackerCertification.objects.with_everything_shown().get(
        run_reconstruction=certification.run_reconstruction_id
    )
