"""The named buttons of a certification's forms. None of them is typed: they don't travel with what is."""

from __future__ import annotations

from enum import StrEnum

from users.handover import REVIEW


class Button(StrEnum):
    REVIEW = REVIEW
    CORRECT = "correct"
    SEARCH = "search"
    REFRESH = "refresh"
    # Of two versions: mine, theirs, or a mix.
    MERGE = "merge"


# Those that only help to fill in the form: what is not finished is no mistake yet.
HELPERS = (Button.CORRECT, Button.SEARCH, Button.REFRESH)
BUTTONS: frozenset[str] = frozenset(Button)
