"""People, and the outside worlds that the tests may meet. No test reaches a network."""

import re
from collections.abc import Iterator
from concurrent.futures import wait

import pytest
import responses
from django.conf import settings
from django.core.cache import caches

from certhelper.readiness import watch
from tests.factories import make_user
from upstream.threads import in_flight
from users import roles

RR_LIST = "https://runregistry.test/api/datasets_filtered_ordered"


@pytest.fixture(autouse=True)
def empty_cache():
    for name in settings.CACHES:
        caches[name].clear()
    watch.forget()


@pytest.fixture
def outside(request) -> Iterator[responses.RequestsMock]:
    """Every request must have been announced: an unregistered one would look like a service that is down."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(settings.SSO_TOKEN_URL, json={"access_token": "t0ken", "expires_in": 1200, "token_type": "Bearer"})
        yield mock
        # A refused page does not wait for what it asked ahead; the next test must not meet it.
        wait(list(in_flight))
        refused = [call.request.url for call in mock.calls if "refused by Responses" in str(call.response)]
        assert not refused, f"nobody announced {refused}"


@pytest.fixture
def shifter(db):
    return make_user("shifter")


@pytest.fixture
def shifter2(db):
    return make_user("shifter2")


@pytest.fixture
def shiftleader(db):
    return make_user("shiftleader", roles.SHIFT_LEADER)


@pytest.fixture
def guest(db):
    return make_user("guest", roles.GUEST)


@pytest.fixture
def as_shifter(client, shifter):
    client.force_login(shifter)
    return client


@pytest.fixture
def oms_knows(outside):
    """`oms_knows(run={...}, fill={...})`: rows of attributes; `units` as OMS writes them."""

    def announce(run: dict | None = None, fill: dict | None = None, units: dict | None = None) -> None:
        for resource, row in (("runs", run), ("fills", fill)):
            meta = {"row": {name: {"units": unit} for name, unit in (units or {}).items()}}
            data = [{"id": "1", "type": resource, "attributes": row, "meta": meta}] if row else []
            outside.get(re.compile(rf"https://oms\.test/agg/api/v1/{resource}\?"), json={"data": data, "links": {}})
        outside.get(re.compile(r"https://oms\.test/agg/api/v1/lumisections"), json={"data": [], "links": {}})

    return announce


@pytest.fixture
def oms_is_down(outside):
    outside.get(re.compile(r"https://oms\.test/.*"), json={"err": "boom"}, status=500)


@pytest.fixture
def registry_lists(outside):
    """`registry_lists(325000, "/Express/…", oms={...})`: the datasets of a run in the Run Registry's order."""

    def announce(run_number: int, *names: str, oms: dict | None = None, run_class: str = "Collisions18") -> None:
        datasets = [
            {
                "run_number": run_number,
                "name": name,
                "dataset_attributes": {"tracker_state": "OPEN"},
                "Run": {"rr_attributes": {"class": run_class}, "oms_attributes": oms or {}},
            }
            for name in names
        ]
        outside.post(RR_LIST, json={"datasets": datasets, "pages": 1 if names else 0, "count": len(names)})
        outside.get(f"https://runregistry.test/api/get_all_dataset_names_of_run/{run_number}", json=list(names))

    return announce


@pytest.fixture
def registry_is_down(outside):
    outside.post(RR_LIST, json={"err": "boom"}, status=500)
    outside.get(re.compile(r"https://runregistry\.test/.*"), json={"err": "boom"}, status=500)
