"""The list as a workbook: the file for Excel, with cells of their own types."""

from __future__ import annotations

from datetime import date, datetime
from tempfile import TemporaryFile
from typing import IO

import xlsxwriter
from django.db.models import QuerySet

from listruns.export import COLUMNS, Value, rows_of

# What a sheet holds, without its header.
MOST_ROWS = 1_048_575
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A comment is text even where it looks like a formula, an address or a number.
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
    "default_date_format": "yyyy-mm-dd",
}
_WIDTHS = {"dataset": 40, "comment": 60, "date": 12}
_WIDTH = 14


class TooManyForASheet(Exception):
    def __str__(self) -> str:
        most = f"{MOST_ROWS:,} certifications"
        return f"A sheet of Excel holds {most}. Filter the list, or take the CSV, which has no limit."


def as_xlsx(certifications: QuerySet) -> IO[bytes]:
    """A file, closed by whoever sends it. Times are UTC, units stand in the header. Raises TooManyForASheet."""
    if certifications[MOST_ROWS : MOST_ROWS + 1].exists():
        raise TooManyForASheet
    file = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        sheet = book.add_worksheet("Certifications")
        sheet.freeze_panes(1, 2)
        for number, name in enumerate(COLUMNS):
            sheet.set_column(number, number, _WIDTHS.get(name, _WIDTH))
        sheet.write_row(0, 0, COLUMNS, book.add_format({"bold": True}))
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for number, row in enumerate(rows_of(certifications), start=1):
            for column, (name, value) in enumerate(row.items()):
                typed = _typed(name, value)
                sheet.write(number, column, typed, *([moment] if isinstance(typed, datetime) else []))
    file.seek(0)
    return file


def _typed(name: str, value: Value) -> Value | date:
    """Excel knows no time zones: the header says which one it is."""
    if name == "date":
        return date.fromisoformat(str(value))
    if name.endswith("[UTC]"):
        return datetime.fromisoformat(str(value)).replace(tzinfo=None)
    return value
