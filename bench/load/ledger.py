"""What was sent, what was acknowledged, and whether the database agrees in the end."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

ACKNOWLEDGED, REFUSED, UNKNOWN = "acknowledged", "refused", "unknown"
Key = tuple[int, str]  # run and reconstruction


@dataclass(frozen=True)
class Sent:
    """`comment` is of this one click alone."""

    comment: str
    outcome: str


class Ledger:
    """Of all people; each certification is one person's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: dict[Key, list[Sent]] = defaultdict(list)

    def note(self, key: Key, comment: str, outcome: str) -> None:
        with self._lock:
            self._sent[key].append(Sent(comment, outcome))

    def count(self, outcome: str) -> int:
        return sum(sent.outcome == outcome for many in self._sent.values() for sent in many)

    def disagreements(self, stored: Mapping[Key, list[str]], told: Counter[str]) -> list[str]:
        """One sentence each. `stored`: the comments of the living certifications; `told`: how often each comment
        entered the history.
        """
        wrong = []
        for key, many in self._sent.items():
            allowed = _may_be_stored(many)
            found = stored.get(key, [])
            if len(found) > 1:
                wrong.append(f"{key} is there {len(found)} times")
            if not set(found or [""]) <= allowed:
                wrong.append(f"{key} holds {found}, of {sorted(allowed)}")
            for sent in many:
                least = int(sent.outcome == ACKNOWLEDGED)
                most = int(sent.outcome != REFUSED)
                if not least <= told[sent.comment] <= most:
                    wrong.append(f"{sent.comment}, {sent.outcome}, stands {told[sent.comment]} times in the history")
        return wrong


def _may_be_stored(many: list[Sent]) -> set[str]:
    """What was acknowledged last, and what nobody knows of that was sent after it; "" is no certification."""
    allowed = {""}
    for sent in many:
        if sent.outcome == ACKNOWLEDGED:
            allowed = {sent.comment}
        elif sent.outcome == UNKNOWN:
            allowed.add(sent.comment)
    return allowed
