"""What the simulated services know: runs, fills and datasets in the form in which upstream answers them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from simulator.lumisections import lumisections_of

Row = dict[str, Any]


@dataclass
class World:
    """`runs` and `fills` are JSON:API rows of OMS, `datasets` are rows of the Run Registry. To be read, not changed.

    `examples` names runs worth knowing, such as "ions" or "running".
    """

    runs: list[Row]
    fills: list[Row]
    datasets: list[Row]
    examples: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.runs = sorted(self.runs, key=_number)
        self.fills = sorted(self.fills, key=_number)
        self.datasets = sorted(self.datasets, key=lambda dataset: (-dataset["run_number"], dataset["name"]))
        self._runs = {_number(row): row for row in self.runs}
        self._fills = {_number(row): row for row in self.fills}
        self._datasets: dict[int, list[Row]] = defaultdict(list)
        for dataset in self.datasets:
            self._datasets[dataset["run_number"]].append(dataset)

    def run(self, run_number: int) -> Row | None:
        return self._runs.get(run_number)

    def fill(self, fill_number: int) -> Row | None:
        return self._fills.get(fill_number)

    def datasets_of(self, run_number: int) -> list[Row]:
        """The datasets that a search in the Run Registry shows: not those marked as deleted."""
        return [dataset for dataset in self._datasets.get(run_number, ()) if not dataset.get("deleted")]

    def dataset_names_of(self, run_number: int) -> list[str]:
        """Every name, also of deleted datasets: the Run Registry's two answers differ there."""
        return sorted((dataset["name"] for dataset in self._datasets.get(run_number, ())), key=_online_first)

    def lumisections(self, run_number: int | None = None) -> Iterator[Row]:
        """Computed when asked for: all of them would be most of the memory."""
        runs = self.runs if run_number is None else [row for row in (self.run(run_number),) if row]
        for run in runs:
            yield from lumisections_of(run)

    def neighbour(self, rows: list[Row], number: int) -> Row:
        """The row after the one about `number`, or before it when that is the last."""
        later = [row for row in rows if _number(row) > number]
        return later[0] if later else rows[-2]

    def replaced_by(self, other: World) -> World:
        """This world with the rows of `other` added; they win over our own of the same number or (run, name)."""
        datasets = {(row["run_number"], row["name"]): row for row in (*self.datasets, *other.datasets)}
        return World(
            runs=list({**self._runs, **other._runs}.values()),
            fills=list({**self._fills, **other._fills}.values()),
            datasets=list(datasets.values()),
            examples={**self.examples, **other.examples},
        )


def _number(row: Row) -> int:
    return int(row["id"])


def _online_first(name: str) -> tuple[bool, str]:
    return name != "online", name
