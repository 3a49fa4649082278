"""Some weeks of work for the demo: accounts, vocabulary, references and certifications of the simulated runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from certify import facts
from certify.models import (
    BadReason,
    DatasetStanding,
    PixelProblem,
    RunReconstruction,
    StripProblem,
    TrackerCertification,
    TrackingProblem,
)
from certify.reference_marks import set_reference, why_no_reference
from certify.writer import Act, Identity, Mode, create
from oms.answers import read_facts
from oms.client import run_facts
from oms.models import OmsFill, OmsRun, Source
from runregistry.exceptions import DatasetWithoutReconstruction
from runregistry.known import remember
from runregistry.names import get_reco_from_dataset
from runregistry.rows import read_dataset
from simulator.world import World
from users import roles
from users.models import User

ACCOUNTS = {
    "shifter": roles.SHIFTER,
    "shifter2": roles.SHIFTER,
    "shiftleader": roles.SHIFT_LEADER,
    "expert": roles.EXPERT,
    "admin": roles.ADMINISTRATOR,
    "guest": roles.GUEST,
}
_STAFF = {"expert", "admin"}
WORDS = {
    PixelProblem: ("BPix layer 1 sector off", "FPix portcard lost", "Timing not adjusted", "High threshold"),
    StripProblem: ("TIB layer 1 power group off", "TEC- cooling loop off", "FED in error", "HV off at start"),
    TrackingProblem: ("Few tracks per event", "Hole in eta-phi", "Beam spot displaced"),
    BadReason: ("Hardware: power", "Hardware: cooling", "DAQ", "High voltage off", "Reconstruction conditions"),
}
CERTIFIED_RUNS = 90
KNOWN_RUNS = 40
_DAYS = 28


def make_accounts() -> None:
    for name, role in ACCOUNTS.items():
        user, is_new = User.objects.get_or_create(username=name, defaults={"is_staff": name in _STAFF})
        if is_new:
            user.set_password(name)
            user.save()
        user.groups.add(Group.objects.get(name=role))


def make_words() -> None:
    for model, words in WORDS.items():
        for word in words:
            model.objects.get_or_create(name=word)


def remember_open_work(world: World) -> None:
    """As if somebody had searched for the newest runs already."""
    newest = {int(row["id"]) for row in world.runs[-KNOWN_RUNS:]}
    remember([read_dataset(dataset) for dataset in world.datasets if dataset["run_number"] in newest])


def certifiable(world: World) -> Iterator[tuple[dict[str, Any], str, str]]:
    """(run row, reconstruction, dataset) of the oldest runs with a fill, oldest first."""
    rows = [row for row in world.runs if row["attributes"]["fill_number"] is not None][: CERTIFIED_RUNS * 2 : 2]
    for row in rows:
        seen = set()
        for dataset in world.datasets_of(int(row["id"])):
            try:
                reco = get_reco_from_dataset(dataset["name"])
            except DatasetWithoutReconstruction:
                continue
            if reco not in seen:
                seen.add(reco)
                yield row, reco, dataset["name"]


def certify(world: World, row: dict[str, Any], reco: str, dataset: str, share: float) -> bool:
    """One certification, `share` (0 to 1) of the way through the weeks; False when it was there already."""
    number = int(row["id"])
    if TrackerCertification.objects.of_dataset(number, reco, dataset).exists():
        return False
    run = _run(world, row)
    chance = Random(f"{number} {reco}")
    is_wanted_as_reference = chance.random() < 0.12
    of, _ = RunReconstruction.objects.get_or_create(run=run, reconstruction=reco)
    author = User.objects.get(username=chance.choice(["shifter", "shifter2"]))
    verdicts = _verdicts(chance)
    when = timezone.now() - timedelta(days=_DAYS * (1 - share), minutes=5)
    values = {
        **verdicts,
        **_explanations(verdicts, chance),
        "date": timezone.localdate(when),
        "reference_runreconstruction": _reference(of, run),
    }
    identity = Identity(number, reco, dataset, DatasetStanding.CONFIRMED)
    create(identity, values, Act(author, at=when), complete=run.is_complete, mode=Mode.RECORDED)
    if is_wanted_as_reference and not why_no_reference(of):
        set_reference(of, True, User.objects.get(username="shiftleader"))
    return True


def _reference(of: RunReconstruction, run: OmsRun) -> RunReconstruction | None:
    alike = RunReconstruction.objects.filter(
        is_reference=True, reconstruction=of.reconstruction, run__run_type=run.run_type
    )
    return alike.exclude(pk=of.pk).first()


def _run(world: World, row: dict[str, Any]) -> OmsRun:
    run = facts.remember(int(row["id"]), run_facts(row["attributes"], _units(row)), Source.OMS)
    fill_row = world.fill(row["attributes"]["fill_number"])
    if fill_row:
        fill, _ = OmsFill.objects.get_or_create(pk=int(fill_row["id"]))
        fill.apply(read_facts(OmsFill, fill_row["attributes"], _units(fill_row)), Source.OMS)
        fill.save()
        run.fill = fill
        run.save()
    return run


def _units(row: dict[str, Any]) -> dict[str, str]:
    described = (row.get("meta") or {}).get("row") or {}
    return {name: entry["units"] for name, entry in described.items() if entry.get("units")}


def _verdicts(chance: Random) -> dict[str, Any]:
    verdicts: dict[str, Any] = {**dict.fromkeys(("pixel", "strip", "tracking"), "good"), "trackermap": "exists"}
    if chance.random() < 0.15:
        verdicts[chance.choice(("pixel", "strip"))] = "bad"
        verdicts["tracking"] = chance.choice(("good", "bad"))
        verdicts["comment"] = "Lost for part of the run, recovered after a reset."
    elif chance.random() < 0.1:
        verdicts["pixel"] = "excluded"
    elif chance.random() < 0.08:
        verdicts["tracking_lowstat"] = True
    return verdicts


def _explanations(verdicts: dict[str, Any], chance: Random) -> dict[str, Any]:
    explained: dict[str, Any] = {}
    for name, model in (("pixel", PixelProblem), ("strip", StripProblem), ("tracking", TrackingProblem)):
        if verdicts[name] == "bad":
            explained[f"{name}_problems"] = [chance.choice(list(model.objects.order_by("pk")))]
            explained["bad_reason"] = chance.choice(list(BadReason.objects.order_by("pk")))
    return explained
