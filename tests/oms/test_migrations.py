"""Differences that were stored before they had two sides keep every word."""

import pytest
from django.db import connection
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from oms.models import OmsRun

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
    first = task.create(run=run, name="lumisections", typed_by="shifter", **pair)
    kept = task.create(
        run=run,
        name="energy",
        typed=[6400.0, ""],
        official=[6500.0, ""],
        typed_by="gone",
        decision="mine",
        **decided,
    )
    taken = task.create(
        fill=fill,
        name="peak_pileup",
        typed=[1.0, ""],
        official=[2.0, ""],
        typed_by="shifter",
        decision="theirs",
        **decided,
    )
    settled = task.create(
        run=run,
        name="b_field",
        typed=[3.8, ""],
        official=[3.8, ""],
        typed_by="shifter",
        decision="settled",
        decided_at=timezone.now(),
    )
    over = task.create(run=run, name="hlt_key", typed=["a", ""], official=["b", ""], typed_by="shifter")

    apps = migrate(now)
    found = {each.pk: each for each in apps.get_model("oms", "Difference").objects.all()}
    told = {pk: (each.state, each.stands, each.stored_by_id, each.stored_by_name) for pk, each in found.items()}
    assert told == told | {
        first.pk: ("open", True, shifter.pk, ""),
        kept.pk: ("kept", True, None, "gone"),
        taken.pk: ("taken", False, shifter.pk, ""),
        settled.pk: ("settled", False, shifter.pk, ""),
        over.pk: ("settled", False, shifter.pk, ""),
    }
    assert (found[kept.pk].decided_by_id, found[kept.pk].reason) == (shifter.pk, "counted")
    more = {each.name: each for pk, each in found.items() if pk > over.pk}
    assert {name: (each.state, each.stored, each.told, each.told_source) for name, each in more.items()} == {
        "b_field": ("seen", [3.0, ""], [3.8, "T"], "oms"),
        "recorded_lumi": ("open", [12.0, "pb^{-1}"], [95.16, "nb^{-1}"], "oms"),
    }
    typed = {each.name: each for each in apps.get_model("oms", "TypedFact").objects.all()}
    assert set(typed) == {"lumisections", "b_field", "energy", "recorded_lumi_unit"}
    assert (typed["lumisections"].by_id, typed["lumisections"].at.isoformat()) == (shifter.pk, AT)
    assert (typed["energy"].by_id, typed["energy"].by_name, typed["energy"].at.isoformat()) == (None, "gone", AT)


@pytest.mark.parametrize(
    ("stamp", "person", "told", "back"),
    [
        ({"by": "KEY", "at": AT}, True, "", {"by": "KEY", "at": AT}),
        ({"by": "shifter", "at": AT}, True, "", {"by": "KEY", "at": AT}),
        ({"by": None, "name": "gone", "at": AT}, False, "gone", {"by": None, "name": "gone", "at": AT}),
        ({"by": "gone", "at": AT}, False, "gone", {"by": None, "name": "gone", "at": AT}),
        ({"by": 999_999, "at": AT}, False, "account 999999", {"by": None, "name": "account 999999", "at": AT}),
        ({"by": "shifter"}, True, "", {"by": "KEY", "at": None}),
    ],
)
def test_a_stamp_becomes_a_row_with_its_person_and_goes_back(transactional_db, stamp, person, told, back):
    now = MigrationExecutor(connection).loader.graph.leaf_nodes()
    stamps = [("oms", "0006_hold_the_differences_to_their_rules")]
    apps = migrate(stamps)
    shifter = apps.get_model("users", "User").objects.create(username="shifter")
    stamp, back = ({**each, "by": shifter.pk if each["by"] == "KEY" else each["by"]} for each in (stamp, back))
    apps.get_model("oms", "OmsFill").objects.create(fill_number=7324, peak_pileup=49.0, typed={"peak_pileup": stamp})
    apps.get_model("oms", "OmsFill").objects.create(fill_number=7325)
    try:
        apps = migrate(now)
        typed = apps.get_model("oms", "TypedFact").objects.get()
        assert (typed.fill_id, typed.run_id, typed.name) == (7324, None, "peak_pileup")
        assert (typed.by_id, typed.by_name) == (shifter.pk if person else None, told)
        apps = migrate(stamps)
        fills = dict(apps.get_model("oms", "OmsFill").objects.values_list("pk", "typed"))
        assert fills == {7324: {"peak_pileup": back}, 7325: {}}
    finally:
        migrate(now)


def test_differences_with_two_sides_are_not_migrated_back(transactional_db):
    now = MigrationExecutor(connection).loader.graph.leaf_nodes()
    run = OmsRun.objects.create(run_number=325000)
    run.differences.create(name="b_field", stored=[3.0, ""], stored_source="person", told=[3.8, "T"], told_source="oms")
    try:
        with pytest.raises(IrreversibleError, match="restore the backup"):
            migrate(BEFORE)
    finally:
        migrate(now)
    assert run.differences.count() == 1
