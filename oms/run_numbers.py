"""Run numbers as people write and paste them: "325000, 325010-325020", lines of a mail, bullets and all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.db.models import Q

from oms.models import MAX_RUN_NUMBER

_USUAL = range(100_000, 1_000_000)
LONGEST_TEXT = 20_000  # characters
_DASH = re.compile(r"(?<=\d)[ \t]*[-–—][ \t]*(?=\d)")
_AROUND = "()[]{}<>\"'“”‘’.:!?*•·-–—#"
_RUN = re.compile(r"\d{1,10}")
_RANGE = re.compile(r"(\d{1,10})-(\d{1,10})")


@dataclass(frozen=True)
class TypedRuns:
    """`ranges`: (first, last) of both ends, ascending, none touching another. `rest`: what is good of the text.

    `junk`: the words that are no run numbers; `duplicates`: runs that were given more than once.
    """

    ranges: list[tuple[int, int]] = field(default_factory=list)
    junk: list[str] = field(default_factory=list)
    duplicates: list[int] = field(default_factory=list)
    rest: str = ""
    singles: list[int] = field(default_factory=list)

    def as_condition(self, column: str) -> Q:
        """Matches the runs; nothing when there are none."""
        wanted = Q(pk__in=[])
        for first, last in self.ranges:
            wanted |= Q(**{f"{column}__gte": first, f"{column}__lte": last})
        return wanted


def is_usual(run_number: int) -> bool:
    """Whether it has six digits, as the numbers of all runs of the last ten years have."""
    return run_number in _USUAL


def read_runs(text: str) -> TypedRuns:
    """What the text says. Raises ValueError when it is longer than LONGEST_TEXT."""
    if len(text) > LONGEST_TEXT:
        raise ValueError("too long")
    good: dict[tuple[int, int], str] = {}
    junk: dict[str, None] = {}
    duplicates: dict[int, None] = {}
    for word in re.split(r"[\s,;]+", _DASH.sub("-", text)):
        bare = word.strip(_AROUND)
        span = _span(bare)
        if span and span in good:
            duplicates[span[0]] = None
        elif span:
            good[span] = bare
        elif bare:
            junk[word] = None
    singles = [first for first, last in good if first == last]
    # A single run inside a range was given twice, too.
    duplicates |= {run: None for run in singles if any(a <= run <= b and a != b for a, b in good)}
    return TypedRuns(_merged(list(good)), list(junk), list(duplicates), ", ".join(good.values()), singles)


def _span(word: str) -> tuple[int, int] | None:
    if _RUN.fullmatch(word):
        ends = [int(word)] * 2
    elif found := _RANGE.fullmatch(word):
        ends = sorted(int(number) for number in found.groups())
    else:
        return None
    return (ends[0], ends[1]) if ends[0] > 0 and ends[1] <= MAX_RUN_NUMBER else None


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
