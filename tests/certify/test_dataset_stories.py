"""Random stories of people, two datasets of one reconstruction, OMS and the Run Registry, told through the pages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import wait
from datetime import date
from random import Random
from typing import Any

import pytest
from django.core.cache import cache

from certify import target
from certify.models import DatasetStanding, TrackerCertification
from oms.models import Difference, OmsRun, State
from simulator.server import Simulator
from tests.certify.stories.book import PROBLEMS, UNSAID, is_good, stored, typed
from tests.certify.stories.outside import Outside
from tests.certify.stories.plot import Plot, Sent
from tests.certify.stories.told import Told
from upstream.threads import in_flight

# By hand, for more: STORIES=500 FIRST_STORY=1000 pytest tests/certify/test_dataset_stories.py
FIRST, MANY = int(os.environ.get("FIRST_STORY", "0")), int(os.environ.get("STORIES", "12"))
STEPS = 40


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with Simulator(anchor=date(2026, 1, 15)) as simulator:
        yield simulator


@pytest.fixture
def simulator(running, db, settings, monkeypatch) -> Iterator[Simulator]:
    settings.OMS_API_URL, settings.RUN_REGISTRY_API_URL = running.oms_url, running.run_registry_url
    settings.SSO_TOKEN_URL, settings.RUN_REGISTRY_FRESH = running.token_url, 0
    settings.REFRESH_HOURS = 10 * 365 * 24  # the worker asks about every run
    # However busy the machine is: what a late answer does is for other tests.
    settings.UPSTREAM_READ_TIMEOUT = settings.UPSTREAM_PAGE_BUDGET = 60
    monkeypatch.setattr(target, "_SUBMIT_WAITS", 60.0)
    running.reset()
    yield running
    wait(list(in_flight))
    running.reset()
    cache.clear()


class Story:
    """Plays one step after the other, and looks after each whether all is as the book of the story has it."""

    def __init__(self, seed: int, simulator: Simulator) -> None:
        self.random = Random(seed)
        self.outside = Outside(simulator, self.random)
        self.plot = Plot(self.random, self.outside)
        self.book = self.plot.book
        self.told = Told(self.book)

    def goes_on(self) -> None:
        plot = self.plot
        steps = {
            plot.sends: 9,
            plot.opens: 6,
            self.outside.changes: 3.5,
            plot.worker_goes_round: 1.5,
            plot.somebody_comes_or_goes: 1.2,
            plot.somebodys_role_changes: 1,
        }
        step = self.random.choices(list(steps), list(steps.values()))[0]
        before, run_type = certifications(), run_type_of(plot.run)
        words = {pk: row.words for pk, row in self.book.living.items()}
        open_tasks = set(Difference.objects.open())
        sent = step()
        if sent:
            self.is_answered_truly(sent, before)
            self.decided_by_the_entitled(sent, open_tasks)
        elif step != plot.worker_goes_round:
            assert certifications() == before, "nobody sent anything"
        self.holds(sent, words, run_type)
        if step == plot.worker_goes_round:
            self.the_only_dataset_has_its_name()

    def is_answered_truly(self, sent: Sent, before: list[Any]) -> None:
        assert sent.page.status_code < 500
        if sent.act:
            assert sent.page.status_code == 302, "it was to be stored"
            return
        if sent.tab.kind != "refresh":
            assert certifications() == before, "nothing was to be stored"
        is_form = sent.tab.kind in ("certify", "update") and sent.fields.get("merge", ["mine"]) == ["mine"]
        if is_form and sent.by and sent.page.status_code == 302:
            dataset = None if sent.tab.at == UNSAID else sent.tab.at
            found = [row.words for row in self.book.living.values() if row.dataset == dataset]
            assert found == [typed(sent.fields)], "it seems to be saved, and is not"

    def decided_by_the_entitled(self, sent: Sent, open_tasks: set[Difference]) -> None:
        """A difference is decided by who may, as the book has it."""
        authors = {row.author for row in self.book.living.values()}
        for task in open_tasks:
            stored_by, told_by = (person and str(person) for person in (task.stored_by, task.told_by))
            now = Difference.objects.get(pk=task.pk)
            if now.state in (State.TAKEN, State.KEPT):
                assert str(now.decided_by) == sent.by
                assert self.book.may_decide(sent.by, stored_by, told_by, authors)

    def holds(self, sent: Sent | None, before: dict[int, Any], run_type: str) -> None:
        entries = self.told.news()
        act = sent and sent.act
        self.told.of_act(entries, act)
        self.registry_gave_names()
        self.is_as_in_the_book()
        self.told.replays(entries)
        self.told.tells_the_authors(entries)
        decides = sent.by if sent and sent.tab.kind == "differences_of_run" else None
        living = {pk: row.words for pk, row in self.book.living.items()}
        # An undo gives the words back before the facts that were typed with them.
        words = living if act and act.kind == "undone" else before
        both = {pk: words[pk] for pk in living.keys() & before.keys()}
        self.told.of_verdicts(entries, both, (run_type, run_type_of(self.plot.run)), decides)

    def registry_gave_names(self) -> None:
        """One without a dataset may have become the only one that the Run Registry lists."""
        only = self.outside.only_one
        for pk, row in self.book.living.items():
            if row.dataset is None and only and TrackerCertification.objects.get(pk=pk).dataset_name == only:
                self.book.name(pk, only)

    def the_only_dataset_has_its_name(self) -> None:
        waiting = TrackerCertification.objects.filter(dataset=None, dataset_standing=DatasetStanding.UNCONFIRMED)
        assert not (waiting.exists() and self.outside.only_one), "the worker found its dataset and did not tell"

    def is_as_in_the_book(self) -> None:
        rows = TrackerCertification.everything.select_related("author", "dataset", "deleted_by")
        rows = {row.pk: row for row in rows.prefetch_related(*PROBLEMS)}
        assert rows.keys() == self.book.rows.keys()
        run_type = run_type_of(self.plot.run)
        for pk, kept in self.book.rows.items():
            row = rows[pk]
            assert stored(row) == kept.words, "what an author saved was changed"
            assert (str(row.author), row.dataset_name, row.version) == (kept.author, kept.dataset, kept.version)
            assert (row.deleted_by and str(row.deleted_by)) == kept.deleted_by
            assert row.is_good == is_good(kept.words, run_type)
        living = self.book.living
        good = {pk for pk, kept in living.items() if is_good(kept.words, run_type)}
        assert set(TrackerCertification.objects.good().values_list("pk", flat=True)) == good
        assert len(self.book.datasets) == len(living), "two certifications of one dataset"


def certifications() -> list[Any]:
    """All that is stored of them, but for what services complete."""
    rows = TrackerCertification.everything.order_by("pk").prefetch_related(*PROBLEMS)
    return [(row.pk, row.version, row.dataset_id, row.deleted_at, row.updated_at, stored(row)) for row in rows]


def run_type_of(run_number: int) -> str:
    return OmsRun.objects.filter(pk=run_number).values_list("run_type", flat=True).first() or "unknown"


@pytest.mark.parametrize("seed", range(FIRST, FIRST + MANY))
def test_a_story(seed, simulator):
    story = Story(seed, simulator)
    for _ in range(STEPS):
        story.goes_on()
