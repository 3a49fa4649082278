"""Run numbers as people write and paste them: "325000, 325010-20", lines of a mail, a golden JSON, bullets and all."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Q

from oms.models import MAX_RUN_NUMBER

_USUAL = range(100_000, 1_000_000)
LONGEST_TEXT = 20_000  # characters
# More conditions beside each other than this are grouped: SQLite reads only so many.
_IN_A_GROUP = 100
_MOST_SHOWN, _LONGEST_SHOWN = 12, 90

_AROUND = "()[]{}<>\"'“”‘’.:!?*•·-#"
_MINUS = "\N{MINUS SIGN}"
_DASH = re.compile(r"(?<=\d)[ \t]*-[ \t]*(?=\d)")
# Between two numbers of six digits; elsewhere they may mean anything.
_TO = re.compile(r"(?<!\d)(\d{6})\s*(?:\.\.+|…|~|\bto\b)\s*(\d{6})(?!\d)", re.IGNORECASE)
_SLASH = re.compile(r"(?<!\d)(\d{6})\s*/\s*(?=\d{6}(?!\d))")
# As spreadsheets and the Swiss write a number.
_THOUSANDS = re.compile("(?<=\\d)['’\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{NO-BREAK SPACE}](?=\\d{3}(?!\\d))")
_DECIMAL = re.compile(r"(?<!\d)(\d{1,10})\.0+(?!\d)")
# 325,097 is not two runs: where a comma stands between digits and one side is too short, nobody knows.
_COMMA = re.compile(r"(?<![\d,])\d{1,3}(?:,\d{3})+(?![\d,])")
_LINK = re.compile(r"https?://\S+", re.IGNORECASE)
_RUN_IN_LINK = re.compile(r"(?:runs?|run_number|certify|list)[=/](\d{6})(?!\d)", re.IGNORECASE)
_GOLDEN = re.compile(r'"(\d{1,10})"\s*:\s*\[')
_WORD = re.compile(r"runs?:?", re.IGNORECASE)
_RUN = re.compile(r"(?:runs?:?)?([1-9]\d{0,9})", re.IGNORECASE)
_RANGE = re.compile(r"(?:runs?:?)?([1-9]\d{0,9})-(\d{1,10})", re.IGNORECASE)


class TextTooLong(ValueError):
    def __init__(self) -> None:
        super().__init__(f"That is too long: at most {LONGEST_TEXT} characters go in one search.")


@dataclass(frozen=True)
class TypedRuns:
    """`ranges`: (first, last) of both ends, ascending, none touching another. `rest`: what is good of the text.

    `junk`: the words that are no run numbers, with what is wrong where that is not seen at once; `duplicates`: runs
    that were given more than once.
    """

    ranges: list[tuple[int, int]] = field(default_factory=list)
    junk: list[str] = field(default_factory=list)
    duplicates: list[int] = field(default_factory=list)
    rest: str = ""
    singles: list[int] = field(default_factory=list)

    def as_condition(self, column: str) -> Q:
        """Matches the runs; nothing when there are none."""
        alone = [first for first, last in self.ranges if first == last]
        spans = [Q(**{f"{column}__gte": a, f"{column}__lte": b}) for a, b in self.ranges if a != b]
        groups = [_any(spans[start : start + _IN_A_GROUP]) for start in range(0, len(spans), _IN_A_GROUP)]
        # Negated twice, because Django would put the groups into one again.
        wanted = groups[0] if len(groups) == 1 else _any([~Q(~group) for group in groups])
        return wanted | Q(**{f"{column}__in": alone}) if alone else wanted

    def complaint(self) -> str:
        """What of the text was not used, in words; "" where all was."""
        parts = []
        if self.junk:
            named = ", ".join(f"“{word[:_LONGEST_SHOWN]}”" for word in self.junk[:_MOST_SHOWN])
            more = f" and {len(self.junk) - _MOST_SHOWN} more" if len(self.junk) > _MOST_SHOWN else ""
            parts.append(f"No run number: {named}{more}.")
        if self.duplicates:
            parts.append(f"More than once: {', '.join(str(run) for run in self.duplicates[:_MOST_SHOWN])}.")
        return " ".join(parts)

    @property
    def only(self) -> int | None:
        """The run, where the text names one and nothing else."""
        return self.singles[0] if len(self.singles) == 1 and not self.junk and len(self.ranges) == 1 else None


def is_usual(run_number: int) -> bool:
    """Whether it has six digits, as the numbers of all runs of the last ten years have."""
    return run_number in _USUAL


def same_lines(text: str) -> str:
    """A browser sends two characters for the end of a line, of which people see one."""
    return text.replace("\r\n", "\n")


def read_runs(text: str) -> TypedRuns:
    """What the text says. Raises TextTooLong."""
    if len(same_lines(text)) > LONGEST_TEXT:
        raise TextTooLong
    good: dict[tuple[int, int], str] = {}
    junk: dict[str, None] = {}
    duplicates: dict[int, None] = {}
    for word in _words(text):
        bare = word.strip(_AROUND)
        span, wrong = _span(bare)
        if span and span in good:
            duplicates[span[0]] = None
        elif span:
            good[span] = str(span[0]) if span[0] == span[1] else f"{span[0]}-{span[1]}"
        elif bare and not _WORD.fullmatch(bare):
            junk[wrong or _shown(word, text)] = None
    singles = [first for first, last in good if first == last]
    # A single run inside a range was given twice, too.
    duplicates |= {run: None for run in singles if any(a <= run <= b and a != b for a, b in good)}
    return TypedRuns(_merged(list(good)), list(junk), list(duplicates), ", ".join(good.values()), singles)


def _words(text: str) -> Iterator[str]:
    """Of a golden JSON its keys; else what stands between blanks, commas and semicolons."""
    keys = _keys_of_golden(text)
    if keys is not None:
        yield from keys
        return
    plain = _LINK.sub(lambda link: " ".join(_RUN_IN_LINK.findall(link[0])) or link[0], _plain(text))
    plain = _DECIMAL.sub(r"\1", _THOUSANDS.sub("", plain))
    plain = _DASH.sub("-", _SLASH.sub(r"\1 ", _TO.sub(r"\1-\2", plain)))
    for word in re.split(r"[\s;]+", plain):
        yield from [word] if _COMMA.search(word) else re.split(",", word)


def _plain(text: str) -> str:
    """Without what is not seen, and with one kind of dash."""
    kinds = ((letter, unicodedata.category(letter)) for letter in text)
    return "".join("-" if kind == "Pd" or letter == _MINUS else letter for letter, kind in kinds if kind != "Cf")


def _keys_of_golden(text: str) -> list[str] | None:
    """None for what is no golden JSON; one that was cut while it was copied still has its keys."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        golden = json.loads(text)
    except (ValueError, RecursionError):
        return _GOLDEN.findall(text) or None
    return list(golden) if isinstance(golden, dict) else None


