"""Pages that are too big, and a Run Registry that changes between two of them."""

import pytest

from runregistry.client import RunRegistryClient
from runregistry.conditions import listed, open_datasets, runs_in
from upstream.health import health_of
from upstream.names import RUN_REGISTRY


def _names(registry, run_numbers: list[int]) -> dict[int, set[str]]:
    found, _ = registry.search(listed(run_numbers), 500)
    return {number: {each.name for each in found if each.run_number == number} for number in run_numbers}


@pytest.mark.parametrize("change", ["hide", "add"])
def test_a_row_that_changes_between_two_pages_loses_no_other_one(services, monkeypatch, change):
    monkeypatch.setattr("runregistry.client.SEARCH_PAGE_SIZE", 7)
    world, registry = services.world, RunRegistryClient()
    numbers = sorted({each["run_number"] for each in world.datasets})[-12:]
    before = _names(registry, numbers)
    newest = max(numbers)
    victim = sorted(before[newest])[0]
    if change == "hide":
        world.after_page(0, lambda world: world.hide(newest, victim))
    else:
        world.after_page(0, lambda world: world.add_dataset(newest, "/Express/Aaa/DQM"))
    after = _names(registry, numbers)
    assert {number: before[number] - after[number] for number in numbers if before[number] - after[number]} == {}


@pytest.mark.parametrize("change", ["hide", "add"])
def test_so_it_is_within_one_run(services, monkeypatch, change):
    monkeypatch.setattr("runregistry.client.PAGE_SIZE", 2)
    world, registry = services.world, RunRegistryClient()
    number = world.examples["four_reconstructions"]
    before = {row["name"] for row in world.datasets_of(number)}
    victim = sorted(before)[0]
    if change == "hide":
        world.after_page(0, lambda world: world.hide(number, victim))
    else:
        world.after_page(0, lambda world: world.add_dataset(number, "/AExpress/DQM"))
    found = {each.name for each in registry._ask_for(number)}
    assert before - found <= ({victim} if change == "hide" else set())
    assert len(found) >= len(before) - (change == "hide")


def test_a_run_with_more_datasets_than_a_page_holds_is_found_whole(services, monkeypatch):
    monkeypatch.setattr("runregistry.client.SEARCH_PAGE_SIZE", 2)
    monkeypatch.setattr("runregistry.client.PAGE_SIZE", 3)
    world, registry = services.world, RunRegistryClient()
    number = world.examples["four_reconstructions"]
    older = max(each["run_number"] for each in world.datasets if each["run_number"] < number)
    found, has_more = registry.search(runs_in([(older, number)]), 500)
    assert {each.name for each in found if each.run_number == number} == {
        each["name"] for each in world.datasets_of(number)
    }
    assert older in {each.run_number for each in found}
    assert not has_more


def test_a_page_that_is_too_big_is_asked_for_again_with_fewer_rows(services, monkeypatch):
    registry = RunRegistryClient()
    whole, _ = registry.search(open_datasets(), 500)
    asked = len(services.requests.of("runregistry"))
    monkeypatch.setattr("upstream.http.BIGGEST_ANSWER", 300_000)
    again, _ = registry.search(open_datasets(), 500)
    assert {(each.run_number, each.name) for each in again} == {(each.run_number, each.name) for each in whole}
    assert len(services.requests.of("runregistry")) > asked + 2
    assert not health_of(RUN_REGISTRY).is_ill
