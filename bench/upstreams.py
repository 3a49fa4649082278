"""`python -m bench.upstreams`: what a page costs in questions to OMS, the Run Registry and the SSO.

Against the simulator with 150 ms latency, in round trips of that time, and with none for our own time.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import django
from django.core.management import call_command

from bench import DEFAULT_URL

LATENCY_MS = 150
_TIMES = 20


def main() -> None:
    from django.db import connection
    from django.test.runner import DiscoverRunner

    runner = DiscoverRunner(verbosity=0)
    databases = runner.setup_databases()
    try:
        call_command("migrate", verbosity=0)
        client = _client()
        _measure_latency(client)
        _measure_ourselves(client, connection)
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


def _measure_latency(client: Any) -> None:
    from django.core.cache import cache

    from simulator.server import Simulator

    print(f"\nlatency {LATENCY_MS} ms{'':<24}{'requests':>10}{'wall, ms':>10}{'/ latency':>11}")
    with Simulator(latency_ms=LATENCY_MS) as simulator:
        _point_at(simulator)
        run = simulator.world.examples["collisions"]
        numbers = [int(row["id"]) for row in simulator.world.runs]
        pages = {
            "first open, token at hand": lambda: client.get(f"/certify/{run}/express/"),
            "second open": lambda: client.get(f"/certify/{run}/express/"),
            "open runs, 20 runs": lambda: client.get("/openruns/", {"runs": " ".join(map(str, numbers[-20:]))}),
            f"open runs, {len(numbers)} runs": lambda: client.get(
                "/openruns/", {"runs": f"{numbers[0]}-{numbers[-1]}"}
            ),
            "submit": lambda: client.post(f"/certify/{run}/express/", _submission(client, run)),
        }
        cache.clear()
        client.get(f"/certify/{numbers[0]}/express/")  # for the tokens and the connections
        for label, page in pages.items():
            before = len(simulator.requests)
            seconds = _seconds(page)
            asked = len(simulator.requests) - before
            print(f"{label:<38}{asked:>10}{seconds * 1000:>10.0f}{seconds * 1000 / LATENCY_MS:>11.2f}")


def _submission(client: Any, run: int) -> dict[str, str]:
    verdict = {"pixel": "good", "strip": "good", "tracking": "good", "trackermap": "exists", "date": "2026-01-15"}
    return {**verdict, "seal": _seals[run]}


_seals: dict[int, str] = {}


def _measure_ourselves(client: Any, connection: Any) -> None:
    from simulator.server import Simulator

    print(f"\nour own time, no latency{'':<14}{'median, ms':>12}{'95 %, ms':>10}{'queries':>9}")
    with Simulator(latency_ms=0) as simulator:
        _point_at(simulator)
        numbers = [int(row["id"]) for row in simulator.world.runs]
        unseen = iter(numbers[100:])
        pages: dict[str, Callable[[], Any]] = {
            "first open": lambda: client.get(f"/certify/{next(unseen)}/express/"),
            "second open": lambda: client.get(f"/certify/{numbers[100]}/express/"),
            "open runs, 20 runs": lambda: client.get("/openruns/", {"runs": f"{numbers[-20]}-{numbers[-1]}"}),
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


def _point_at(simulator: Any) -> None:
    from django.conf import settings

    settings.OMS_API_URL = simulator.oms_url
    settings.RUN_REGISTRY_API_URL = simulator.run_registry_url
    settings.SSO_TOKEN_URL = simulator.token_url
    settings.SSO_CLIENT_ID, settings.SSO_CLIENT_SECRET = "certhelper", "bench"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "certhelper.settings")
    os.environ.setdefault("DATABASE_URL", DEFAULT_URL)
    os.environ |= {"SECRET_KEY": "only-for-the-benchmark", "HTTPS": "false", "ALLOWED_HOSTS": "testserver"}
    django.setup()
    logging.disable(logging.CRITICAL)
    main()
