"""What the simulated services know: runs, fills and datasets in the form in which upstream answers them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulator.dataset_changes import DatasetChanges
from simulator.fact_changes import FactChanges
from simulator.run_changes import RunChanges
from simulator.tables import Key, Row, Tables


class World(DatasetChanges, RunChanges, FactChanges):
    """`runs` and `fills` are JSON:API rows of OMS, `datasets` are rows of the Run Registry.

    `examples` names runs worth knowing, such as "ions" or "running". Rows are to be read; the methods inherited here
    change the world: `world.hide(398009, "/Express/Collisions2026/DQM")`. `reset()` takes everything back.
    """

    def __init__(
        self,
        runs: Iterable[Row],
        fills: Iterable[Row],
        datasets: Iterable[Row],
        examples: dict[str, int] | None = None,
        uncached: Iterable[Key] = (),
    ) -> None:
        super().__init__(Tables.of(runs, fills, datasets, uncached))
        self.examples = examples or {}

    @property
    def runs(self) -> list[Row]:
        return self.tables.run_rows

    @property
    def fills(self) -> list[Row]:
        return self.tables.fill_rows

    @property
    def datasets(self) -> list[Row]:
        """Hidden ones too."""
        return self.tables.dataset_rows

    def run(self, run_number: int) -> Row | None:
        return self.tables.runs.get(run_number)

    def fill(self, fill_number: int) -> Row | None:
        return self.tables.fills.get(fill_number)

    def dataset(self, run_number: int, name: str) -> Row | None:
        return self.tables.datasets.get((run_number, name))

    def datasets_of(self, run_number: int) -> list[Row]:
        """The datasets that a search in the Run Registry shows."""
        return self.tables.searchable_of(run_number)

    def dataset_names_of(self, run_number: int) -> list[str]:
        return self.tables.names_of(run_number)

    def lumisections(self, run_number: int | None = None) -> Iterator[Row]:
        return self.tables.lumisections(run_number)

    def neighbour(self, rows: list[Row], number: int) -> Row:
        """The row after the one about `number`, or before it when that is the last."""
        later = [row for row in rows if int(row["id"]) > number]
        return later[0] if later else rows[-2:][0]

    def replaced_by(self, other: World) -> World:
        """This world with the rows of `other` added; they win over our own of the same number or (run, name)."""
        ours, theirs = self.tables, other.tables
        return World(
            runs={**ours.runs, **theirs.runs}.values(),
            fills={**ours.fills, **theirs.fills}.values(),
            datasets={**ours.datasets, **theirs.datasets}.values(),
            examples={**self.examples, **other.examples},
            uncached=ours.uncached | theirs.uncached,
        )
