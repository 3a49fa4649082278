"""What a person or a program must keep when they store a certification. Plain values in, sentences out.

What was stored once passes where it is kept: rules change, and nobody shall be made to change an old verdict for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.utils import timezone

from certify.models import COMPONENTS, RunReconstruction, TrackerCertification

FIRST_YEAR = 2008

Values = Mapping[str, Any]


def broken_rules(
    values: Values, of: tuple[int, str] | None, stored: TrackerCertification | None = None
) -> dict[str, str]:
    """Field → sentence. `of`: run number and reconstruction; `stored`: the version that is to be changed."""
    found = {
        "date": _date(values.get("date"), stored),
        "reference_runreconstruction": _reference(values.get("reference_runreconstruction"), of, stored),
        "bad_reason": _words(_as_list(values.get("bad_reason")), stored, "bad_reason"),
        **{
            f"{name}_problems": _words(list(values.get(f"{name}_problems") or ()), stored, f"{name}_problems")
            for name in COMPONENTS
        },
    }
    return {field: sentence for field, sentence in found.items() if sentence}


def _date(day: date | None, stored: TrackerCertification | None) -> str:
    if day is None or (stored and stored.date == day):
        return ""
    if day > timezone.localdate():
        return "The date is in the future. Give the day of your shift."
    if day.year < FIRST_YEAR:
        return f"CMS took no data before {FIRST_YEAR}. Check the year."
    return ""


def _reference(
    reference: RunReconstruction | None, of: tuple[int, str] | None, stored: TrackerCertification | None
) -> str:
    if reference is None or (stored and stored.reference_runreconstruction_id == reference.pk):
        return ""
    if of == (reference.run_id, reference.reconstruction):
        return "That is the reconstruction that you certify: nothing is its own reference. Choose another one."
    if not reference.is_reference:
        return "That is not a reference run any more. Choose another one."
    return ""


def _words(words: list[Any], stored: TrackerCertification | None, name: str) -> str:
    retired = [word for word in words if word.is_retired]
    if not retired:
        return ""
    kept = set(_kept(stored, name))
    gone = [str(word) for word in retired if word.pk not in kept]
    return f"No longer in use: {', '.join(gone)}. Choose another one." if gone else ""


def _kept(stored: TrackerCertification | None, name: str) -> Iterator[int]:
    if stored is None:
        return
    current = getattr(stored, name)
    yield from (word.pk for word in (current.all() if hasattr(current, "all") else _as_list(current)))


def _as_list(word: Any) -> list[Any]:
    return [word] if word else []
