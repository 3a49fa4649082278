"""`python -m bench.upstreams`: what a page costs in questions to OMS, the Run Registry and the SSO.

Against the simulator with 150 ms latency, in round trips of that time, and with none for our own time.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import django
import requests
from django.core.management import call_command

from bench import DEFAULT_URL
from simulator.generator import generate
from simulator.world import World

LATENCY_MS = 150
_TIMES = 20
_FIRST_OF_MORE = 500_000


def main() -> None:
    from django.db import connection
    from django.test.runner import DiscoverRunner

    runner = DiscoverRunner(verbosity=0)
    databases = runner.setup_databases()
    try:
        call_command("migrate", verbosity=0)
        client = _client()
        world = generate()
        _measure_latency(client, world)
        _measure_ourselves(client, connection, world)
    finally:
        runner.teardown_databases(databases)


def _client() -> Any:
    from django.contrib.auth.models import Group
    from django.test import Client

    from users.models import User

    user = User.objects.create_user("bench")
    user.groups.add(Group.objects.get(name="shifter"))
    client = Client()
    client.force_login(user)
    return client


def _measure_latency(client: Any, world: World) -> None:
    from django.core.cache import cache

    with _simulator(LATENCY_MS) as simulator:
        slowest = _slowest_answer(world.examples["collisions"], warm_up=world.examples["ions"])
        print(f"\nlatency {LATENCY_MS} ms, the slowest single answer takes {slowest:.0f} ms")
        print(f"{'':<38}{'requests':>10}{'wall, ms':>10}{'/ slowest':>11}")
        run = world.examples["collisions"]
        numbers = [int(row["id"]) for row in world.runs]
        pages = {
            "first open, token at hand": lambda: client.get(f"/certify/{run}/express/"),
            "second open": lambda: client.get(f"/certify/{run}/express/"),
            "open runs, 20 runs": lambda: client.get("/openruns/", {"runs": _range(_more_runs(20))}),
            "open runs, 500 runs": lambda: client.get("/openruns/", {"runs": _range(_more_runs(500))}),
            "submit": lambda: client.post(f"/certify/{run}/express/", _submission(client, run)),
        }
        cache.clear()
        client.get(f"/certify/{numbers[0]}/express/")  # for the tokens and the connections
        client.get("/list/")  # for the templates
        for label, page in pages.items():
            before = simulator.requests_made()
            seconds = _seconds(page)
            asked = simulator.requests_made() - before
            print(f"{label:<38}{asked:>10}{seconds * 1000:>10.0f}{seconds * 1000 / slowest:>11.2f}")
        opened = [_seconds(lambda n=number: client.get(f"/certify/{n}/express/")) * 1000 for number in numbers[-40:-20]]
        print(f"{'first open of 20 runs, median':<38}{median(opened):>20.0f}{median(opened) / slowest:>11.2f}")


def _slowest_answer(run: int, warm_up: int) -> float:
    """Milliseconds, as our own clients see the answers to what opening the run asks, one after the other."""
    from oms.client import OmsClient
    from runregistry.client import RunRegistryClient

    oms, registry = OmsClient(), RunRegistryClient()
    questions = (oms.run, oms.fill_of_run, oms.last_lumisection, registry.datasets_of)
    for question in questions:
        question(warm_up)  # for the tokens and the connections
    answers = [_milliseconds(lambda question=question: question(run)) for question in questions]
    return max(answers)


def _milliseconds(question: Callable[[], Any]) -> float:
    start = perf_counter()
    question()
    return (perf_counter() - start) * 1000


def _range(numbers: list[int]) -> str:
    return f"{numbers[0]}-{numbers[-1]}"


def _more_runs(count: int) -> list[int]:
    """Runs beyond those that the simulator invents, so many that a search shows `count`."""
    return list(range(_FIRST_OF_MORE, _FIRST_OF_MORE + count))


class _Simulated:
    """The simulator in a process of its own: its work is not ours."""

    def __init__(self, url: str) -> None:
        self.url = url

    def requests_made(self) -> int:
        return len(requests.get(f"{self.url}requests", timeout=10).json())


@contextmanager
def _simulator(latency_ms: int) -> Iterator[_Simulated]:
    with TemporaryDirectory() as directory:
        datasets = [each for number in _more_runs(500) for each in _datasets_of(number)]
        (Path(directory) / "rr_datasets.json").write_text(json.dumps({"datasets": datasets}))
        command = [sys.executable, "manage.py", "simulator", "--port", "0", "--latency-ms", str(latency_ms)]
        process = subprocess.Popen([*command, "--data", directory], stdout=subprocess.PIPE, text=True)
        try:
            # It says where it listens as soon as it does.
            oms, registry, token, page = re.findall(r"http://\S+", process.stdout.readline())
            _point_at(oms, registry, token)
            yield _Simulated(page)
        finally:
            process.terminate()
            process.wait()


def _datasets_of(number: int) -> list[dict[str, Any]]:
    facts = {"start_time": "2026-11-20T08:00:00Z", "last_lumisection_number": 400, "recorded_lumi": 90.5}
    return [
        {
            "run_number": number,
            "name": name,
            "dataset_attributes": {"tracker_state": "OPEN"},
            "Run": {"rr_attributes": {"class": "Collisions26"}, "oms_attributes": facts},
        }
        for name in ("online", "/Express/Collisions2026/DQM", "/PromptReco/Collisions2026C/DQM")
    ]


def _submission(client: Any, run: int) -> dict[str, str]:
    verdict = {"pixel": "good", "strip": "good", "tracking": "good", "trackermap": "exists", "date": "2026-01-15"}
    return {**verdict, "seal": _seals[run]}


_seals: dict[int, str] = {}


def _measure_ourselves(client: Any, connection: Any, world: World) -> None:
    from django.core.cache import cache

    print(f"\nour own time, no latency{'':<14}{'median, ms':>12}{'95 %, ms':>10}{'queries':>9}")
    with _simulator(0):
        cache.clear()
        numbers = [int(row["id"]) for row in world.runs]
        unseen = iter(numbers[100:])
        pages: dict[str, Callable[[], Any]] = {
            "first open": lambda: client.get(f"/certify/{next(unseen)}/express/"),
            "second open": lambda: client.get(f"/certify/{numbers[100]}/express/"),
            "open runs, 20 runs": lambda: client.get("/openruns/", {"runs": _range(_more_runs(20))}),
            "open runs, 500 runs": lambda: client.get("/openruns/", {"runs": _range(_more_runs(500))}),
            "list": lambda: client.get("/list/"),
        }
        for label, page in pages.items():
            page()
            queries: list[str] = []
            with connection.execute_wrapper(_counting(queries)):
                page()
            times = [_seconds(page) * 1000 for _ in range(_TIMES)]
            print(f"{label:<38}{median(times):>12.1f}{quantiles(times, n=20)[-1]:>10.1f}{len(queries):>9}")


def _counting(queries: list[str]) -> Callable[..., Any]:
    def count(execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        queries.append(sql)
        return execute(sql, *more)

    return count


def _seconds(page: Callable[[], Any]) -> float:
    start = perf_counter()
    answer = page()
    took = perf_counter() - start
    assert answer.status_code in (200, 302, 404), answer.status_code
    sealed = re.search(r'data-run="(\d+)".*?name="seal" value="([^"]+)"', answer.content.decode(), re.DOTALL)
    if sealed:
        _seals[int(sealed[1])] = sealed[2]
    return took


def _point_at(oms: str, registry: str, token: str) -> None:
    from django.conf import settings

    settings.OMS_API_URL, settings.RUN_REGISTRY_API_URL, settings.SSO_TOKEN_URL = oms, registry, token
    settings.SSO_CLIENT_ID, settings.SSO_CLIENT_SECRET = "certhelper", "bench"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "certhelper.settings")
    os.environ.setdefault("DATABASE_URL", DEFAULT_URL)
    os.environ |= {"SECRET_KEY": "only-for-the-benchmark", "HTTPS": "false", "ALLOWED_HOSTS": "testserver"}
    django.setup()
    logging.disable(logging.CRITICAL)
    main()
