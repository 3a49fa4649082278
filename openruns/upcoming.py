"""Which dataset a shifter takes next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from certify.exceptions import CertificationRefused
from certify.models import CERTIFIED_RECONSTRUCTIONS, Claim, TrackerCertification
from certify.target import find_target
from openruns.search import Found
from runregistry.client import RunRegistryClient
from runregistry.known import still_running
from runregistry.models import KnownDataset
from users.models import User


@dataclass(frozen=True)
class Next:
    """`dataset` is "" when only the reconstruction is known."""

    run_number: int
    reco: str
    dataset: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.run_number), self.reco, self.dataset)))


class _Taken:
    """What of some runs is certified, or held by others. A dataset that is not known may be any of its reco."""

    def __init__(self, numbers: list[int], user: User) -> None:
        self._names: dict[tuple[int, str], set[str | None]] = defaultdict(set)
        certified = TrackerCertification.objects.filter(run_reconstruction__run_id__in=numbers)
        for run, reco, name in certified.values_list(
            "run_reconstruction__run_id", "run_reconstruction__reconstruction", "dataset__name"
        ):
            self._names[run, reco].add(name)
        claims = Claim.objects.in_force().filter(run_number__in=numbers).exclude(user=user)
        for run, reco, name in claims.values_list("run_number", "reconstruction", "dataset"):
            self._names[run, reco].add(name or None)

    def has(self, run_number: int, reco: str, dataset: str) -> bool:
        names = self._names[run_number, reco]
        return dataset in names or None in names


def first_that_opens(candidates: Iterable[Next], registry: RunRegistryClient | None) -> tuple[Next | None, list[str]]:
    """And why those before it can't be opened: the Run Registry may not list any more what was claimed or open.

    Without a `registry` nobody is asked.
    """
    passed_over = []
    for candidate in candidates:
        if registry is None:
            return candidate, passed_over
        try:
            find_target(candidate.run_number, candidate.reco, candidate.dataset, registry)
        except CertificationRefused as refusal:
            passed_over.append(f"{candidate} was passed over: {refusal}")
        else:
            return candidate, passed_over
    return None, passed_over


def next_of_claims(user: User) -> Iterator[Next]:
    """What they claimed and nobody has certified, of runs that are over, the oldest claim first."""
    claims = list(Claim.objects.in_force().filter(user=user))
    going_on = still_running(claim.run_number for claim in claims)
    for claim in claims:
        if claim.run_number not in going_on:
            yield from _of_claim(claim)


def _of_claim(claim: Claim) -> Iterator[Next]:
    """The datasets that it holds: the one it names, or all of the reconstruction, the open ones first."""
    certified = TrackerCertification.objects.of(claim.run_number, claim.reconstruction)
    names = set(certified.values_list("dataset__name", flat=True))
    if None in names:
        return
    if claim.dataset:
        wanted = [claim.dataset]
    else:
        known = KnownDataset.objects.filter(run_id=claim.run_number, reco=claim.reconstruction)
        wanted = [each.name for each in known if each.is_open] or ([] if names else [""])
    yield from (Next(claim.run_number, claim.reconstruction, name) for name in wanted if name not in names)


def next_free(found: Found, user: User) -> Iterator[Next]:
    """The open datasets, newest run first, that nobody has certified and nobody else has claimed.

    Never one of a run that is still running.
    """
    taken = _Taken([run.run_number for run in found.runs], user)
    going_on = still_running(run.pk for run in found.runs)
    for run in found.runs:
        if run.pk in going_on:
            continue
        free = [each for each in run.datasets.all() if each.is_open and not taken.has(run.pk, each.reco, each.name)]
        for reco in CERTIFIED_RECONSTRUCTIONS:
            for each in free:
                if each.reco == reco:
                    yield Next(run.run_number, reco, each.name)
