"""What the databases of the simulated services hold at one moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from simulator.lumisections import lumisections_of

Row = dict[str, Any]
Key = tuple[int, str]


@dataclass(eq=False)
class Tables:
    """`runs` and `fills` are JSON:API rows of OMS, `datasets` are rows of the Run Registry.

    A change copies the tables and replaces rows in the copy, and nothing inside a row: whoever reads the old tables
    meanwhile reads them to the end.
    """

    runs: dict[int, Row]
    fills: dict[int, Row]
    datasets: dict[Key, Row]
    # Datasets that lack their row of the triplet cache, and runs marked as deleted. Both concern searches only.
    uncached: frozenset[Key] = frozenset()
    hidden_runs: frozenset[int] = frozenset()

    @classmethod
    def of(cls, runs: Iterable[Row], fills: Iterable[Row], datasets: Iterable[Row], uncached: Iterable[Key]) -> Tables:
        return cls(
            {_number(row): row for row in runs},
            {_number(row): row for row in fills},
            {(row["run_number"], row["name"]): row for row in datasets},
            frozenset(uncached),
        )

    def copy(self) -> Tables:
        return Tables(dict(self.runs), dict(self.fills), dict(self.datasets), self.uncached, self.hidden_runs)

    @cached_property
    def run_rows(self) -> list[Row]:
        return [row for _, row in sorted(self.runs.items())]

    @cached_property
    def fill_rows(self) -> list[Row]:
        return [row for _, row in sorted(self.fills.items())]

    @cached_property
    def dataset_rows(self) -> list[Row]:
        """All there are, the hidden ones too, in the order of the Run Registry: newest run first, then by name."""
        return sorted(self.datasets.values(), key=lambda row: (-row["run_number"], row["name"]))

    @cached_property
    def searchable(self) -> list[Row]:
        """The datasets that a search looks through."""
        return [row for row in self.dataset_rows if self._is_searchable(row)]

    @cached_property
    def registry_runs(self) -> list[Row]:
        """The runs that a search for runs looks through, newest first."""
        rows = [_registry_run(datasets) for _, datasets in sorted(self._by_run.items(), reverse=True)]
        return [row for row in rows if row["run_number"] not in self.hidden_runs and self._has_cache(row)]

    def _has_cache(self, run: Row) -> bool:
        return (run["run_number"], "online") not in self.uncached

    @cached_property
    def _by_run(self) -> dict[int, list[Row]]:
        by_run = defaultdict(list)
        for row in self.dataset_rows:
            by_run[row["run_number"]].append(row)
        return dict(by_run)

    def datasets_of(self, run_number: int) -> list[Row]:
        return self._by_run.get(run_number, [])

    def searchable_of(self, run_number: int) -> list[Row]:
        return [row for row in self.datasets_of(run_number) if self._is_searchable(row)]

    def _is_searchable(self, row: Row) -> bool:
        return not row.get("deleted") and (row["run_number"], row["name"]) not in self.uncached

    def names_of(self, run_number: int) -> list[str]:
        """As the Run Registry lists them: also those that a search misses for want of the triplet cache."""
        names = (row["name"] for row in self.datasets_of(run_number) if not row.get("deleted"))
        return sorted(names, key=lambda name: (name != "online", name))

    def lumisections(self, run_number: int | None = None) -> Iterator[Row]:
        """Computed when asked for: all of them would be most of the memory."""
        for run in self.run_rows if run_number is None else [self.runs.get(run_number)]:
            if run is not None:
                yield from lumisections_of(run)


def _registry_run(datasets: list[Row]) -> Row:
    """The columns of a run, from its datasets: they carry it. Its triplets are those of `online`."""
    online = next((row for row in datasets if row["name"] == "online"), datasets[0])
    cache = online.get("DatasetTripletCache") or {}
    return {
        "run_number": online["run_number"],
        "oms_attributes": online["Run"].get("oms_attributes", {}),
        "rr_attributes": online["Run"].get("rr_attributes", {}),
        "version": online.get("version", 1),
        "deleted": False,
        "DatasetTripletCache": {"triplet_summary": cache.get("triplet_summary", {})},
    }


def _number(row: Row) -> int:
    return int(row["id"])
