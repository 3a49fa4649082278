"""Random stories of two shifters, a shift leader and OMS about one run: what holds after every step of each."""

from random import Random
from uuid import uuid4

import pytest

from certify import facts
from certify.deciders import tasks_of
from certify.exceptions import MayNotDecide
from certify.models import COMPONENTS, Notice, RunReconstruction, TrackerCertification
from history.models import Action, Entry
from oms.answers import Facts
from oms.models import Decision, Difference, OmsRun, Source
from tests.factories import VERDICT, make_run

KEYS = ["/cdaq/physics/Run2025/v1", "/cdaq/cosmic/Run2025/v1"]


class Story:
    def __init__(self, seed: int, people: list) -> None:
        self.random = Random(seed)
        self.people = people
        self.clicks: list[tuple[object, object]] = []
        make_run(398009, run_type=self.random.choice(["collisions", "cosmics", "unknown"]))
        for author, reco in zip(people[:2], ("express", "prompt"), strict=True):
            of = RunReconstruction.objects.create(run_id=398009, reconstruction=reco)
            said = {**VERDICT, "pixel": self.random.choice(["good", "bad"])}
            TrackerCertification.objects.create(run_reconstruction=of, author=author, **said)
        self.saved = self.components()
        self.verdicts = self.good()

    def components(self) -> list:
        return list(TrackerCertification.objects.order_by("pk").values_list("version", *COMPONENTS))

    def good(self) -> dict[int, bool]:
        rows = TrackerCertification.objects.select_related("run_reconstruction__run")
        return {row.pk: row.is_good for row in rows}

    def somebody_types(self) -> None:
        run, by = OmsRun.objects.get(), self.random.choice(self.people)
        choices = {
            "run_type": ["collisions", "cosmics"],
            "hlt_key": KEYS,
            "stable_beam": [True, False],
            "lumisections": [1, 2],
        }
        said = {name: self.random.choice(values) for name, values in choices.items() if self.random.random() < 0.4}
        changes = {name: value for name, value in said.items() if getattr(run, name) != value}
        click, others = uuid4(), self.verdicts_of_others(by)
        facts.type_in(run, changes, by, click)
        self.clicks.append((click, by))
        assert by.is_shift_leader or others == self.verdicts_of_others(by), "somebody else's verdict turned"

    def verdicts_of_others(self, by) -> dict[int, bool]:
        mine = set(TrackerCertification.objects.filter(author=by).values_list("pk", flat=True))
        return {pk: good for pk, good in self.good().items() if pk not in mine}

    def somebody_undoes(self) -> None:
        if self.clicks:
            click, by = self.clicks.pop()
            others = self.verdicts_of_others(by)
            facts.take_back(click, by, uuid4())
            assert by.is_shift_leader or others == self.verdicts_of_others(by), "an undo turned somebody else's verdict"

    def oms_tells(self) -> None:
        told = {"hlt_key": self.random.choice(KEYS), "stable_beam": self.random.choice([True, False])}
        facts.remember(398009, Facts({**told, "lumisections": self.random.choice([1, 2, 3])}), Source.OMS)

    def somebody_decides(self) -> None:
        by = self.random.choice(self.people)
        for task in list(Difference.objects.open()):
            may = tasks_of(by).filter(pk=task.pk).exists()
            decision = self.random.choice([Decision.MINE, Decision.THEIRS])
            try:
                task = Difference.objects.get(pk=task.pk)
                facts.decide(task.pk, decision, "because", by, shown=task.told, click=uuid4())
            except MayNotDecide:
                assert not may
            else:
                assert may or task.state != "open"

    def holds(self) -> None:
        assert self.components() == self.saved, "what an author saved was changed"
        self.each_turn_is_told()
        run = OmsRun.objects.get()
        for task in Difference.objects.open():
            stored = run.told(task.name)
            assert task.stored == [stored.value, stored.unit]
            assert task.told != task.stored
        standing = Difference.objects.standing().filter(told_by=None)
        assert all(each.name in run.typed for each in standing), "OMS contradicts nobody"

    def each_turn_is_told(self) -> None:
        """Replaying the entries from the first verdicts gives the verdicts of now, and each author had a notice."""
        verdicts = dict(self.verdicts)
        for entry in Entry.objects.filter(action=Action.TURNED).order_by("pk"):
            assert entry.changes["verdict"][0] == ("good" if verdicts[entry.row] else "bad")
            verdicts[entry.row] = entry.changes["verdict"][1] == "good"
            author = TrackerCertification.objects.get(pk=entry.row).author
            assert Notice.objects.filter(entry=entry, user=author).exists() == (entry.by != author)
        assert verdicts == self.good()


@pytest.mark.parametrize("seed", range(40))
def test_a_story(seed, shifter, shifter2, shiftleader):
    story = Story(seed, [shifter, shifter2, shiftleader])
    steps = [story.somebody_types] * 3 + [story.somebody_decides] * 2 + [story.oms_tells] * 2 + [story.somebody_undoes]
    for _ in range(20):
        story.random.choice(steps)()
        story.holds()
