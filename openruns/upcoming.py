"""Which dataset a shifter takes next."""

from __future__ import annotations

from dataclasses import dataclass

from certify.models import CERTIFIED_RECONSTRUCTIONS, Claim, TrackerCertification
from openruns.search import Found
from runregistry.models import KnownDataset
from users.models import User

Work = tuple[int, str]


@dataclass(frozen=True)
class Next:
    """`dataset` is "" when only the reconstruction is known."""

    run_number: int
    reco: str
    dataset: str = ""


def next_of_claims(user: User) -> Next | None:
    """The oldest of her claims that nobody has certified."""
    for claim in Claim.objects.in_force().filter(user=user):
        if not TrackerCertification.objects.of(claim.run_number, claim.reconstruction).exists():
            known = KnownDataset.objects.filter(run_id=claim.run_number, reco=claim.reconstruction)
            dataset = next((each.name for each in known if each.is_open), "")
            return Next(claim.run_number, claim.reconstruction, dataset)
    return None


def next_free(found: Found, user: User) -> Next | None:
    """The first open dataset, newest run first, that nobody has certified and nobody else has claimed."""
    numbers = [run.run_number for run in found.runs]
    taken = _certified(numbers) | _claimed_by_others(numbers, user)
    for run in found.runs:
        datasets = [each for each in run.datasets.all() if each.is_open and (run.pk, each.reco) not in taken]
        for reco in CERTIFIED_RECONSTRUCTIONS:
            for each in datasets:
                if each.reco == reco:
                    return Next(run.run_number, reco, each.name)
    return None


def _certified(numbers: list[int]) -> set[Work]:
    certified = TrackerCertification.objects.filter(run_reconstruction__run_id__in=numbers)
    return set(certified.values_list("run_reconstruction__run_id", "run_reconstruction__reconstruction"))


def _claimed_by_others(numbers: list[int], user: User) -> set[Work]:
    claims = Claim.objects.in_force().filter(run_number__in=numbers).exclude(user=user)
    return set(claims.values_list("run_number", "reconstruction"))
