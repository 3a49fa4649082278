"""What is to be certified: which reconstruction of the run, and which dataset it is in the Run Registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
    """Ask the Run Registry. With the reconstruction known, its silence is only a warning.

    Raises ReconstructionNotToBeFound, DatasetRefused and RunReconstructionAllDatasetsCertified.
    """
    try:
        if dataset:
            found = rr_confirm_dataset(run_number, dataset, registry)
        elif reco:
            found = rr_retrieve_dataset_by_reco(run_number, reco, registry)
        else:
            found = rr_retrieve_next_uncertified_dataset(run_number, registry)
    except DatasetNotOfRun as exc:
        raise DatasetRefused(str(exc)) from exc
    except RunRegistryReconstructionNotFound as exc:
        raise ReconstructionNotToBeFound(str(exc), tuple(exc.available), status=404) from exc
    except (RunRegistryNoAvailableDatasets, *RegistrySilent) as exc:
        return _without_registry(run_number, reco, dataset, exc)
    return Target(run_number, found.reco or reco, found.name, found.run_class, oms_attributes=found.oms_attributes)


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
