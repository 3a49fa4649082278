"""Differences that were stored before they had two sides keep every word."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

BEFORE = [("oms", "0003_contradictions_and_the_queue")]
AT = "2026-01-15T03:00:00+00:00"


def migrate(targets):
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.fixture
def old_world(transactional_db):
    """The tables as they were; the newest again afterwards."""
    now = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrate(BEFORE), now
    migrate(now)


def test_every_row_and_word_moves_into_the_table(old_world):
    apps, now = old_world
    shifter = apps.get_model("users", "User").objects.create(username="shifter")
    stamp, old_stamp = {"by": "shifter", "at": AT}, {"by": "gone", "at": AT}
    run = apps.get_model("oms", "OmsRun").objects.create(
        run_number=325000,
        lumisections=380,
        b_field=3.0,
        energy=6400.0,
        recorded_lumi=12.0,
        recorded_lumi_unit="pb^{-1}",
        typed={"lumisections": stamp, "b_field": stamp, "energy": old_stamp, "recorded_lumi_unit": stamp},
        official={
            "lumisections": {"value": 381, "unit": "", "seen": False},
            "b_field": {"value": 3.8, "unit": "T", "seen": True},
            "energy": {"value": 6500.0, "unit": "", "seen": False},
            "recorded_lumi": {"value": 95.16, "unit": "nb^{-1}", "seen": False},
        },
    )
    fill = apps.get_model("oms", "OmsFill").objects.create(fill_number=7324)
    task = apps.get_model("oms", "Contradiction").objects
    decided = {"decided_at": timezone.now(), "decided_by": shifter, "reason": "counted"}
    pair = {"typed": [380, ""], "official": [381, ""]}
    task.create(pk=1, run=run, name="lumisections", typed_by="shifter", **pair)
    task.create(
        pk=2,
        run=run,
        name="energy",
        typed=[6400.0, ""],
        official=[6500.0, ""],
        typed_by="gone",
        decision="mine",
        **decided,
    )
    task.create(
        pk=3,
        fill=fill,
        name="peak_pileup",
        typed=[1.0, ""],
        official=[2.0, ""],
        typed_by="shifter",
        decision="theirs",
        **decided,
    )
    task.create(
        pk=4,
        run=run,
        name="b_field",
        typed=[3.8, ""],
        official=[3.8, ""],
        typed_by="shifter",
        decision="settled",
        decided_at=timezone.now(),
    )
    task.create(pk=5, run=run, name="hlt_key", typed=["a", ""], official=["b", ""], typed_by="shifter")

    apps = migrate(now)
    found = {each.pk: each for each in apps.get_model("oms", "Difference").objects.all()}
    told = {pk: (each.state, each.stands, each.stored_by_id, each.stored_by_name) for pk, each in found.items()}
    assert told == told | {
        1: ("open", True, shifter.pk, ""),
        2: ("kept", True, None, "gone"),
        3: ("taken", False, shifter.pk, ""),
        4: ("settled", False, shifter.pk, ""),
        5: ("settled", False, shifter.pk, ""),
    }
    assert (found[2].decided_by_id, found[2].reason) == (shifter.pk, "counted")
    more = {each.name: each for pk, each in found.items() if pk > 5}
    assert {name: (each.state, each.stored, each.told, each.told_source) for name, each in more.items()} == {
        "b_field": ("seen", [3.0, ""], [3.8, "T"], "oms"),
        "recorded_lumi": ("open", [12.0, "pb^{-1}"], [95.16, "nb^{-1}"], "oms"),
    }
    typed = apps.get_model("oms", "OmsRun").objects.get().typed
    assert typed["lumisections"] == {"by": shifter.pk, "at": AT}
    assert typed["energy"] == {"by": None, "name": "gone", "at": AT}
