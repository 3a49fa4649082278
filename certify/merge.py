"""Two people changed the same certification: what differs, and one version made of both."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from certify.addressed import CERTIFICATION
from certify.buttons import BUTTONS, Button
from certify.chronicle import state_at
from certify.models import TrackerCertification
from certify.snapshots import DECIDED, State, as_input, in_words, label_of, snapshot
from users.served import FIELD

MINE, THEIRS, MIX = "mine", "theirs", "mix"
_CHOICE = "take-"


@dataclass(frozen=True)
class Difference:
    """`take` is what is offered first: mine where I changed it, theirs where only they did."""

    field: str
    label: str
    mine: str
    theirs: str
    take: str

    @property
    def choice(self) -> str:
        return f"{_CHOICE}{self.field}"


def differences(
    mine: State, stored: TrackerCertification, opened_at_version: int | None, typed: QueryDict
) -> list[Difference]:
    """Field by field where `mine` is not what is stored now. `typed` may say already which one is taken."""
    theirs = snapshot(stored)
    base = state_at(stored, opened_at_version) if opened_at_version else None
    return [
        Difference(
            field=name,
            label=label_of(name),
            mine=in_words(mine[name]),
            theirs=in_words(theirs[name]),
            take=typed.get(f"{_CHOICE}{name}") or (THEIRS if base and base.get(name) == mine[name] else MINE),
        )
        for name in DECIDED
        if mine[name] != theirs[name]
    ]


def merged(typed: QueryDict, stored: TrackerCertification) -> QueryDict:
    """What was typed, with the stored value of every field for which theirs was taken, if a mix is wanted."""
    if typed.get(Button.MERGE) != MIX:
        return typed
    theirs = snapshot(stored)
    mixed = typed.copy()
    for name in DECIDED:
        if typed.get(f"{_CHOICE}{name}") == THEIRS:
            mixed.setlist(name, as_input(theirs[name]))
    return mixed


def without_choices(typed: QueryDict) -> list[tuple[str, str]]:
    """(name, value) of what was typed, to travel with the choice."""
    own = {"csrfmiddlewaretoken", FIELD, "version", CERTIFICATION, *BUTTONS}
    fields = [(name, value) for name, values in typed.lists() for value in values]
    return [(name, value) for name, value in fields if name not in own and not name.startswith(_CHOICE)]
