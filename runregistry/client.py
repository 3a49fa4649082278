"""The Run Registry: which datasets a run has, in which state, and its own copy of the OMS facts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from runregistry.exceptions import DatasetWithoutReconstruction, RunRegistryDataInvalid
from runregistry.names import get_reco_from_dataset, is_dataset_name
from upstream.errors import UpstreamError
from upstream.flight import shared
from upstream.names import RUN_REGISTRY
from upstream.service import Service

PAGE_SIZE = 100
SEARCH_PAGE_SIZE = 1000
OPEN = "OPEN"
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
        self.service = service or Service(RUN_REGISTRY, settings.RUN_REGISTRY_API_URL, settings.RUN_REGISTRY_AUDIENCE)

    def ping(self) -> None:
        """A question as small as they come; what is answered does not matter."""
        self._ask_for_names(1)

    def datasets_of(self, run_number: int) -> list[RegistryDataset]:
        """All datasets of the run in the Run Registry's order, `online` among them; empty for an unknown run.

        An answer counts as current for RUN_REGISTRY_FRESH seconds.
        """
        return shared(
            self.service.name,
            f"run-registry:{self.service.base_url}:{run_number}",
            lambda: self._ask_for(run_number),
            (UpstreamError, RunRegistryDataInvalid),
            seconds=settings.RUN_REGISTRY_FRESH,
        )

    def _ask_for(self, run_number: int) -> list[RegistryDataset]:
        found: list[RegistryDataset] = []
        for page in self._pages({"run_number": run_number}, PAGE_SIZE):
            found += page
        if any(dataset.run_number != run_number for dataset in found):
            raise RunRegistryDataInvalid
        return _without_repeats(found)

    def search(self, condition: Mapping[str, Any], most_runs: int) -> tuple[list[RegistryDataset], bool]:
        """The datasets of the newest `most_runs` runs that meet the condition, and whether there are more runs.

        `condition` is a filter of the Run Registry, as `runs_in`, `open_datasets` and `started_since` make them.
        """
        found: list[RegistryDataset] = []
        for page in self._pages(condition, SEARCH_PAGE_SIZE):
            found += page
            if not all(_meets(condition, dataset.run_number) for dataset in page):
                raise RunRegistryDataInvalid
            if len({dataset.run_number for dataset in found}) > most_runs:
                break
        runs = sorted({dataset.run_number for dataset in found}, reverse=True)
        kept = set(runs[:most_runs])
        return _without_repeats([each for each in found if each.run_number in kept]), len(runs) > most_runs

    def dataset_names_of(self, run_number: int) -> list[str]:
        """Every name the run has, also of datasets that `datasets_of` does not list. As current as those."""
        return shared(
            self.service.name,
            f"run-registry-names:{self.service.base_url}:{run_number}",
            lambda: self._ask_for_names(run_number),
            (UpstreamError, RunRegistryDataInvalid),
            seconds=settings.RUN_REGISTRY_FRESH,
        )

    def _ask_for_names(self, run_number: int) -> list[str]:
        names = self.service.get(f"/get_all_dataset_names_of_run/{run_number}")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise RunRegistryDataInvalid
        return [name for name in names if is_dataset_name(name)]

    def _pages(self, condition: Mapping[str, Any], size: int) -> Iterator[list[RegistryDataset]]:
        page, pages = 0, 1
        while page < min(pages, _MOST_PAGES):
            body = {"page": page, "page_size": size, "sortings": [], "filter": condition}
            answer = self.service.post("/datasets_filtered_ordered", body)
            if not isinstance(answer, dict) or not isinstance(answer.get("datasets"), list):
                raise RunRegistryDataInvalid
            yield [read_dataset(raw) for raw in answer["datasets"]]
            page, pages = page + 1, _integer(answer.get("pages") or 0)


def runs_in(ranges: list[tuple[int, int]]) -> dict[str, Any]:
    """The filter for runs in any of the ranges, both ends included. An empty `or` would match everything."""
    if not ranges:
        raise ValueError("no runs")
    parts = [{"=": first} if first == last else {"and": [{">=": first}, {"<=": last}]} for first, last in ranges]
    return {"run_number": {"or": parts}}


def listed(run_numbers: list[int]) -> dict[str, Any]:
    """The filter for these runs."""
    return {"run_number": run_numbers}


def _meets(condition: Mapping[str, Any], run_number: int) -> bool:
    """As far as the condition is about run numbers: an answer about other runs is not one to ours."""
    wanted = condition.get("run_number")
    if isinstance(wanted, list):
        return run_number in wanted
    parts = wanted["or"] if wanted else []
    return not wanted or any(_is_in(part, run_number) for part in parts)


def _is_in(part: Mapping[str, Any], run_number: int) -> bool:
    if "=" in part:
        return run_number == part["="]
    lowest, highest = part["and"]
    return lowest[">="] <= run_number <= highest["<="]


def open_datasets() -> dict[str, Any]:
    return {"dataset_attributes.tracker_state": OPEN}


def started_since(moment: datetime) -> dict[str, Any]:
    """Compared as text, which for ISO times in UTC is their order."""
    return {"oms_attributes.start_time": {">=": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}}


def _without_repeats(datasets: list[RegistryDataset]) -> list[RegistryDataset]:
    """Count and rows are two queries upstream, so a page may repeat what another had."""
    return list({(dataset.run_number, dataset.name): dataset for dataset in reversed(datasets)}.values())[::-1]


def read_dataset(raw: Any) -> RegistryDataset:
    """One of the `datasets` of an answer. Raises RunRegistryDataInvalid."""
    if not isinstance(raw, dict) or not is_dataset_name(raw.get("name")):
        raise RunRegistryDataInvalid
    run = _mapping(raw.get("Run"))
    return RegistryDataset(
        run_number=_integer(raw.get("run_number")),
        name=raw["name"],
        tracker_state=_word(_mapping(raw.get("dataset_attributes")).get("tracker_state")),
        run_class=_word(_mapping(run.get("rr_attributes")).get("class")),
        oms_attributes=_mapping(run.get("oms_attributes")),
    )


def _integer(raw: Any) -> int:
    """A whole number, also as text. Raises RunRegistryDataInvalid."""
    is_text = isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 12
    if type(raw) is not int and not is_text:
        raise RunRegistryDataInvalid
    return int(raw)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str:
    return value[:100] if isinstance(value, str) else ""
