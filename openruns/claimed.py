"""What people hold, from the claims themselves: also what no row of the work list shows any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from certify.links import certify_url
from certify.models import Claim
from runregistry.models import KnownDataset, KnownRun
from users.models import User


@dataclass(frozen=True)
class Claimed:
    """`is_unlisted`: the Run Registry lists datasets of the run, and not this one."""

    claim: Claim
    url: str
    is_unlisted: bool
    is_theirs: bool
    can_release: bool


def list_of_claims(user: User) -> dict[str, Any]:
    """For the template, which need not open the list where the work list shows all of it too."""
    claimed = claimed_of(user)
    return {"claimed": claimed, "claimed_is_open": any(held.is_unlisted for held in claimed)}


def claimed_of(user: User) -> list[Claimed]:
    """Their own claims, the oldest first; for a shift leader then those of others."""
    claims = Claim.objects.in_force().select_related("user")
    found = list(claims if user.is_shift_leader else claims.filter(user=user))
    numbers = {claim.run_number for claim in found}
    asked = set(KnownRun.objects.filter(pk__in=numbers).values_list("pk", flat=True))
    listed = set(KnownDataset.objects.filter(run__in=numbers).values_list("run_id", "reco", "name"))
    listed |= {(run, reco, "") for run, reco, _ in listed}
    return [
        Claimed(
            claim,
            certify_url(claim.run_number, claim.reconstruction, claim.dataset),
            is_unlisted=claim.run_number in asked
            and (claim.run_number, claim.reconstruction, claim.dataset) not in listed,
            is_theirs=claim.user_id == user.pk,
            can_release=claim.can_be_given_away_by(user),
        )
        for claim in sorted(found, key=lambda claim: claim.user_id != user.pk)
    ]
