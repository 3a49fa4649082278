"""What is to be certified: which reconstruction of the run, and which dataset of it in the Run Registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.core import signing

from certify.exceptions import (
    DatasetRefused,
    DatasetsWaitForAName,
    MadeForAnother,
    ReconstructionNotToBeFound,
    ReconstructionUnknown,
    RunNumberImpossible,
    RunReconstructionAllDatasetsCertified,
)
from certify.models import CERTIFIED_RECONSTRUCTIONS, Reconstruction, TrackerCertification
from certify.models.certification import NamedDataset
from certify.moments import ago
from oms.models import MAX_RUN_NUMBER
from runregistry.exceptions import (
    DatasetNotOfRun,
    DatasetWithoutReconstruction,
    RunRegistryDataInvalid,
    RunRegistryNoAvailableDatasets,
    RunRegistryReconstructionNotFound,
)
from runregistry.known import last_known, remember_run
from runregistry.listing import KnowsDatasets, Listing, listing_of
from runregistry.names import get_reco_from_dataset, is_dataset_name
from runregistry.rows import RegistryDataset
from upstream.budget import at_most
from upstream.errors import UpstreamError
from upstream.names import RUN_REGISTRY
from upstream.notices import ServiceNotice, notice_of

RECOS = tuple(choice.value for choice in CERTIFIED_RECONSTRUCTIONS)
_SEAL = "certify.target"
_SEAL_HOLDS = 24 * 3600  # seconds: longer than a shift
# A submit waits no longer than this for the Run Registry to say the same once more.
_SUBMIT_WAITS = 1.0  # seconds

# The Run Registry has not answered, or not in a way to be trusted.
RegistrySilent = (UpstreamError, RunRegistryDataInvalid)


@dataclass(frozen=True)
class Sibling:
    """A dataset of the same reconstruction of the run, the one at hand among them."""

    name: str
    is_certified: bool


@dataclass(frozen=True)
class Target:
    """`dataset` is None while nobody knows its name; `confirmed`: the Run Registry lists it.

    `tracker_state` is the one that the page was made with, `moved_to` another one that it has by now.
    `only_dataset`: for one without a name, the only dataset that the Run Registry lists of its reconstruction.
    `is_unknown`: the Run Registry answered, and knows no dataset of the run; `nobody_knows`: nor does OMS know the run.
    """

    run_number: int
    reco: str
    dataset: str | None = None
    run_class: str = ""
    confirmed: bool = False
    tracker_state: str = ""
    is_unknown: bool = False
    nobody_knows: bool = False
    warnings: tuple[ServiceNotice, ...] = ()
    moved_to: str = ""
    only_dataset: str = ""
    siblings: tuple[Sibling, ...] = field(default=(), compare=False)
    oms_attributes: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def seal(self) -> str:
        """Travels with the form, so that the submit knows what the page was made with."""
        sealed = [self.run_number, self.reco, self.dataset, self.run_class, self.confirmed, self.tracker_state]
        return signing.dumps([*sealed, self.is_unknown, self.nobody_knows], salt=_SEAL)

    @property
    def position(self) -> str:
        """ "1 of 2 ReReco datasets", "" where there is no other."""
        names = [sibling.name for sibling in self.siblings]
        if len(names) < 2 or self.dataset not in names:
            return ""
        return f"{names.index(self.dataset) + 1} of {len(names)} {Reconstruction(self.reco).label} datasets"


def unseal(seal: str, run_number: int, reco: str) -> Target | None:
    """The target that this server sealed into a page; None for one that is too old or not ours.

    Raises MadeForAnother where it is of another run or reconstruction than the URL.
    """
    try:
        sealed = Target(*signing.loads(seal, salt=_SEAL, max_age=_SEAL_HOLDS))
    except (signing.BadSignature, TypeError):
        return None
    if sealed.run_number != run_number or reco not in ("", sealed.reco):
        raise MadeForAnother(f"{sealed.run_number} {sealed.reco}", f"{run_number} {reco}".strip())
    return sealed


def without_a_seal(run_number: int, reco: str) -> Target:
    """What a page that was open for too long was made for, where its address names no dataset: none is guessed.

    Raises ReconstructionNotToBeFound.
    """
    if not reco:
        raise ReconstructionNotToBeFound("This page was open for too long to say what it is about.", RECOS, status=409)
    return Target(run_number, reco)


def read_reco(run_number: int, reco: str, dataset: str) -> str:
    """The reconstruction that the URL tells by itself, "" when only the Run Registry can tell.

    Raises RunNumberImpossible, ReconstructionUnknown and DatasetRefused before anything is asked or stored.
    """
    if not 0 < run_number <= MAX_RUN_NUMBER:
        raise RunNumberImpossible(f"{str(run_number)[:30]} is not a run number.")
    if reco and reco not in RECOS:
        refusal = ReconstructionUnknown(f"“{reco[:30]}” is not a reconstruction that is certified.")
        refusal.recos = RECOS
        raise refusal
    if not dataset:
        return reco
    if not is_dataset_name(dataset):
        raise DatasetRefused("The name of the dataset is not one of the Run Registry's.")
    try:
        told = get_reco_from_dataset(dataset)
    except DatasetWithoutReconstruction as exc:
        raise DatasetRefused(str(exc)) from exc
    if reco not in ("", told):
        raise DatasetRefused(f"“{dataset}” is a dataset of {told}, not of {reco}.")
    return told


def find_target(run_number: int, reco: str, dataset: str, registry: KnowsDatasets) -> Target:
    """Ask the Run Registry; when it is silent, what it said last counts, or what the URL names.

    Raises ReconstructionNotToBeFound, DatasetRefused, DatasetsWaitForAName and RunReconstructionAllDatasetsCertified.
    """
    try:
        listing = listing_of(run_number, registry)
        remember_run(run_number, list(listing.datasets))
        found = _choose(run_number, reco, dataset, registry)
    except DatasetNotOfRun as exc:
        raise DatasetRefused(str(exc)) from exc
    except RunRegistryReconstructionNotFound as exc:
        raise ReconstructionNotToBeFound(str(exc), tuple(exc.available), status=404) from exc
    except RegistrySilent as exc:
        return _from_memory(run_number, reco, dataset, exc) or _without_registry(run_number, reco, dataset, exc)
    except RunRegistryNoAvailableDatasets as exc:
        return _without_registry(run_number, reco, dataset, exc)
    return _target(found, listing, confirmed=True, warnings=_left_out(listing))


def look_again(sealed: Target, registry: KnowsDatasets) -> Target:
    """What the page was made with, and what the Run Registry says of it now, if it answers at once.

    Of several datasets none is guessed: the target stays without a name until a person or the Registry gives it.
    """
    try:
        with at_most(_SUBMIT_WAITS):
            listing = listing_of(sealed.run_number, registry)
        remember_run(sealed.run_number, list(listing.datasets))
    except RegistrySilent:
        return sealed
    if sealed.dataset is None:
        return _only_dataset(sealed, listing)
    found = listing.named(sealed.dataset)
    if found:
        moved_to = found.tracker_state if found.tracker_state != sealed.tracker_state else ""
        return replace(sealed, confirmed=True, moved_to=moved_to, siblings=_siblings_if_several(listing, sealed.reco))
    if listing.lacks(sealed.dataset):
        gone = f"The Run Registry does not list {sealed.dataset} at this moment, so it is not confirmed."
        return replace(sealed, confirmed=False, warnings=(ServiceNotice(gone, service=RUN_REGISTRY),))
    return sealed


def with_last_known(target: Target) -> Target:
    """State, class and the other datasets as the Run Registry gave them last, asking nobody."""
    memory = last_known(target.run_number)
    listing = listing_of(target.run_number, memory) if memory else None
    found = listing.named(target.dataset or "") if listing else None
    return _target(found, listing, confirmed=True, warnings=target.warnings) if listing and found else target


def _only_dataset(sealed: Target, listing: Listing) -> Target:
    of_reco = listing.of(sealed.reco)
    if len(of_reco) != 1:
        return sealed
    only = of_reco[0]
    if TrackerCertification.objects.of_dataset(sealed.run_number, sealed.reco, only.name).exists():
        return sealed
    return replace(sealed, dataset=only.name, run_class=only.run_class, confirmed=True)


def _left_out(listing: Listing) -> tuple[ServiceNotice, ...]:
    return tuple(ServiceNotice(sentence, service=RUN_REGISTRY) for sentence in listing.left_out)


def _target(
    found: RegistryDataset, listing: Listing, *, confirmed: bool, warnings: tuple[ServiceNotice, ...] = ()
) -> Target:
    reco = found.reco or ""
    certified = TrackerCertification.objects.datasets_of(listing.run_number)
    return Target(
        listing.run_number,
        reco,
        found.name,
        found.run_class,
        confirmed,
        found.tracker_state,
        warnings=(*warnings, *_maybe_renamed(found, listing, certified)),
        siblings=_siblings(listing, reco, certified),
        oms_attributes=found.oms_attributes,
    )


def _maybe_renamed(found: RegistryDataset, listing: Listing, certified: set[NamedDataset]) -> list[ServiceNotice]:
    """A dataset that is certified and no longer listed may be this one under its old name."""
    gone = [name for reco, name in certified if reco == found.reco and name and listing.lacks(name)]
    return [
        ServiceNotice(
            f"{name} is certified, but the Run Registry does not list it any more: is {found.name} its new name?",
            "Then a shift leader moves that certification here.",
            RUN_REGISTRY,
        )
        for name in sorted(gone)
    ]


def _siblings(listing: Listing, reco: str, certified: set[NamedDataset]) -> tuple[Sibling, ...]:
    return tuple(Sibling(each.name, (reco, each.name) in certified) for each in listing.of(reco))


def _siblings_if_several(listing: Listing, reco: str) -> tuple[Sibling, ...]:
    """Nearly always there is one, of which nothing is shown: a submit need not look what is certified."""
    if len(listing.of(reco)) < 2:
        return ()
    return _siblings(listing, reco, TrackerCertification.objects.datasets_of(listing.run_number))


def _choose(run_number: int, reco: str, dataset: str, registry: KnowsDatasets) -> RegistryDataset:
    if dataset:
        return rr_confirm_dataset(run_number, dataset, registry)
    if reco:
        return rr_retrieve_dataset_by_reco(run_number, reco, registry)
    return rr_retrieve_next_uncertified_dataset(run_number, registry)


def _from_memory(run_number: int, reco: str, dataset: str, silence: Any) -> Target | None:
    """The dataset as the Run Registry gave it before, None if it did not."""
    memory = last_known(run_number)
    if memory is None:
        return None
    told = ago(memory.asked_at)
    try:
        found = _choose(run_number, reco, dataset, memory)
    except RunReconstructionAllDatasetsCertified as exc:
        if reco:
            raise
        all_certified = (
            f"{silence} All datasets that it gave {told} are certified; whether there are more is not known."
        )
        raise ReconstructionNotToBeFound(all_certified, RECOS, 503, silence.advice) from exc
    except (DatasetNotOfRun, RunRegistryReconstructionNotFound, RunRegistryNoAvailableDatasets):
        return None
    told_before = notice_of(silence, f"The dataset is the one that the Run Registry gave {told}.")
    return _target(found, listing_of(run_number, memory), confirmed=False, warnings=(told_before,))


def _without_registry(run_number: int, reco: str, dataset: str, cause: Any) -> Target:
    is_silent = isinstance(cause, RegistrySilent)
    if not reco:
        raise ReconstructionNotToBeFound(str(cause), RECOS, 503 if is_silent else 404, cause.advice) from cause
    later = "It is asked again when you submit." if is_silent else ""
    which = f"{dataset} is not confirmed." if dataset else "The name of the dataset is not confirmed."
    told = notice_of(cause, f"{which} You can go on without it.", later)
    return Target(run_number, reco, dataset or None, is_unknown=not is_silent, warnings=(told,))


def rr_retrieve_next_uncertified_dataset(run_number: int, registry: KnowsDatasets) -> RegistryDataset:
    """The first dataset, in the Run Registry's order, that is not certified; never `online`.

    Passes over a reconstruction that is certified without the name of its dataset: it may be any of them. Raises
    RunRegistryNoAvailableDatasets, DatasetsWaitForAName and RunReconstructionAllDatasetsCertified.
    """
    datasets = listing_of(run_number, registry).certifiable
    if not datasets:
        raise RunRegistryNoAvailableDatasets(run_number)
    certified = TrackerCertification.objects.datasets_of(run_number)
    left = [dataset for dataset in datasets if (dataset.reco, dataset.name) not in certified]
    for dataset in left:
        if (dataset.reco, None) not in certified:
            return dataset
    if left:
        unnamed = TrackerCertification.objects.of_dataset(run_number, left[0].reco or "", None).first()
        if unnamed is None:  # deleted, or given its name, a moment ago
            return left[0]
        raise DatasetsWaitForAName(unnamed)
    raise RunReconstructionAllDatasetsCertified(run_number)


def rr_retrieve_dataset_by_reco(run_number: int, reco: str, registry: KnowsDatasets) -> RegistryDataset:
    """The first dataset of that reconstruction that is not certified.

    Raises RunRegistryNoAvailableDatasets, RunRegistryReconstructionNotFound and RunReconstructionAllDatasetsCertified.
    """
    listing = listing_of(run_number, registry)
    if not listing.certifiable:
        raise RunRegistryNoAvailableDatasets(run_number)
    of_reco = listing.of(reco)
    if not of_reco:
        available = list(dict.fromkeys(dataset.reco for dataset in listing.certifiable))
        raise RunRegistryReconstructionNotFound(run_number, reco, available)
    certified = TrackerCertification.objects.datasets_of(run_number)
    for dataset in of_reco:
        if (reco, dataset.name) not in certified:
            return dataset
    raise RunReconstructionAllDatasetsCertified(run_number)


def rr_confirm_dataset(run_number: int, name: str, registry: KnowsDatasets) -> RegistryDataset:
    """The dataset, once the Run Registry says that it is one of the run's. Raises DatasetNotOfRun."""
    found = listing_of(run_number, registry).named(name)
    if found is None:
        raise DatasetNotOfRun(run_number, name)
    return found
