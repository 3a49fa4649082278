"""Random stories of a person, OMS and the Run Registry about one run: what holds after every step of each."""

from random import Random
from uuid import uuid4

import pytest

from oms.answers import Facts
from oms.decisions import decide
from oms.models import Decision, Difference, OmsFill, OmsRun, Source
from oms.services import remember_run
from oms.typed import type_in

UNITS = ["pb^{-1}", r"{\mu}b^{-1}", "fb^{-1}", "", "weird"]
HLT_KEYS = ["/cdaq/physics/Run2018/HLT/V2", "/cdaq/cosmic/Run2018/HLT/V1"]


class Story:
    def __init__(self, seed: int, person) -> None:
        self.random = Random(seed)
        self.person = person
        OmsRun.objects.create(run_number=325000)

    def sometimes(self, **choices) -> dict:
        return {name: self.random.choice(values) for name, values in choices.items() if self.random.random() < 0.5}

    def she_types(self) -> None:
        run = OmsRun.objects.get()
        said = self.sometimes(
            lumisections=[1, 2, None],
            recorded_lumi=[1.0, 2.5],
            recorded_lumi_unit=UNITS,
            run_type=["collisions", "cosmics"],
            hlt_key=HLT_KEYS,
            fill_number=[7, 8],
        )
        if "fill_number" in said:
            said["fill"] = OmsFill.objects.get_or_create(pk=said["fill_number"])[0]
        said = {name: value for name, value in said.items() if getattr(run, name) != value}
        type_in(run, said, self.person, uuid4())
        typed = OmsRun.objects.get().typed
        assert all(getattr(run, name) == value for name, value in said.items() if name in typed)

    def a_service_tells(self, source: Source) -> None:
        before = OmsRun.objects.get()
        told = self.sometimes(
            lumisections=[1, 2, 3],
            recorded_lumi=[1.0, 2.5, 1e6],
            hlt_key=HLT_KEYS,
            stable_beam=[True, False],
            fill_number=[7, 8],
        )
        after = remember_run(325000, Facts(told, {"recorded_lumi": self.random.choice(UNITS)}), source)
        kept = [name for name in after.typed if name in before.typed]
        assert all(getattr(after, name) == getattr(before, name) for name in kept), "hers was overwritten"
        if source == Source.OMS:
            assert all(getattr(after, name) == told[name] or name in after.official for name in told), "OMS's was lost"

    def she_decides(self) -> None:
        for task in Difference.objects.open():
            if Difference.objects.open().filter(pk=task.pk).exists():
                decision = self.random.choice([Decision.MINE, Decision.THEIRS])
                decide(task.pk, decision, "because", self.person, shown=task.told, click=uuid4())

    def holds(self) -> None:
        run = OmsRun.objects.get()
        for task in Difference.objects.open():
            said, told = run.official[task.name], run.told(task.name)
            assert task.stored == [told.value, told.unit]
            assert task.told == [said["value"], said["unit"]]
            assert task.stored_by.username == self.person.username
        for name in run.official:
            assert name in run.typed or f"{name}_unit" in run.typed, "OMS contradicts nobody"


@pytest.mark.parametrize("seed", range(60))
def test_a_story(seed, shifter):
    story = Story(seed, shifter)
    steps = [
        story.she_types,
        story.she_types,
        story.she_decides,
        lambda: story.a_service_tells(Source.OMS),
        lambda: story.a_service_tells(Source.OMS),
        lambda: story.a_service_tells(Source.RUN_REGISTRY),
    ]
    for _ in range(20):
        story.random.choice(steps)()
        story.holds()
