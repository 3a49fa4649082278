"""JSON from outside without what no database holds: NUL, halves of surrogate pairs, numbers beyond any column."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from django.db import DataError, IntegrityError

# What a database says to values that slipped through; SQLite and psycopg say it in Python's own errors, too.
REFUSED_BY_THE_DATABASE = (DataError, IntegrityError, OverflowError, UnicodeError)
BIGGEST_INTEGER = 2**63 - 1
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Only a text with one of these can have them; most answers need no second walk.
_SUSPICIOUS = re.compile(r"\\u0000|\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def read_json(content: bytes) -> Any:
    """The value; a number that no column holds is None, as if it were not known. Raises ValueError."""
    text = content.decode(json.detect_encoding(content), "surrogatepass")
    try:
        value = json.loads(text, parse_int=_integer, parse_float=_finite, parse_constant=_nothing)
        return _cleaned(value) if _SUSPICIOUS.search(text) else value
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc


def clean_text(text: str) -> str:
    return _UNSTORABLE.sub("", text)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(key): _cleaned(item) for key, item in value.items()}
    return value


def _integer(digits: str) -> int | None:
    number = int(digits) if len(digits) <= 20 else None
    return number if number is not None and abs(number) <= BIGGEST_INTEGER else None


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _nothing(name: str) -> None:
    """NaN and Infinity, which some servers write although they are no JSON."""
