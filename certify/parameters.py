"""What stands in a URL: a parameter that nobody knows is refused by name, or what it asked for is silently not done."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from django.http import QueryDict

_SHOWN = 60  # characters


def unknown_parameters(query: QueryDict, known: Collection[str]) -> list[str]:
    """A sentence for each, with the nearest right one."""
    return [_sentence(name, known) for name in query if name not in known]


def not_among(name: str, value: str, known: Collection[str]) -> str:
    """A sentence about a value that the parameter does not have, "" for one that it has or none."""
    if value in known or not value:
        return ""
    return f"“{value[:_SHOWN]}” is no value of “{name}”: {', '.join(filter(None, known))}."


def _sentence(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return f"“{name[:_SHOWN]}” is not known here{f'; do you mean “{near[0]}”?' if near else '.'}"
