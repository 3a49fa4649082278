"""What ought to be stored of each certification of a story, by the rules in few words and not by the product's code."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from certify.models import TrackerCertification
from tests.certify.stories.pages import Fields

COMPONENTS = ("pixel", "strip", "tracking")
PROBLEMS = tuple(f"{name}_problems" for name in COMPONENTS)
LOWSTATS = tuple(f"{name}_lowstat" for name in COMPONENTS)
SINGLE = (*COMPONENTS, "bad_reason", "reference_runreconstruction", "trackermap", "date", "comment")

SHIFTER, LEADER, GUEST = "shifter", "shift leader", "guest"
UNSAID = "?"  # an address without a dataset means the only certification

# Field → what a form says of it: text, truth, or a sorted list of keys.
Words = dict[str, str | bool | list[str]]


def typed(sent: Fields) -> Words:
    return {
        **{name: sent.get(name, [""])[-1].replace("\r\n", "\n") for name in SINGLE},
        **{name: bool(sent.get(name)) for name in LOWSTATS},
        **{name: sorted(sent.get(name, [])) for name in PROBLEMS},
    }


def is_whole(words: Words) -> bool:
    return all(words[name] for name in (*COMPONENTS, "trackermap", "date"))


def stored(certification: TrackerCertification) -> Words:
    return {
        **{name: str(getattr(certification, name)) for name in (*COMPONENTS, "trackermap", "date", "comment")},
        "bad_reason": str(certification.bad_reason_id or ""),
        "reference_runreconstruction": str(certification.reference_runreconstruction_id or ""),
        **{name: getattr(certification, name) for name in LOWSTATS},
        **{name: sorted(str(word.pk) for word in getattr(certification, name).all()) for name in PROBLEMS},
    }


def is_good(words: Words, run_type: str) -> bool:
    """Each component that counts is good, or of low statistics without being excluded; cosmics need no pixel."""
    needed = ("strip", "tracking") if run_type == "cosmics" else COMPONENTS
    return all(words[name] == "good" or words[f"{name}_lowstat"] and words[name] == "bad" for name in needed)


@dataclass(frozen=True)
class Kept:
    """One certification. `dataset` is None while nobody knows its name, `deleted_by` while it lives."""

    author: str
    dataset: str | None
    words: Words
    version: int
    deleted_by: str | None = None


@dataclass(frozen=True)
class Act:
    """What somebody did that is to be stored. `pk` and `before` are None for a new certification."""

    kind: str
    by: str
    pk: int | None
    before: Kept | None
    after: Kept
    typed_by: str | None = None


@dataclass
class Book:
    """The certifications of one reconstruction as they ought to be.

    What could be done answers with an Act, or with None where it must be refused; `note` writes it down.
    """

    roles: dict[str, str]
    rows: dict[int, Kept] = field(default_factory=dict)
    acts: dict[int, Act] = field(default_factory=dict)  # by the key of its entry in the history, in order

    def note(self, act: Act, pk: int, version: int, entry: int) -> None:
        self.rows[pk] = replace(act.after, version=version)
        self.acts[entry] = replace(act, pk=pk, after=self.rows[pk])

    def name(self, pk: int, dataset: str | None) -> None:
        """The Run Registry told which dataset it is of."""
        self.rows[pk] = replace(self.rows[pk], dataset=dataset)

    @property
    def living(self) -> dict[int, Kept]:
        return {pk: row for pk, row in self.rows.items() if row.deleted_by is None}

    @property
    def datasets(self) -> set[str | None]:
        return {row.dataset for row in self.living.values()}

    def may_certify(self, by: str) -> bool:
        return self.roles[by] in (SHIFTER, LEADER)

    def leads(self, by: str) -> bool:
        return self.roles[by] == LEADER

    def may_edit(self, by: str, row: Kept) -> bool:
        return self.leads(by) or (self.may_certify(by) and row.author == by)

    def may_decide(self, by: str, stored_by: str | None, told_by: str | None, authors: set[str]) -> bool:
        """Of a difference: `told_by` proposed another value than that of `stored_by`; None is a service."""
        if self.leads(by) or not self.may_certify(by):
            return self.leads(by)
        if told_by is None:
            return by == stored_by or by in authors
        others = authors - {told_by}
        return not others if told_by == by else others == {by}

    def create(self, by: str, dataset: str | None, words: Words, is_beside: bool, typed_by: str | None) -> Act | None:
        """`is_beside`: they ticked that one without a dataset may be of the same."""
        taken = self.datasets
        is_free = dataset not in taken and (dataset is not None or not taken) and (None not in taken or is_beside)
        if not (self.may_certify(by) and is_free and is_whole(words)):
            return None
        return Act("created", by, None, None, Kept(by, dataset, words, 0), typed_by)

    def change(self, by: str, made_from: tuple[int, int], at: str | None, words: Words, typed_by: str | None):
        """`made_from`: key and version of what the page showed; `at`: the dataset in the address."""
        return self._do("changed", by, made_from, at, typed_by, words=words) if is_whole(words) else None

    def delete(self, by: str, made_from: tuple[int, int], at: str | None, typed_by: str | None) -> Act | None:
        return self._do("deleted", by, made_from, at, typed_by, deleted_by=by)

    def bring_back(self, by: str, made_from: tuple[int, int], at: str | None, entry: int) -> Act | None:
        told = self.acts.get(entry)
        if not (told and told.pk == made_from[0] and self.leads(by)):
            return None
        return self._do("reverted", by, made_from, at, words=told.after.words)

    def move(self, by: str, made_from: tuple[int, int], at: str | None, to: str, known: set[str]) -> Act | None:
        row = self.rows.get(made_from[0])
        may = self.leads(by) or (row and row.dataset is None)
        return self._do("moved", by, made_from, at, dataset=to) if may and to in known - self.datasets else None

    def restore(self, by: str, made_from: tuple[int, int], kind: str = "restored") -> Act | None:
        pk, version = made_from
        row = self.rows.get(pk)
        if row is None or row.deleted_by is None or row.version != version or not self.may_edit(by, row):
            return None
        taken = self.datasets
        is_free = not taken if row.dataset is None else not {row.dataset, None} & taken
        is_theirs = self.leads(by) or row.deleted_by == by
        return Act(kind, by, pk, row, replace(row, deleted_by=None)) if is_free and is_theirs else None

    def undo(self, by: str, entry: int) -> Act | None:
        """Their last act, if nobody has done anything to that certification since."""
        act = self.acts.get(entry)
        last = [each for each, done in self.acts.items() if done.by == by][-1:]
        later = [done for each, done in self.acts.items() if each > entry]
        if act is None or last != [entry] or any(done.pk == act.pk for done in later):
            return None
        row = self.rows[act.pk]
        if act.kind == "deleted":
            return self.restore(by, (act.pk, row.version), "undone")
        if act.kind not in ("created", "changed", "reverted") or not self.may_edit(by, row):
            return None
        after = replace(row, words=act.before.words) if act.before else replace(row, deleted_by=by)
        return Act("undone", by, act.pk, row, after)

    def _do(
        self, kind: str, by: str, made_from: tuple[int, int], at: str | None, typed_by: str | None = None, **values
    ) -> Act | None:
        """Only to what lives, has still the version that the page was made from, and the dataset that it named."""
        pk, version = made_from
        row = self.living.get(pk)
        if row is None or row.version != version or not self.may_edit(by, row):
            return None
        is_meant = len(self.living) == 1 if at == UNSAID else row.dataset == at
        return Act(kind, by, pk, row, replace(row, **values), typed_by) if is_meant else None
