"""The rows of the Run Registry's answers: the datasets in them, and why a row is of no use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from oms.models import MAX_RUN_NUMBER
from runregistry.exceptions import DatasetWithoutReconstruction, RunRegistryDataInvalid
from runregistry.names import LONGEST_NAME, get_reco_from_dataset
from upstream.flight import AsJson

_LONGEST_WORD = 100
# What is wrong with one row, and with several.
_WRONG = {
    "row": ("it is not in a form that can be read", "they are not in a form that can be read"),
    "run": ("its run number is none", "their run numbers are none"),
    "no name": ("it has no name", "they have no name"),
    "empty": ("its name is empty", "their names are empty"),
    "long": (f"its name has more than {LONGEST_NAME} characters", "their names have too many characters"),
}
_UNREADABLE = {"row", "run", "no name"}


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


class Datasets(list[RegistryDataset]):
    """`left_out`: what the Run Registry gave besides and is of no use, a sentence for each reason."""

    def __init__(self, datasets: Iterable[RegistryDataset] = (), left_out: tuple[str, ...] = ()) -> None:
        super().__init__(datasets)
        self.left_out = left_out


def _write(datasets: Datasets) -> dict[str, Any]:
    rows = [[each.run_number, each.name, each.tracker_state, each.run_class, each.oms_attributes] for each in datasets]
    return {"rows": rows, "left_out": datasets.left_out}


def _read(kept: dict[str, Any]) -> Datasets:
    return Datasets((RegistryDataset(*row) for row in kept["rows"]), tuple(kept["left_out"]))


DATASETS_AS_JSON = AsJson(_write, _read)


@dataclass
class Rows:
    """What one question found, over all pages of its answer: each dataset once, in order."""

    datasets: dict[tuple[int, str], RegistryDataset] = field(default_factory=dict)
    wrong: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, rows: list[Any]) -> list[RegistryDataset]:
        """The datasets of these rows."""
        read = []
        for row in rows:
            wrong = wrong_with(row)
            if wrong:
                self.wrong[_identity(row)] = wrong
            else:
                read.append(read_dataset(row))
        for dataset in read:
            self.datasets.setdefault((dataset.run_number, dataset.name), dataset)
        return read

    def __or__(self, later: Rows) -> Rows:
        return Rows({**later.datasets, **self.datasets}, {**later.wrong, **self.wrong})

    def __len__(self) -> int:
        return len(self.datasets) + len(self.wrong)

    def found(self, kept: Container[int] | None = None) -> Datasets:
        """Of the runs that are kept, or of all. Raises RunRegistryDataInvalid where no row could be read."""
        if self.wrong and not self.datasets and set(self.wrong.values()) <= _UNREADABLE:
            raise RunRegistryDataInvalid
        datasets = (each for each in self.datasets.values() if kept is None or each.run_number in kept)
        return Datasets(datasets, in_words(self.wrong.values()))


def in_words(wrong: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        f"1 dataset of the Run Registry is left out: {_WRONG[reason][0]}."
        if many == 1
        else f"{many} datasets of the Run Registry are left out: {_WRONG[reason][1]}."
        for reason, many in Counter(wrong).items()
    )


def wrong_with(row: Any) -> str:
    """Why it is of no use, "" where it is."""
    if not isinstance(row, dict):
        return "row"
    if read_run_number(row.get("run_number")) is None:
        return "run"
    return wrong_with_name(row.get("name"))


def wrong_with_name(name: Any) -> str:
    if not isinstance(name, str):
        return "no name"
    if not name.strip():
        return "empty"
    return "long" if len(name) > LONGEST_NAME else ""


def read_dataset(row: Mapping[str, Any]) -> RegistryDataset:
    """Of a row with which nothing is wrong."""
    run = _mapping(row.get("Run"))
    return RegistryDataset(
        run_number=read_run_number(row["run_number"]) or 0,
        name=row["name"],
        tracker_state=_word(_mapping(row.get("dataset_attributes")).get("tracker_state")),
        run_class=_word(_mapping(run.get("rr_attributes")).get("class")),
        oms_attributes=_mapping(run.get("oms_attributes")),
    )


def read_run_number(raw: Any) -> int | None:
    """Also as text; None for what is no number of a run."""
    is_text = isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 12
    if type(raw) is not int and not is_text:
        return None
    return int(raw) if 0 < int(raw) <= MAX_RUN_NUMBER else None


def read_count(raw: Any) -> int:
    """How many pages or rows, also as text. Raises RunRegistryDataInvalid."""
    if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 12:
        return int(raw)
    if type(raw) is not int or raw < 0:
        raise RunRegistryDataInvalid
    return raw


def _identity(row: Any) -> tuple[str, str]:
    mapping = _mapping(row)
    return f"{mapping.get('run_number')!r:.40}", f"{mapping.get('name', row)!r:.80}"


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str:
    return value[:_LONGEST_WORD] if isinstance(value, str) else ""
