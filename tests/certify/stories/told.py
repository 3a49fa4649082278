"""What the history and the notices must say of every step of a story."""

from __future__ import annotations

from typing import Any

from certify.models import DatasetStanding, Notice, TrackerCertification
from certify.snapshots import snapshot
from history.models import Action, Entry
from tests.certify.stories.book import Act, Book, Words, is_good

ACTIONS = {
    "created": {Action.CREATED, Action.ANEW},
    "changed": {Action.CHANGED},
    "deleted": {Action.DELETED},
    "restored": {Action.RESTORED},
    "reverted": {Action.REVERTED},
    "moved": {Action.MOVED},
    "undone": {Action.UNDONE},
}
_STANDINGS = {standing.label: standing.value for standing in DatasetStanding}


class Told:
    """`states`: each certification as its entries tell it; replaying them must give what is stored."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.states: dict[int, dict[str, Any]] = {}
        self.last = 0

    def news(self) -> list[Entry]:
        entries = list(Entry.objects.filter(pk__gt=self.last).order_by("pk").select_related("by", "typed_by"))
        self.last = entries[-1].pk if entries else self.last
        return entries

    def of_act(self, entries: list[Entry], act: Act | None) -> None:
        """One version, by who acted, and none where nothing was to be stored. The book learns of it."""
        versions = [entry for entry in entries if entry.version]
        assert len(versions) == (act is not None), f"the history tells {versions}"
        for entry in versions:
            assert entry.action in ACTIONS[act.kind]
            assert (str(entry.by), entry.typed_by and str(entry.typed_by)) == (act.by, act.typed_by)
            assert entry.row == act.pk if act.pk else entry.row not in self.book.rows
            assert act.before is None or entry.version == act.before.version + 1
            self.book.note(act, entry.row, entry.version, entry.pk)

    def replays(self, entries: list[Entry]) -> None:
        for entry in entries:
            assert bool(entry.by) != bool(entry.source), f"{entry} does not say who it was"
            if entry.row and entry.action != Action.TURNED:
                self._replay(entry)
        stored = {row.pk: snapshot(row) for row in TrackerCertification.everything.select_related("dataset")}
        assert stored == self.states, "the history does not tell what is stored"

    def _replay(self, entry: Entry) -> None:
        state = self.states.setdefault(entry.row, entry.state)
        if entry.version:
            differ = {name: [state[name], entry.state[name]] for name in state if state[name] != entry.state[name]}
            assert entry.changes == differ
            self.states[entry.row] = entry.state
            return
        for name, pair in entry.changes.items():
            old, new = [_STANDINGS[label] for label in pair] if name == "dataset_standing" else pair
            assert state[name] == old
            state[name] = new

    def tells_the_authors(self, entries: list[Entry]) -> None:
        """Whatever somebody else or a service did to a version or a verdict."""
        for entry in entries:
            if entry.row and (entry.version or entry.action == Action.TURNED):
                author = self.book.rows[entry.row].author
                is_told = Notice.objects.filter(entry=entry, user__username=author).exists()
                assert is_told == (str(entry.by) != author), f"{author} and {entry} by {entry.who}"

    def of_verdicts(
        self, entries: list[Entry], before: dict[int, Words], run_types: tuple[str, str], may_turn: str | None
    ) -> None:
        """Each that turned has entries that lead from the old verdict to the new. `may_turn`: who turns others'."""
        turned = [entry for entry in entries if entry.action == Action.TURNED]
        for entry in turned:
            by = entry.by and str(entry.by)
            author = self.book.rows[entry.row].author
            assert by in (None, author, may_turn) or self.book.leads(by), f"{by} turned what {author} certified"
        for pk, words in before.items():
            was, becomes = (is_good(words, run_type) for run_type in run_types)
            for entry in (each for each in turned if each.row == pk):
                assert entry.changes["verdict"] == ["good", "bad"][:: 1 if was else -1]
                was = not was
            assert was == becomes, f"{pk} turned without a word"
        assert {entry.row for entry in turned} <= set(before)
