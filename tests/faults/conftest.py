"""The simulator with one fault at a time, and what the pages store without any."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import wait
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client, override_settings

from simulator.server import Simulator
from tests.factories import make_user
from tests.faults.browser import Browser
from tests.faults.matrix import SIMULATED, Case
from tests.faults.places import UNKNOWN_HOST, all_places
from tests.faults.truth import Truth, truth_of_the_database
from upstream.http import session
from upstream.threads import in_flight

_URLS = {
    "oms": ("OMS_API_URL", "/agg/api"),
    "runregistry": ("RUN_REGISTRY_API_URL", "/rr"),
    "sso": ("SSO_TOKEN_URL", "/token"),
}
_LONGEST_WAIT = 10  # seconds; what is asked ahead ends with the budget of its page


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> Iterator[dict[str, str]]:
    with all_places(tmp_path_factory.mktemp("authority")) as origins:
        yield origins


@pytest.fixture(scope="module")
def run(simulator) -> int:
    return simulator.world.examples["collisions"]


@pytest.fixture(scope="module")
def truth(simulator, run, django_db_setup, django_db_blocker) -> Truth:
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(**_all_is_well(simulator)):
        cache.clear()
        client = Client()
        client.force_login(make_user("shifter"))
        client.get("/openruns/", {"runs": run})
        page = client.get(f"/certify/{run}/express/")
        assert page.context["external_info_complete"]
        truth = truth_of_the_database(page.context["dataset"])
        _wait_for_the_rest()
        transaction.set_rollback(True)
    cache.clear()
    _forget_connections()
    return truth


@pytest.fixture
def services(simulator, places, settings) -> Iterator[Any]:
    """The settings, pointing to services that are well and in a hurry."""
    for name, value in _all_is_well(simulator).items():
        setattr(settings, name, value)
    settings.UPSTREAM_CONNECT_TIMEOUT = 0.3
    settings.UPSTREAM_READ_TIMEOUT = 0.6
    settings.UPSTREAM_PAGE_BUDGET = 1.2
    settings.UPSTREAM_CA_BUNDLE = places["authority"]
    _forget_connections()
    yield settings
    _wait_for_the_rest()
    simulator.faults.clear()
    _forget_connections()


@pytest.fixture
def afflicted(case: Case, services, simulator, places, request) -> None:
    """The fault of the test's case is there."""
    if case.fault in SIMULATED:
        simulator.faults.set(case.service, SIMULATED[case.fault])
        return
    request.getfixturevalue("nobody_resolves")
    move(services, case.service, places[case.fault])


@pytest.fixture
def nobody_resolves(monkeypatch) -> None:
    """The name that nobody has; no name server is asked."""
    monkeypatch.setattr(socket, "getaddrinfo", _without_name_server(socket.getaddrinfo))


@pytest.fixture
def visitor(as_shifter) -> Browser:
    return Browser(as_shifter)


def move(services: Any, service: str, origin: str) -> None:
    setting, path = _URLS[service]
    setattr(services, setting, f"{origin}{path}")


def _all_is_well(simulator: Simulator) -> dict[str, str]:
    return {
        "OMS_API_URL": simulator.oms_url,
        "RUN_REGISTRY_API_URL": simulator.run_registry_url,
        "SSO_TOKEN_URL": simulator.token_url,
        "SSO_CLIENT_ID": "certhelper",
        "SSO_CLIENT_SECRET": "tests",
    }


def _without_name_server(resolve: Any) -> Any:
    def answer(host: str, *more: Any, **options: Any) -> Any:
        if host == UNKNOWN_HOST:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *more, **options)

    return answer


def _wait_for_the_rest() -> None:
    """A page does not wait for all that it asked ahead; the next test must not meet it."""
    assert not wait(list(in_flight), timeout=_LONGEST_WAIT).not_done


def _forget_connections() -> None:
    """It remembers which certificates to trust, and keeps connections alive."""
    session().close()
    session.cache_clear()
