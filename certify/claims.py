"""Who is at which dataset. A claim keeps others from starting, never from finishing."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format

from certify.exceptions import CertificationRefused, MayNotCertify, RunReconstructionAlreadyCertified
from certify.listed import listed_now_or_last
from certify.models import Claim, TrackerCertification
from certify.models.claim import ClaimQuerySet, claim_expiry
from runregistry.listing import KnowsDatasets
from upstream.budget import at_most
from users.models import User
from users.roles import GIVERS, LEADERS

# Of those that a person took themselves.
_MOST_CLAIMS = 100
# A click waits no longer for the Run Registry; what it said last does then.
_CLAIM_WAITS = 1.0  # seconds


class ClaimedByAnother(CertificationRefused):
    title = "Somebody is at it"
    may_go_on = False
    leads_to_next = True

    def __init__(self, held: Claim) -> None:
        self.claim = held
        since, until = (date_format(timezone.localtime(at), "H:i") for at in (held.claimed_at, held.expires_at))
        self.advice = f"Ask {held.user} to let you take over, or a shift leader to reassign it; or take another one."
        super().__init__(f"{held} is claimed by {held.user} since {since}, until {until}.")


class NotAShifter(MayNotCertify):
    """The one to whom work was to be assigned."""

    title = "Not a shifter"
    advice = f"Assign it to somebody who has, or ask {GIVERS} to give it."


class ClaimOver(CertificationRefused):
    title = "This claim is over"
    may_go_on = False


class ClaimNotHers(CertificationRefused):
    title = "This claim is not yours"
    advice = "Ask a shift leader to reassign it."
    may_go_on = False


class NotListed(CertificationRefused):
    title = "Nothing to claim"
    advice = "Refresh the work list and take another one."
    may_go_on = False
    leads_to_next = True


class TooManyClaims(CertificationRefused):
    status = 409
    title = "Enough claims"
    advice = "Certify or release some of them first; a shift leader can still assign more to you."
    may_go_on = False


def refuse_if_unlisted(run_number: int, reco: str, dataset: str, by: User, registry: KnowsDatasets) -> None:
    """Raises NotListed, and MayNotCertify before anybody is asked."""
    if not by.may_certify:
        raise MayNotCertify(f"{by} has no role that certifies.")
    with at_most(_CLAIM_WAITS):
        listing, is_of_now = listed_now_or_last(run_number, registry)
    if not (listing.named(dataset) if dataset else listing.of(reco)):
        name = " ".join(filter(None, (str(run_number), reco, dataset)))
        raise NotListed(
            f"The Run Registry does not list {name}."
            if is_of_now
            else f"The Run Registry does not answer at this moment, and it never listed {name}."
        )


def claim(run_number: int, reco: str, dataset: str, user: User) -> Claim:
    """Theirs from now on.

    Raises MayNotCertify, RunReconstructionAlreadyCertified, ClaimedByAnother and TooManyClaims. A shift leader takes
    over whatever is claimed; an expired claim is anybody's.
    """
    _may_take(user, run_number, reco, dataset)
    with transaction.atomic():
        _lock_person(user)
        own, is_new = _locked(run_number, reco, dataset, user)
        others = [each for each in _held(run_number, reco, dataset) if each.user_id != user.pk and _is_in_force(each)]
        if others and not user.is_shift_leader:
            raise ClaimedByAnother(others[0])
        is_theirs = not is_new and own.user_id == user.pk and _is_in_force(own)
        if not is_theirs:
            _refuse_too_many(user, own)
        return _take(own, user, is_assigned=own.is_assigned and is_theirs)


def release(run_number: int, reco: str, dataset: str, by: User) -> None:
    """Free again. Raises ClaimNotHers."""
    with transaction.atomic():
        for held in _held(run_number, reco, dataset):
            if not held.can_be_given_away_by(by):
                raise ClaimNotHers(f"{held} is claimed by {held.user}.")
            held.delete()


def let_go(pk: int, by: User) -> str:
    """That claim ends, whatever its dataset is by now; what it held. Raises ClaimOver and ClaimNotHers."""
    with transaction.atomic():
        held = Claim.objects.select_for_update(of=("self",)).select_related("user").filter(pk=pk).first()
        if held is None:
            raise ClaimOver("This claim is over already.")
        if not held.can_be_given_away_by(by):
            raise ClaimNotHers(f"{held} is claimed by {held.user}.")
        held.delete()
    return str(held)


def reassign(run_number: int, reco: str, dataset: str, to: User, by: User) -> Claim:
    """A shift leader gives it to somebody who may certify. Raises ClaimNotHers, MayNotCertify and those of `claim`."""
    if not by.is_shift_leader:
        raise ClaimNotHers(f"Only {LEADERS} assign work to others.")
    if not to.may_certify:
        raise NotAShifter(f"{to} has no role that certifies.")
    _may_take(to, run_number, reco, dataset)
    with transaction.atomic():
        _lock_person(to)
        return _take(_locked(run_number, reco, dataset, to)[0], to, is_assigned=to != by)


def refuse_if_claimed(run_number: int, reco: str, dataset: str | None, user: User) -> None:
    """Raises ClaimedByAnother; never for a shift leader."""
    held = Claim.objects.in_force().of(run_number, reco, dataset).exclude(user=user).select_related("user").first()
    if held and not user.is_shift_leader:
        raise ClaimedByAnother(held)


def _held(run_number: int, reco: str, dataset: str) -> list[Claim]:
    held = Claim.objects.select_for_update().of(run_number, reco, dataset or None)
    return list(held.order_by("pk"))


def _is_in_force(held: Claim) -> bool:
    return held.expires_at > timezone.now()


def _locked(run_number: int, reco: str, dataset: str, user: User) -> tuple[Claim, bool]:
    """The claim of exactly this, whoever has it, or a new one; and whether it is new. Raises ClaimOver.

    One that somebody made a moment ago may be released before it is locked.
    """
    claims = Claim.objects.select_for_update()
    work = {"run_number": run_number, "reconstruction": reco, "dataset": dataset}
    try:
        return claims.get_or_create(**work, defaults={"user": user})
    except IntegrityError as exc:
        raise ClaimOver("Somebody claimed and released it at this very moment.") from exc


def _lock_person(user: User) -> None:
    """Two claims of the same person at a time wait for each other, and their account stays. Raises MayNotCertify."""
    if User.objects.select_for_update(no_key=True).filter(pk=user.pk).first() is None:
        raise MayNotCertify(f"{user} has no account any more.")


def _refuse_too_many(user: User, but: Claim) -> None:
    own = Claim.objects.in_force().filter(user=user, is_assigned=False).exclude(pk=but.pk)
    if own.count() >= _MOST_CLAIMS:
        raise TooManyClaims(f"You have {_MOST_CLAIMS} claims already.")


def _take(held: Claim, user: User, *, is_assigned: bool) -> Claim:
    """Theirs from now on, in the place of all claims of others that hold the same dataset."""
    _held_by_others(held, user).delete()
    if held.user_id != user.pk or not _is_in_force(held):
        held.claimed_at = timezone.now()
    held.user, held.expires_at, held.is_assigned = user, claim_expiry(), is_assigned
    held.save()
    return held


def _held_by_others(held: Claim, user: User) -> ClaimQuerySet:
    overlapping = Claim.objects.of(held.run_number, held.reconstruction, held.dataset or None)
    return overlapping.exclude(pk=held.pk).exclude(user=user)


def _may_take(user: User, run_number: int, reco: str, dataset: str) -> None:
    if not user.may_certify:
        raise MayNotCertify(f"{user} has no role that certifies.")
    of_reco = TrackerCertification.objects.of(run_number, reco)
    found = TrackerCertification.objects.of_dataset(run_number, reco, dataset) if dataset else of_reco
    certified = found.with_rows_shown().first()
    if certified:
        raise RunReconstructionAlreadyCertified(certified)
