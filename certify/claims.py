"""Who is at which reconstruction. A claim keeps others from starting, never from finishing."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from certify.exceptions import CertificationRefused, MayNotCertify, RunReconstructionAlreadyCertified
from certify.models import Claim, TrackerCertification
from certify.models.claim import claim_expiry
from users.models import User


class ClaimedByAnother(CertificationRefused):
    title = "Somebody is at it"
    advice = "Ask her to release it, or a shift leader to reassign it; or take another one."
    may_go_on = False

    def __init__(self, held: Claim) -> None:
        self.claim = held
        since, until = (date_format(timezone.localtime(at), "H:i") for at in (held.claimed_at, held.expires_at))
        super().__init__(f"{held} is claimed by {held.user} since {since}, until {until}.")


class ClaimNotHers(CertificationRefused):
    title = "This claim is not yours"
    advice = "Ask a shift leader to reassign it."
    may_go_on = False


def claim(run_number: int, reco: str, user: User) -> Claim:
    """Hers from now on. Raises MayNotCertify, RunReconstructionAlreadyCertified and ClaimedByAnother.

    A shift leader takes over whatever is claimed; an expired claim is anybody's.
    """
    _may_take(user, run_number, reco)
    with transaction.atomic():
        held, is_new = Claim.objects.select_for_update().get_or_create(
            run_number=run_number, reconstruction=reco, defaults={"user": user}
        )
        if is_new or held.user_id == user.pk:
            return _renewed(held, user)
        if held.expires_at > timezone.now() and not user.is_shift_leader:
            raise ClaimedByAnother(held)
        return _renewed(held, user)


def release(run_number: int, reco: str, by: User) -> None:
    """Free again. Raises ClaimNotHers."""
    with transaction.atomic():
        held = Claim.objects.select_for_update().of(run_number, reco).first()
        if held and not held.can_be_given_away_by(by):
            raise ClaimNotHers(f"{held} is claimed by {held.user}.")
        if held:
            held.delete()


def reassign(run_number: int, reco: str, to: User, by: User) -> Claim:
    """A shift leader gives it to somebody who may certify. Raises ClaimNotHers, MayNotCertify and those of `claim`."""
    if not by.is_shift_leader:
        raise ClaimNotHers("Only shift leaders assign work to others.")
    _may_take(to, run_number, reco)
    with transaction.atomic():
        held, _ = Claim.objects.select_for_update().get_or_create(
            run_number=run_number, reconstruction=reco, defaults={"user": to}
        )
        return _renewed(held, to)


def refuse_if_claimed(run_number: int, reco: str, user: User) -> None:
    """Raises ClaimedByAnother; never for a shift leader."""
    held = Claim.objects.in_force().of(run_number, reco).select_related("user").first()
    if held and held.user_id != user.pk and not user.is_shift_leader:
        raise ClaimedByAnother(held)


def _may_take(user: User, run_number: int, reco: str) -> None:
    if not user.may_certify:
        raise MayNotCertify(f"{user} has no role that certifies.")
    certified = TrackerCertification.objects.of(run_number, reco).with_rows_shown().first()
    if certified:
        raise RunReconstructionAlreadyCertified(certified)


def _renewed(held: Claim, user: User) -> Claim:
    if held.user_id != user.pk or held.expires_at <= timezone.now():
        held.claimed_at = timezone.now()
    held.user, held.expires_at = user, claim_expiry()
    held.save()
    return held
