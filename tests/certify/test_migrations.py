"""From the tables as they were before a certification was one of a dataset, to those of today: nothing is lost."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from certify.models import TrackerCertification
from tests.factories import EXPRESS, PROMPT, make_certification, make_user
from users import roles
from users.models import User

BEFORE = [
    ("certify", "0007_the_last_round"),
    ("history", "0002_what_services_told"),
    ("oms", "0003_contradictions_and_the_queue"),
    ("runregistry", "0001_known_from_openruns"),
    ("users", "0001_initial"),
]
OURS = {app for app, _ in BEFORE}
NOTHING = [(app, None) for app in sorted({*OURS, "openruns"})]
PROMPT_2 = "/PromptReco/Collisions2018D-v2/DQM"
AT = "2026-01-15T03:00:00+00:00"
WHEN = datetime(2026, 1, 15, 3, tzinfo=UTC)
CLICK = UUID(int=11)
SHORT, LONG = "Lost for part of the run.", "x" * 12_000


def migrate(targets):
    MigrationExecutor(connection).migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def newest():
    return MigrationExecutor(connection).loader.graph.leaf_nodes()


@pytest.fixture
def old_world(transactional_db):
    """The tables as they were, and the people of it; the newest again afterwards."""
    now = newest()
    apps = migrate(BEFORE)
    yield apps, now
    migrate(now)


def rows(apps):
    """Model → primary key → everything stored of it."""
    ours = [model for model in apps.get_models() if model._meta.app_label in OURS]
    return {model._meta.label_lower: {row["pk"]: row for row in _values(model)} for model in ours}


def _values(model):
    names = [field.attname for field in model._meta.concrete_fields]
    return model._base_manager.values("pk", *names)


def changed(before, after):
    """What is not as it was, (model, primary key, field) → [old, new]; columns that went aside. Nothing may be gone."""
    found = {}
    for label, stored in before.items():
        assert set(stored) <= set(after[label]), f"{label} lost rows"
        for pk, row in stored.items():
            now = after[label][pk]
            found |= {
                (label, pk, name): [row[name], now[name]] for name in row if name in now and row[name] != now[name]
            }
    return found


def people(apps):
    make = apps.get_model("users", "User").objects.create
    return make(username="shifter"), make(username="shiftleader")


def make_old_certifications(apps, author, leader):
    """Key → primary key, of each kind that the old tables let pass."""
    get = lambda name: apps.get_model("certify", name)._base_manager  # noqa: E731
    run = apps.get_model("oms", "OmsRun").objects.create
    datasets = {name: get("Dataset").create(name=name) for name in (EXPRESS, PROMPT, PROMPT_2)}
    binned = {"deleted_at": WHEN, "deleted_by": leader, "delete_reason": "the wrong dataset"}
    of = {
        (number, reco): get("RunReconstruction").create(run=each, reconstruction=reco, is_reference=reco == "express")
        for number in range(325000, 325004)
        for each in [run(run_number=number, source="oms", run_type="collisions")]
        for reco in ("online", "express", "prompt")
    }

    def certify(number, reco, dataset=None, **fields):
        verdict = {"pixel": "bad", "strip": "good", "tracking": "good", "trackermap": "exists", "comment": SHORT}
        fields = {
            **verdict,
            "author": author,
            "version": 3,
            "reference_runreconstruction": of[325000, "express"],
            **fields,
        }
        return get("TrackerCertification").create(
            run_reconstruction=of[number, reco], dataset=datasets.get(dataset), **fields
        )

    made = {
        "living": certify(325000, "prompt", PROMPT),
        "beside it in the bin": certify(325000, "prompt", PROMPT_2, **binned),
        "once more in the bin": certify(325000, "prompt", PROMPT, **binned),
        "without a name": certify(325001, "prompt"),
        "without a name in the bin": certify(325001, "prompt", **binned),
        "online": certify(325002, "online"),
        "online in the bin": certify(325003, "online", **binned),
        "long": certify(325003, "prompt", PROMPT, comment=LONG),
        "long in the bin": certify(325003, "prompt", PROMPT, comment=LONG, **binned),
    }
    word = get("PixelProblem").create(name="BPix layer 1 sector off")
    for each in made.values():
        get("PixelProblemSeen").create(certification=each, problem=word)
    return {key: each.pk for key, each in made.items()}


def make_the_rest(apps, author):
    """Claims, drafts, history, what the Run Registry said, and facts in JSON on the rows."""
    get = lambda app, name: apps.get_model(app, name).objects.create  # noqa: E731
    get("certify", "Claim")(run_number=325009, reconstruction="rereco", user=author)
    typed = [["pixel", "bad"], ["comment", LONG], ["omsrun-lumisections", "380"]]
    get("certify", "Draft")(user=author, run_number=325009, reconstruction="rereco", page="a" * 40, fields=typed)
    entry = {"subject": "certification 325000 prompt", "row": 1, "action": "changed", "by": author, "click": CLICK}
    get("history", "Entry")(**entry, changes={"comment": ["", LONG]}, state={"comment": LONG}, version=3)
    get("history", "Entry")(**entry | {"subject": "run 325000", "action": "facts"}, changes={"b_field": [None, 3.0]})
    known = get("runregistry", "KnownRun")(run_number=325009, start_time=WHEN, asked_at=WHEN)
    get("runregistry", "KnownDataset")(run=known, name=PROMPT, reco="prompt", tracker_state="OPEN")
    lately = timezone.now() - timedelta(hours=1)
    get("runregistry", "KnownRun")(run_number=325010, start_time=lately, asked_at=WHEN)
    told = {
        "b_field": {"value": 3.8, "unit": "T", "seen": False},
        "energy": {"value": 6500.0, "unit": "", "seen": True},
    }
    stamps = {"b_field": {"by": "shifter", "at": AT}, "energy": {"by": "gone", "at": AT}}
    run = get("oms", "OmsRun")(run_number=325009, b_field=3.0, energy=6400.0, typed=stamps, official=told)
    get("oms", "OmsFill")(fill_number=7324, peak_pileup=49.0, typed={"peak_pileup": {"by": "shifter", "at": AT}})
    pair = {"typed": [3.0, ""], "official": [3.8, "T"], "typed_by": "shifter"}
    get("oms", "Contradiction")(run=run, name="b_field", **pair)


def test_every_row_is_kept_and_what_changes_is_told_in_the_history(old_world):
    apps, now = old_world
    author, leader = people(apps)
    keys = make_old_certifications(apps, author, leader)
    make_the_rest(apps, author)
    before = rows(apps)

    apps = migrate(now)
    after = rows(apps)
    before["oms.difference"] = before.pop("oms.contradiction")
    found = changed(before, after)
    certification = "certify.trackercertification"
    binned = {name: found.pop((certification, keys["online"], name)) for name in ("deleted_at", "deleted_by_id")}
    assert (binned["deleted_at"][0], binned["deleted_by_id"]) == (None, [None, author.pk])
    assert {each: pair for each, pair in found.items() if each[0].startswith(("certify", "history"))} == {
        (certification, keys["online"], "delete_reason"): ["", "online is never certified."],
        (certification, keys["online"], "version"): [3, 4],
        **{(certification, keys[key], "comment"): [LONG, LONG[:10_000]] for key in ("long", "long in the bin")},
        **{(certification, keys[key], "version"): [3, 4] for key in ("long", "long in the bin")},
    }
    # Nobody kept when a run ended: those that may go on are asked for again.
    assert [each for each in found if each[0].startswith("runregistry")] == [
        ("runregistry.knownrun", 325010, "start_time")
    ]
    told = {pk: entry for pk, entry in after["history.entry"].items() if pk not in before["history.entry"]}
    assert {(each["row"], each["action"], each["version"], each["source"]) for each in told.values()} == {
        (keys["online"], "deleted", 4, "CertHelper"),
        (keys["long"], "changed", 4, "CertHelper"),
        (keys["long in the bin"], "changed", 4, "CertHelper"),
    }
    comments = [each["changes"]["comment"] for each in told.values() if each["changes"]]
    assert comments == [[LONG, LONG[:10_000]]] * 2


def test_what_had_a_name_is_confirmed_and_what_had_none_holds_its_reconstruction(old_world):
    apps, now = old_world
    keys = make_old_certifications(apps, *people(apps))
    migrate(now)
    stored = TrackerCertification.everything.in_bulk()
    assert {key: stored[pk].dataset_standing for key, pk in keys.items()} == {
        key: "unconfirmed" if stored[pk].dataset_id is None else "confirmed" for key, pk in keys.items()
    }
    living = TrackerCertification.objects.of_dataset(325000, "prompt", PROMPT).get()
    other = stored[keys["beside it in the bin"]]
    assert (living.pk, other.dataset.name, str(other.deleted_by)) == (keys["living"], PROMPT_2, "shiftleader")
    assert TrackerCertification.objects.of_dataset(325001, "prompt", None).get().pk == keys["without a name"]
    assert [str(word) for word in living.pixel_problems.all()] == ["BPix layer 1 sector off"]


def test_one_of_another_name_in_the_bin_comes_back_beside_the_one_that_lives(client, old_world):
    apps, now = old_world
    keys = make_old_certifications(apps, *people(apps))
    migrate(now)
    leader = User.objects.get(username="shiftleader")
    leader.groups.add(Group.objects.get(name=roles.SHIFT_LEADER))
    client.force_login(leader)
    other = keys["beside it in the bin"]
    assert client.post(f"/list/bin/{other}/restore/", {"version": "3"}).status_code == 302
    assert set(TrackerCertification.objects.of(325000, "prompt").values_list("dataset__name", flat=True)) == {
        PROMPT,
        PROMPT_2,
    }


def test_who_typed_a_fact_becomes_a_person_and_what_oms_says_moves_into_the_table(old_world):
    apps, now = old_world
    author, _ = people(apps)
    make_the_rest(apps, author)
    apps = migrate(now)
    typed = apps.get_model("oms", "TypedFact").objects.values_list("run", "fill", "name", "by", "by_name", "at")
    assert set(typed) == {
        (325009, None, "b_field", author.pk, "", WHEN),
        (325009, None, "energy", None, "gone", WHEN),
        (None, 7324, "peak_pileup", author.pk, "", WHEN),
    }
    differences = apps.get_model("oms", "Difference").objects.values_list(
        "name", "state", "stored", "stored_by", "stored_by_name", "told", "told_source"
    )
    assert sorted(differences) == [
        ("b_field", "open", [3.0, ""], author.pk, "", [3.8, "T"], "oms"),
        ("energy", "seen", [6400.0, ""], None, "gone", [6500.0, ""], "oms"),
    ]


def test_an_empty_database_is_migrated_back_to_nothing_and_to_the_newest(transactional_db):
    now = newest()
    try:
        MigrationExecutor(connection).migrate(NOTHING)
        left = connection.introspection.table_names()
        assert not [table for table in left if table.startswith(tuple(f"{app}_" for app, _ in NOTHING))]
    finally:
        migrate(now)
    assert not MigrationExecutor(connection).migration_plan(now)
    assert TrackerCertification.everything.count() == 0


@pytest.mark.parametrize("kept", ["certification", "claim", "draft"])
def test_what_the_old_tables_cannot_hold_is_not_migrated_back(transactional_db, kept):
    now = newest()
    author = make_user("shifter")
    if kept == "certification":
        make_certification(author)
    elif kept == "claim":
        author.claims.create(run_number=325000, reconstruction="prompt", dataset=PROMPT)
    else:
        author.drafts.create(run_number=325000, reconstruction="prompt", dataset=PROMPT, page="a")
    try:
        with pytest.raises(IrreversibleError, match="restore the backup"):
            migrate(BEFORE)
    finally:
        migrate(now)
    assert (TrackerCertification.objects.count(), author.claims.count(), author.drafts.count()) == (
        kept == "certification",
        kept == "claim",
        kept == "draft",
    )
