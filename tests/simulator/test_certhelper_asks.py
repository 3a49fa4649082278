"""CertHelper's own clients ask the simulator in ways that upstream answers."""

from datetime import UTC, datetime

import pytest

from runregistry.client import RunRegistryClient
from runregistry.conditions import listed, open_datasets, runs_in, started_since


@pytest.fixture
def number(services):
    return services.world.examples["four_reconstructions"]


def test_each_search_of_the_board_is_one_that_the_run_registry_understands(services, number):
    world, registry = services.world, RunRegistryClient()
    since = datetime.fromisoformat(world.run(number)["attributes"]["start_time"]).astimezone(UTC)
    conditions = {
        "listed": listed([number, world.examples["ions"]]),
        "ranges": runs_in([(number, number), (number + 10, number + 30)]),
        "open": open_datasets(),
        "since": started_since(since),
    }
    for name, condition in conditions.items():
        found, _ = registry.search(condition, 500)
        assert found, name
    found, _ = registry.search(listed([number]), 500)
    assert [each.name for each in found] == [row["name"] for row in world.datasets_of(number)]


def test_a_change_is_seen_by_the_next_question(services, number):
    world, registry = services.world, RunRegistryClient()
    world.hide(number, "/PromptReco/Collisions2026A/DQM")
    world.move_state(number, "/Express/Collisions2026/DQM", "waiting dqm gui")
    datasets = {each.name: each.tracker_state for each in registry.datasets_of(number)}
    assert datasets["/Express/Collisions2026/DQM"] == "waiting dqm gui"
    assert "/PromptReco/Collisions2026A/DQM" not in datasets
    assert sorted(registry.dataset_names_of(number)) == sorted(datasets)