def _span(word: str) -> tuple[tuple[int, int] | None, str]:
    """The run or range, or what is wrong with it where the word alone does not show it."""
    if found := _RUN.fullmatch(word):
        first = last = int(found[1])
    elif (found := _RANGE.fullmatch(word)) and int(found[1]) <= MAX_RUN_NUMBER:
        first, last = int(found[1]), int(_completed(*found.groups()))
        if len(found[2]) > len(found[1]) and not _is_whole_range(first, last):
            return None, f"{word}: from {first} to {last}? Write both numbers in full"
        if len(found[2]) < len(found[1]) and last < first:
            return None, f"{word}: from {first} to {last}? The end is before the beginning"
        first, last = sorted((first, last))
    else:
        return None, ""
    return ((first, last), "") if first > 0 and last <= MAX_RUN_NUMBER else (None, "")


def _completed(first: str, last: str) -> str:
    """331400-99 ends with run 331499."""
    return first[: len(first) - len(last)] + last if len(last) < len(first) else last


def _is_whole_range(first: int, last: int) -> bool:
    """1-100000 is meant as it stands: its end is a run number, and its beginning a round one."""
    return first == 1 and last in _USUAL


def _shown(word: str, text: str) -> str:
    """As it stands in the text, with what is not seen, so that one sees why it is no run number."""
    unseen = "".join({letter for letter in text if unicodedata.category(letter) == "Cf"})
    between = f"[{re.escape(unseen)}]*" if unseen else ""
    found = re.search(between.join(map(re.escape, word)), text)
    return "".join(letter if letter.isprintable() else f"U+{ord(letter):04X}" for letter in (found or [word])[0])


def _any(conditions: list[Q]) -> Q:
    wanted = Q(pk__in=[])
    for condition in conditions:
        wanted |= condition
    return wanted


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
