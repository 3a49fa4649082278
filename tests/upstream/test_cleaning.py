"""What comes through the JSON door is what a database can hold."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upstream.cleaning import BIGGEST_INTEGER, read_json


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (r'"pb\u0000^{-1}"', "pb^{-1}"),
        (r'"\ud800Coll\udfff"', "Coll"),
        (r'"\ud83d\ude00"', "\N{GRINNING FACE}"),
        (r'"\\u0000"', r"\u0000"),
        (r'{"a\u0000": [{"\ud812": "x\u0000"}]}', {"a": [{"": "x"}]}),
        ("[NaN, Infinity, -Infinity, 1e999, -1e999]", [None] * 5),
        (f"[{2**63 - 1}, {2**63}, {-(2**63) + 1}, {2**70}, {'9' * 5000}]", [2**63 - 1, None, -(2**63) + 1, None, None]),
        ("[-5, 0.5, true, null]", [-5, 0.5, True, None]),
    ],
)
def test_what_no_database_holds_is_left_out(sent, read):
    assert read_json(sent.encode()) == read


def test_half_a_surrogate_that_was_never_escaped_is_left_out():
    assert read_json(b'"a\xed\xa0\x80b"') == "ab"


@pytest.mark.parametrize("sent", [b"", b"<html>", b"{", b"[" * 100_000, b'"\xff"', b'"a\x00b"'])
def test_what_is_no_json_is_told(sent):
    with pytest.raises(ValueError):  # noqa: PT011 - the door's caller asks for no more
        read_json(sent)


_any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec=None)), inner),
    max_leaves=12,
)


def _is_storable(value: object) -> bool:
    match value:
        case str():
            value.encode()  # no halves of surrogate pairs
            return "\x00" not in value
        case dict():
            return all(_is_storable(key) and _is_storable(item) for key, item in value.items())
        case list():
            return all(map(_is_storable, value))
        case int():
            return abs(value) <= BIGGEST_INTEGER
        case float():
            return value - value == 0
    return value is None


@given(_any_json)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_any_json_becomes_storable(value):
    assert _is_storable(read_json(json.dumps(value).encode()))
