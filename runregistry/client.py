"""The Run Registry: which datasets a run has, in which state, and its own copy of the OMS facts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings

from runregistry.conditions import Condition, meets, up_to
from runregistry.exceptions import RunRegistryDataInvalid
from runregistry.rows import DATASETS_AS_JSON, Datasets, RegistryDataset, Rows, read_count, wrong_with_name
from upstream.errors import AnswerTooBig, UpstreamError
from upstream.flight import AsJson, shared
from upstream.names import RUN_REGISTRY
from upstream.service import Service

T = TypeVar("T")

PAGE_SIZE = 100
SEARCH_PAGE_SIZE = 1000
# Shifters' comments make rows big: a page that is too big is asked for again with a tenth of the rows.
_SMALLEST_PAGE = 10
# A search that needs more pages than this is answered wrongly.
_MOST_PAGES = 50
# Rows that are hidden or added between two pages shift those that follow: then all pages are asked for again.
_TRIES = 3


@dataclass(frozen=True)
class Page:
    """`count`: of all pages together, when this one was answered; None where it is not said."""

    rows: list[Any]
    pages: int
    count: int | None


class RunRegistryClient:
    """Raises the UpstreamErrors of `upstream`, and RunRegistryDataInvalid."""

    def __init__(self, service: Service | None = None, *, anew: bool = False) -> None:
        """`anew`: an answer that somebody had before does not do, however current it is."""
        self.since = time.time() if anew else 0.0
        self.service = service or Service(RUN_REGISTRY, settings.RUN_REGISTRY_API_URL, settings.RUN_REGISTRY_AUDIENCE)

    def ping(self) -> None:
        """A question as small as they come; what is answered does not matter."""
        self._ask_for_names(1)

    def datasets_of(self, run_number: int) -> Datasets:
        """All datasets of the run in the Run Registry's order, `online` among them; empty for an unknown run.

        An answer counts as current for RUN_REGISTRY_FRESH seconds.
        """
        return self._shared("run-registry", run_number, self._ask_for, DATASETS_AS_JSON)

    def dataset_names_of(self, run_number: int) -> list[str]:
        """Every name the run has, also of datasets that `datasets_of` does not list. As current as those."""
        return self._shared("run-registry-names", run_number, self._ask_for_names, AsJson(list, _as_names))

    def search(self, condition: Condition, most_runs: int) -> tuple[Datasets, bool]:
        """The datasets of the newest `most_runs` runs that meet the condition, and whether there are more runs.

        `condition` is one of `runregistry.conditions`.
        """
        rows = Rows()
        for page in self._newest_first(condition, rows):
            if not all(meets(condition, dataset.run_number) for dataset in page):
                raise RunRegistryDataInvalid
            if len({run_number for run_number, _ in rows.datasets}) > most_runs:
                break
        runs = sorted({run_number for run_number, _ in rows.datasets}, reverse=True)
        kept = set(runs[:most_runs])
        return rows.found(kept), len(runs) > most_runs

    def _shared(self, question: str, run_number: int, ask: Callable[[int], T], as_json: AsJson[T]) -> T:
        key = f"{question}:{self.service.base_url}:{run_number}"
        failures = (UpstreamError, RunRegistryDataInvalid)
        fresh = settings.RUN_REGISTRY_FRESH
        return shared(
            self.service.name, key, lambda: ask(run_number), failures, fresh, since=self.since, as_json=as_json
        )

    def _ask_for_names(self, run_number: int) -> list[str]:
        names = self.service.get(f"/get_all_dataset_names_of_run/{run_number}")
        if not isinstance(names, list):
            raise RunRegistryDataInvalid
        usable = [name for name in names if not wrong_with_name(name)]
        if names and not usable and not all(isinstance(name, str) for name in names):
            raise RunRegistryDataInvalid
        return usable

    def _ask_for(self, run_number: int) -> Datasets:
        of_all = Rows()
        for _ in range(_TRIES):
            rows, counts = Rows(), []
            for page in self._by_offset({"run_number": run_number}):
                counts.append(page.count)
                if any(dataset.run_number != run_number for dataset in rows.add(page.rows)):
                    raise RunRegistryDataInvalid
            if len(counts) < 2 or set(counts) <= {None, len(rows)}:
                return rows.found()
            of_all |= rows
        return of_all.found()

    def _by_offset(self, condition: Condition) -> Iterator[Page]:
        size, row, pages = PAGE_SIZE, 0, 1
        while row < pages * size and row < _MOST_PAGES * PAGE_SIZE:
            try:
                page = self._page(condition, row // size, size)
            except AnswerTooBig:
                if size <= _SMALLEST_PAGE:
                    raise
                size, pages = size // 10, pages * 10
                continue
            yield page
            row, pages = row + size, page.pages

    def _newest_first(self, condition: Condition, rows: Rows) -> Iterator[list[RegistryDataset]]:
        """Page after page into `rows`, each of runs that are not newer than the last.

        So a row that is hidden meanwhile shifts no other.
        """
        left: Condition | None = condition
        size = SEARCH_PAGE_SIZE
        for _ in range(_MOST_PAGES):
            if left is None:
                return
            try:
                page = self._page(left, 0, size)
            except AnswerTooBig:
                if size <= _SMALLEST_PAGE:
                    raise
                size //= 10
                continue
            found = rows.add(page.rows)
            yield found
            runs = {dataset.run_number for dataset in found}
            if page.pages < 2 or not runs:
                return
            if len(runs) == 1:  # more datasets than a page holds
                yield from (rows.add(rest.rows) for rest in self._by_offset({"run_number": min(runs)}))
            left = up_to(left, min(runs) - (len(runs) == 1))

    def _page(self, condition: Condition, number: int, size: int) -> Page:
        body = {"page": number, "page_size": size, "sortings": [], "filter": condition}
        answer = self.service.post("/datasets_filtered_ordered", body)
        if not isinstance(answer, dict) or not isinstance(answer.get("datasets"), list):
            raise RunRegistryDataInvalid
        pages, count = answer.get("pages") or 0, answer.get("count")
        return Page(answer["datasets"], read_count(pages), None if count is None else read_count(count))


def _as_names(kept: Any) -> list[str]:
    """Raises ValueError."""
    if not isinstance(kept, list) or any(wrong_with_name(name) for name in kept):
        raise ValueError("no names of datasets")
    return kept
