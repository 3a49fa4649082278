"""Two worker processes, a thousand incomplete certifications: each is completed once."""

import os
import subprocess
import sys
from collections import Counter
from time import monotonic, sleep
from urllib.parse import parse_qs

import pytest
from django.conf import settings
from django.db import connection

from certify.models import Dataset, Round, RunReconstruction, TrackerCertification, writing
from history.models import Action, Entry
from oms.models import OmsRun
from simulator.server import Simulator
from tests.factories import VERDICT, make_user

RECOS = ("express", "prompt", "rereco", "rerecoul")


@pytest.mark.django_db(transaction=True)
def test_two_workers_complete_a_thousand_certifications_each_once():
    with Simulator() as simulator:
        runs = _runs_that_oms_knows_fully(simulator)[:250]
        _certify_without_services(runs)
        workers = [_worker(simulator, "--once") for _ in range(2)]
        said = [worker.communicate(timeout=240) for worker in workers]
        asked = Counter(_runs_asked_for(simulator))
    assert [worker.returncode for worker in workers] == [0, 0], said
    assert TrackerCertification.objects.filter(external_info_complete=True).count() == 1000
    completed = Counter(Entry.objects.filter(action=Action.COMPLETED).values_list("subject", flat=True))
    assert len(completed) == 1000
    assert set(completed.values()) == {1}
    assert sorted(asked) == sorted(runs)
    assert set(asked.values()) == {1}
    shares = [int(out.split()[0]) for out, _ in said]
    assert sum(shares) == 250
    assert min(shares) > 25, "one of them had next to nothing to do"


@pytest.mark.django_db(transaction=True)
def test_the_worker_goes_round_until_it_is_told_to_stop():
    with Simulator() as simulator:
        worker = _worker(simulator, "--interval", "0.1")
        rounds, deadline = set(), monotonic() + 60
        while len(rounds) < 2 and monotonic() < deadline:
            rounds |= set(Round.objects.values_list("ended_at", flat=True))
            sleep(0.05)
        worker.terminate()
        said = worker.communicate(timeout=30)
    assert len(rounds) == 2, said
    assert worker.returncode == 0


def _runs_that_oms_knows_fully(simulator: Simulator) -> list[int]:
    """Runs with a fill and all the facts that a certification needs."""
    needed = (
        "b_field",
        "delivered_lumi",
        "recorded_lumi",
        "last_lumisection_number",
        "fill_number",
        "hlt_key",
        "stable_beam",
    )
    rows = [row for row in simulator.world.runs if all(row["attributes"].get(name) is not None for name in needed)]
    rows = [row for row in rows if _has_unit(row, "delivered_lumi") and _has_unit(row, "recorded_lumi")]
    fills = {row["id"]: simulator.world.fill(row["attributes"]["fill_number"]) for row in rows}
    return [int(run) for run, fill in fills.items() if fill and _is_usable(fill)]


def _is_usable(fill: dict) -> bool:
    names = ("delivered_lumi", "recorded_lumi")
    return all(_has_unit(fill, name) for name in names if fill["attributes"][name] is not None)


def _has_unit(row: dict, name: str) -> bool:
    return bool(((row["meta"] or {}).get("row") or {}).get(name, {}).get("units"))


def _certify_without_services(runs: list[int]) -> None:
    author = make_user("shifter")
    dataset = Dataset.objects.create(name="/Express/Collisions2026/DQM")
    OmsRun.objects.bulk_create([OmsRun(run_number=number) for number in runs])
    targets = RunReconstruction.objects.bulk_create(
        [RunReconstruction(run_id=number, reconstruction=reco) for number in runs for reco in RECOS]
    )
    with writing():
        TrackerCertification.objects.bulk_create(
            [TrackerCertification(run_reconstruction=of, author=author, dataset=dataset, **VERDICT) for of in targets]
        )


def _worker(simulator: Simulator, *options: str) -> subprocess.Popen:
    """A process of its own, on the database of this test."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "certhelper.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "HTTPS": "false",
        "DATABASE_URL": _database_url(),
        "CACHE_URL": "locmemcache://",
        "OMS_API_URL": simulator.oms_url,
        "RUN_REGISTRY_API_URL": simulator.run_registry_url,
        "SSO_TOKEN_URL": simulator.token_url,
        "SSO_CLIENT_ID": settings.SSO_CLIENT_ID,
        "SSO_CLIENT_SECRET": settings.SSO_CLIENT_SECRET,
    }
    command = [sys.executable, "manage.py", "worker", *options]
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _database_url() -> str:
    own = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{own['NAME']}"
    return f"postgres://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT'] or 5432}/{own['NAME']}"


def _runs_asked_for(simulator: Simulator) -> list[int]:
    asked = [parse_qs(each["query"]) for each in simulator.requests.of("oms") if each["path"].endswith("/v1/runs")]
    return [int(number) for query in asked for number in query.get("filter[run_number][EQ]", [])]
