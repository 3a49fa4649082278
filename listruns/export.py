"""The list as a file, streamed row by row.

Columns keep their names and their order; new ones are added at the end. Units stand in brackets. Luminosities are in
inverse picobarn where their unit is known, and besides as given. Times are UTC. Words of a list are joined by "; ".
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.timezone import localtime

from certify.differences import mark_differences
from certify.models import COMPONENTS, TrackerCertification
from oms.units import in_inverse_picobarn

_AT_A_TIME = 500
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")

Value = str | int | float | bool | None
Read = Callable[[TrackerCertification], Value]


def _fact(name: str) -> Read:
    return lambda certification: getattr(certification.run_reconstruction.run, name)


def _own(name: str) -> Read:
    return lambda certification: getattr(certification, name)


def _problems(name: str) -> Read:
    return lambda certification: "; ".join(sorted(str(word) for word in getattr(certification, name).all()))


def _luminosity(name: str) -> Read:
    def read(certification: TrackerCertification) -> float | None:
        run = certification.run_reconstruction.run
        return in_inverse_picobarn(getattr(run, name), getattr(run, f"{name}_unit"))

    return read


def _reference(name: str) -> Read:
    return lambda certification: getattr(certification.reference_runreconstruction, name, None)


def _moment(name: str) -> Read:
    return lambda certification: getattr(certification, name).strftime("%Y-%m-%dT%H:%M:%SZ")


def _components() -> dict[str, Read]:
    columns: dict[str, Read] = {}
    for name in COMPONENTS:
        columns |= {
            name: _own(name),
            f"{name}_lowstat": _own(f"{name}_lowstat"),
            f"{name}_problems": _problems(f"{name}_problems"),
        }
    return columns


COLUMNS: dict[str, Read] = {
    "run_number": lambda certification: certification.run_reconstruction.run_id,
    "reconstruction": lambda certification: certification.run_reconstruction.reconstruction,
    "dataset": lambda certification: str(certification.dataset or ""),
    "run_type": _fact("run_type"),
    "verdict": lambda certification: "good" if certification.is_good else "bad",
    **_components(),
    "bad_reason": lambda certification: str(certification.bad_reason or ""),
    "reference_run": _reference("run_id"),
    "reference_reconstruction": _reference("reconstruction"),
    "tracker_map": _own("trackermap"),
    "date": lambda certification: certification.date.isoformat(),
    "author": lambda certification: certification.author.username,
    "comment": _own("comment"),
    "external_info_complete": _own("external_info_complete"),
    "certified_at [UTC]": _moment("created_at"),
    "changed_at [UTC]": _moment("updated_at"),
    "fill_number": _fact("fill_number"),
    "lumisections": _fact("lumisections"),
    "b_field [T]": _fact("b_field"),
    "energy [GeV]": _fact("energy"),
    "delivered_lumi [pb^-1]": _luminosity("delivered_lumi"),
    "recorded_lumi [pb^-1]": _luminosity("recorded_lumi"),
    "delivered_lumi_as_given": _fact("delivered_lumi"),
    "delivered_lumi_unit": _fact("delivered_lumi_unit"),
    "recorded_lumi_as_given": _fact("recorded_lumi"),
    "recorded_lumi_unit": _fact("recorded_lumi_unit"),
    "dataset_standing": _own("dataset_standing"),
    "differences": lambda certification: "; ".join(certification.open_differences).lower(),
}


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def as_csv(certifications: QuerySet) -> Iterator[str]:
    """RFC 4180 in UTF-8, without a byte order mark: it would become part of the first column's name."""
    # Quotes around all text, so that a comment's semicolon is no separator to whatever opens the file.
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_NONNUMERIC)
    yield writer.writerow(COLUMNS)
    for row in _rows(certifications):
        yield writer.writerow([harmless(value) for value in row.values()])


def as_json(certifications: QuerySet) -> Iterator[str]:
    """A list of objects, one a line."""
    yield "["
    separator = "\n"
    for row in _rows(certifications):
        yield separator + json.dumps(row, ensure_ascii=False)
        separator = ",\n"
    yield "\n]\n"


def harmless(value: Value) -> Value:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers."""
    if isinstance(value, str) and (value.lstrip().startswith(_FORMULA) or value[:1] in ("\t", "\r", "\n")):
        return f"'{value}"
    return value


def file_name(ending: str) -> str:
    return f"certifications-{localtime():%Y-%m-%d-%H%M}.{ending}"


def _rows(certifications: QuerySet) -> Iterator[dict[str, Value]]:
    with _fast_start():
        found = certifications.with_everything_shown().iterator(chunk_size=_AT_A_TIME)
        while some := list(islice(found, _AT_A_TIME)):
            mark_differences(some)
            for certification in some:
                yield {name: read(certification) for name, read in COLUMNS.items()}


def _fast_start() -> AbstractContextManager[Any]:
    """PostgreSQL reads lazily only inside a transaction, and plans for the first rows only when told to.

    SQLite does both by itself, and there a transaction would keep everybody from writing.
    """
    if connection.vendor != "postgresql":
        return nullcontext()
    return _Transaction()


class _Transaction(transaction.Atomic):
    def __init__(self) -> None:
        super().__init__(using=None, savepoint=True, durable=False)

    def __enter__(self) -> None:
        super().__enter__()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL cursor_tuple_fraction = 0.0001")
