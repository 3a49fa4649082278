"""All datasets of a run: what a search finds, and what only the list of names has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runregistry.exceptions import RunRegistryDataInvalid
from runregistry.rows import RegistryDataset
from upstream.errors import UpstreamError


class KnowsDatasets(Protocol):
    """The Run Registry's client, or what is remembered of its answers."""

    def datasets_of(self, run_number: int) -> list[RegistryDataset]: ...

    def dataset_names_of(self, run_number: int) -> list[str]: ...


@dataclass(frozen=True)
class Listing:
    """`is_whole`: both answered, so what is in neither is not listed. `left_out`: sentences about odd rows."""

    run_number: int
    datasets: tuple[RegistryDataset, ...]
    is_whole: bool
    left_out: tuple[str, ...] = ()

    def of(self, reco: str) -> list[RegistryDataset]:
        return [dataset for dataset in self.datasets if dataset.reco == reco]

    @property
    def certifiable(self) -> list[RegistryDataset]:
        return [dataset for dataset in self.datasets if dataset.reco]

    def named(self, name: str) -> RegistryDataset | None:
        return next((dataset for dataset in self.datasets if dataset.name == name), None)

    def lacks(self, name: str) -> bool:
        return self.is_whole and self.named(name) is None


def listing_of(run_number: int, registry: KnowsDatasets) -> Listing:
    """Both answers in one. A search that fails is a failure; a list of names that fails is only missing.

    Raises UpstreamError and RunRegistryDataInvalid.
    """
    found = registry.datasets_of(run_number)
    names = _names(run_number, registry)
    known = {dataset.name for dataset in found}
    only_named = [RegistryDataset(run_number, name) for name in names or () if name not in known]
    left_out = getattr(found, "left_out", ())
    return Listing(run_number, (*found, *only_named), is_whole=names is not None, left_out=left_out)


def _names(run_number: int, registry: KnowsDatasets) -> list[str] | None:
    try:
        return registry.dataset_names_of(run_number)
    except (UpstreamError, RunRegistryDataInvalid):
        return None
