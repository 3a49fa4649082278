"""The Run Registry: which datasets a run has, in which state, and its own copy of the OMS facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from runregistry.exceptions import DatasetWithoutReconstruction, RunRegistryDataInvalid
from runregistry.names import get_reco_from_dataset
from upstream.service import Service

PAGE_SIZE = 100
LONGEST_NAME = 255
# A search that needs more pages than this is answered wrongly: count and rows are two queries upstream.
_MOST_PAGES = 50


@dataclass(frozen=True)
class RegistryDataset:
    """One dataset of one run. `reco` is None for `online` and other names that tell none."""

    run_number: int
    name: str
    tracker_state: str = ""
    run_class: str = ""
    oms_attributes: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def reco(self) -> str | None:
        try:
            return get_reco_from_dataset(self.name)
        except DatasetWithoutReconstruction:
            return None


class RunRegistryClient:
    """Raises the UpstreamErrors of `upstream`, and RunRegistryDataInvalid."""

    def __init__(self, service: Service | None = None) -> None:
        self.service = service or Service(
            "The Run Registry", settings.RUN_REGISTRY_API_URL, settings.RUN_REGISTRY_AUDIENCE
        )

    def datasets_of(self, run_number: int) -> list[RegistryDataset]:
        """All datasets of the run in the Run Registry's order, `online` among them; empty for an unknown run."""
        found: dict[str, RegistryDataset] = {}
        page, pages = 0, 1
        while page < min(pages, _MOST_PAGES):
            answer = self._page({"run_number": run_number}, page)
            for dataset in answer["datasets"]:
                parsed = _dataset(dataset)
                if parsed.run_number != run_number:
                    raise RunRegistryDataInvalid
                found.setdefault(parsed.name, parsed)
            page, pages = page + 1, answer.get("pages") or 0
        return list(found.values())

    def dataset_names_of(self, run_number: int) -> list[str]:
        """Every name the run has, also of datasets that `datasets_of` does not list."""
        names = self.service.get(f"/get_all_dataset_names_of_run/{run_number}")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise RunRegistryDataInvalid
        return names

    def _page(self, condition: dict[str, Any], page: int) -> dict[str, Any]:
        body = {"page": page, "page_size": PAGE_SIZE, "sortings": [], "filter": condition}
        answer = self.service.post("/datasets_filtered_ordered", body)
        if not isinstance(answer, dict) or not isinstance(answer.get("datasets"), list):
            raise RunRegistryDataInvalid
        if not isinstance(answer.get("pages") or 0, int):
            raise RunRegistryDataInvalid
        return answer


def _dataset(raw: Any) -> RegistryDataset:
    if not isinstance(raw, dict) or not _is_name(raw.get("name")) or type(raw.get("run_number")) is not int:
        raise RunRegistryDataInvalid
    run = _mapping(raw.get("Run"))
    return RegistryDataset(
        run_number=raw["run_number"],
        name=raw["name"],
        tracker_state=_word(_mapping(raw.get("dataset_attributes")).get("tracker_state")),
        run_class=_word(_mapping(run.get("rr_attributes")).get("class")),
        oms_attributes=_mapping(run.get("oms_attributes")),
    )


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and "\x00" not in name


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str:
    return value[:100] if isinstance(value, str) else ""
