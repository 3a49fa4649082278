"""What stands in a URL: a parameter that nobody knows is refused by name, or what it asked for is silently not done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from django.http import QueryDict

_SHOWN = 60  # characters


def wrong_parameters(query: QueryDict, known: Collection[str], choices: Mapping[str, Collection[str]]) -> list[str]:
    """A sentence for each that nobody knows, with the nearest right one, and for each value that is no choice.

    `choices`: parameter → its values; nothing said is none of them.
    """
    names = [*known, *choices]
    unknown = [_sentence(name, names) for name in query if name not in names]
    return unknown + [
        f"“{value[:_SHOWN]}” is no value of “{name}”: {', '.join(filter(None, values))}."
        for name, values in choices.items()
        if (value := query.get(name, "")) and value not in values
    ]


def _sentence(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return f"“{name[:_SHOWN]}” is not known here{f'; do you mean “{near[0]}”?' if near else '.'}"
