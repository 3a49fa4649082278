"""What is to be certified: which reconstruction of the run, and which dataset it is in the Run Registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.core import signing

from certify.exceptions import (
    DatasetRefused,
    ReconstructionNotToBeFound,
    ReconstructionUnknown,
    RunNumberImpossible,
    RunReconstructionAllDatasetsCertified,
)
from certify.models import CERTIFIED_RECONSTRUCTIONS, Dataset, TrackerCertification
from oms.models import MAX_RUN_NUMBER
from runregistry.client import RegistryDataset, RunRegistryClient
from runregistry.exceptions import (
    DatasetNotOfRun,
    DatasetWithoutReconstruction,
    RunRegistryDataInvalid,
    RunRegistryNoAvailableDatasets,
    RunRegistryReconstructionNotFound,
)
from runregistry.known import LastKnown, last_known, remember_run
from runregistry.names import get_reco_from_dataset
from upstream.errors import UpstreamError

RECOS = tuple(choice.value for choice in CERTIFIED_RECONSTRUCTIONS)
_SEAL = "certify.target"
_SEAL_HOLDS = 24 * 3600  # seconds: longer than a shift

# The Run Registry has not answered, or not in a way to be trusted.
RegistrySilent = (UpstreamError, RunRegistryDataInvalid)


@dataclass(frozen=True)
class Target:
    """`dataset` is None while the Run Registry has not confirmed one."""

    run_number: int
    reco: str
    dataset: str | None = None
    run_class: str = ""
    warning: str = ""
    # The name the URL asked for, as long as nobody confirms it.
    asked: str = ""
    oms_attributes: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def seal(self) -> str:
        """Travels with the form, so that the submit need not ask the Run Registry what it confirmed already."""
        return signing.dumps([self.run_number, self.reco, self.dataset, self.run_class], salt=_SEAL)


def unseal(seal: str, run_number: int, reco: str) -> Target | None:
    """The target that this server sealed into a page, if it is for what the URL asks; None otherwise."""
    try:
        sealed = Target(*signing.loads(seal, salt=_SEAL, max_age=_SEAL_HOLDS))
    except (signing.BadSignature, TypeError):
        return None
    return sealed if sealed.run_number == run_number and reco in ("", sealed.reco) else None


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
    if len(dataset) > Dataset._meta.get_field("name").max_length or "\x00" in dataset:
        raise DatasetRefused("The name of the dataset is not one of the Run Registry's.")
    try:
        told = get_reco_from_dataset(dataset)
    except DatasetWithoutReconstruction as exc:
        raise DatasetRefused(str(exc)) from exc
    if reco not in ("", told):
        raise DatasetRefused(f"“{dataset}” is a dataset of {told}, not of {reco}.")
    return told


def find_target(run_number: int, reco: str, dataset: str, registry: RunRegistryClient) -> Target:
    """Ask the Run Registry; when it is silent, what it said last counts, or a reconstruction without a dataset.

    Raises ReconstructionNotToBeFound, DatasetRefused and RunReconstructionAllDatasetsCertified.
    """
    try:
        found = _choose(run_number, reco, dataset, registry)
        remember_run(run_number, registry.datasets_of(run_number))
    except DatasetNotOfRun as exc:
        raise DatasetRefused(str(exc)) from exc
    except RunRegistryReconstructionNotFound as exc:
        raise ReconstructionNotToBeFound(str(exc), tuple(exc.available), status=404) from exc
    except RegistrySilent as exc:
        return _from_memory(run_number, reco, dataset, exc) or _without_registry(run_number, reco, dataset, exc)
    except RunRegistryNoAvailableDatasets as exc:
        return _without_registry(run_number, reco, dataset, exc)
    return Target(run_number, found.reco or reco, found.name, found.run_class, oms_attributes=found.oms_attributes)


def _choose(run_number: int, reco: str, dataset: str, registry: RunRegistryClient | LastKnown) -> RegistryDataset:
    if dataset:
        return rr_confirm_dataset(run_number, dataset, registry)
    if reco:
        return rr_retrieve_dataset_by_reco(run_number, reco, registry)
    return rr_retrieve_next_uncertified_dataset(run_number, registry)


def _from_memory(run_number: int, reco: str, dataset: str, silence: Exception) -> Target | None:
    """The dataset as the Run Registry gave it before, None if it did not."""
    memory = last_known(run_number)
    if memory is None:
        return None
    told = naturaltime(memory.asked_at)
    try:
        found = _choose(run_number, reco, dataset, memory)
    except RunReconstructionAllDatasetsCertified as exc:
        all_certified = (
            f"{silence} All datasets that it gave {told} are certified; whether there are more is not known."
        )
        raise ReconstructionNotToBeFound(all_certified, RECOS, status=503) from exc
    except (DatasetNotOfRun, RunRegistryReconstructionNotFound, RunRegistryNoAvailableDatasets):
        return None
    warning = f"{silence} The dataset is the one it gave {told}."
    return Target(run_number, found.reco or reco, found.name, found.run_class, warning)


def _without_registry(run_number: int, reco: str, dataset: str, cause: Exception) -> Target:
    is_silent = isinstance(cause, RegistrySilent)
    if not reco:
        raise ReconstructionNotToBeFound(str(cause), RECOS, status=503 if is_silent else 404) from cause
    later = " It is asked again when you submit." if is_silent else ""
    which = f"{dataset} is not confirmed." if dataset else "The name of the dataset is not confirmed."
    return Target(run_number, reco, warning=f"{cause} {which} You can go on without it.{later}", asked=dataset)


def rr_retrieve_next_uncertified_dataset(run_number: int, registry: RunRegistryClient) -> RegistryDataset:
    """The first dataset, in the Run Registry's order, whose reconstruction is not certified; never `online`.

    Raises RunRegistryNoAvailableDatasets and RunReconstructionAllDatasetsCertified.
    """
    datasets = _certifiable(registry.datasets_of(run_number))
    if not datasets:
        raise RunRegistryNoAvailableDatasets(run_number)
    certified = TrackerCertification.objects.recos_of(run_number)
    for dataset in datasets:
        if dataset.reco not in certified:
            return dataset
    raise RunReconstructionAllDatasetsCertified(run_number)


def rr_retrieve_dataset_by_reco(run_number: int, reco: str, registry: RunRegistryClient) -> RegistryDataset:
    """The first dataset of that reconstruction.

    Raises RunRegistryNoAvailableDatasets and RunRegistryReconstructionNotFound.
    """
    datasets = _certifiable(registry.datasets_of(run_number))
    if not datasets:
        raise RunRegistryNoAvailableDatasets(run_number)
    for dataset in datasets:
        if dataset.reco == reco:
            return dataset
    available = list(dict.fromkeys(dataset.reco for dataset in datasets))
    raise RunRegistryReconstructionNotFound(run_number, reco, available)


def rr_confirm_dataset(run_number: int, name: str, registry: RunRegistryClient) -> RegistryDataset:
    """The dataset, once the Run Registry says that it is one of the run's. Raises DatasetNotOfRun."""
    for dataset in registry.datasets_of(run_number):
        if dataset.name == name:
            return dataset
    # Some datasets are in the list of names only.
    if name in registry.dataset_names_of(run_number):
        return RegistryDataset(run_number, name)
    raise DatasetNotOfRun(run_number, name)


def _certifiable(datasets: list[RegistryDataset]) -> list[RegistryDataset]:
    return [dataset for dataset in datasets if dataset.reco]
