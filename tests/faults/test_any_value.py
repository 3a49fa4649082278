"""Whatever value a service gives for whatever attribute: no page breaks, and what is stored can be stored and shown."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import responses
from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from certify.completion import refresh_waiting
from oms.client import FILL_FIELDS, RUN_FIELDS, OmsClient
from oms.models import OmsFill, OmsRun
from runregistry.client import RunRegistryClient
from tests.factories import COLLISIONS_RUN, EXPRESS, FILL, PROMPT, VERDICT

HOSTILE = [
    "\x00", "\ud800", "\x1b[0m\u202e", "<input type=hidden name=pixel value=bad>", "x" * 5000,
    -5, 2**63, -(2**63), 2**70, 1e308, 5e-324, float("inf"), float("nan"), True, None, [],
    ["\x00", None, 2**70], {"a": {"b": []}}, "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1e999",
]  # fmt: skip
# Of what an answer is about, so that it stays one to the question.
IDENTITY = {"run": "run_number", "fill": "fill_number", "dataset": "run_number"}
# All that the clients ask for, so that a new column is covered by itself.
ROWS = {
    "run": {**dict.fromkeys(RUN_FIELDS.split(",")), **COLLISIONS_RUN},
    "fill": {**dict.fromkeys([*FILL_FIELDS.split(","), "beta_star"]), **FILL},
}
DATASET = {
    "run_number": 325000,
    "name": EXPRESS,
    "tracker_state": "OPEN",
    "class": "Collisions18",
    "dataset_attributes": {},
    "rr_attributes": {},
    "oms_attributes": {},
    "Run": {},
    "deleted": False,
    **{f"copied {name}": value for name, value in COLLISIONS_RUN.items()},
}
ATTRIBUTES = {**ROWS, "dataset": DATASET}
UNITS = "units"


def dataset_row(given: dict) -> dict:
    copied = {name.removeprefix("copied "): value for name, value in given.items() if name.startswith("copied ")}
    run = {"rr_attributes": {"class": given["class"]}, "oms_attributes": copied}
    row = {"dataset_attributes": {"tracker_state": given["tracker_state"]}, "Run": run}
    for name in ("rr_attributes", "oms_attributes"):
        run |= {name: given[name]} if given[name] != {} else {}
    for name in ("dataset_attributes", "Run"):
        row |= {name: given[name]} if given[name] != {} else {}
    return {"run_number": given["run_number"], "name": given["name"], "deleted": given["deleted"], **row}


@contextmanager
def services(values: dict[str, dict], units: object) -> Iterator[None]:
    """OMS and the Run Registry, with these attributes instead of the usual ones."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post("https://sso.test/token", json={"access_token": "t", "expires_in": 1200})
        for resource in ("run", "fill"):
            row = {**ROWS[resource], **values.get(resource, {})}
            meta = {"row": {name: {"units": units} for name in row}} if units is not UNITS else {}
            body = json.dumps({"data": [{"id": "1", "type": f"{resource}s", "attributes": row, "meta": meta}]})
            pattern = re.compile(rf"https://oms\.test/agg/api/v1/{resource}s\?")
            mock.get(pattern, body=body, content_type="application/json")
        mock.get(re.compile(r"https://oms\.test/agg/api/v1/lumisections"), json={"data": []})
        rows = [dataset_row({**DATASET, **values.get("dataset", {})}), {"run_number": 325000, "name": PROMPT}]
        answer = json.dumps({"datasets": rows, "pages": 1, "count": 2})
        mock.post(
            "https://runregistry.test/api/datasets_filtered_ordered", body=answer, content_type="application/json"
        )
        names = json.dumps([row["name"] for row in rows])
        mock.get(
            re.compile(r"https://runregistry\.test/.*names_of_run/\d+"), body=names, content_type="application/json"
        )
        yield


def walk(client) -> None:
    """All that asks the services and all that shows what they said; an exception of a view is raised here."""
    for path in ("/certify/325000/", "/certify/325000/prompt/", "/openruns/?runs=325000"):
        assert client.get(path).status_code < 500, path
    said = {"omsrun-run_type": "cosmics", "omsrun-lumisections": 1, "omsrun-b_field": 3.8, "still_running": "on"}
    assert client.post("/certify/325000/prompt/", {**VERDICT, **said, "run_exists": "on"}).status_code < 500
    cache.clear()
    client.post("/list/325000/prompt/refresh/")
    refresh_waiting(OmsClient(), RunRegistryClient())
    for path in ("/list/325000/prompt/", "/list/325000/prompt/update/", "/list/?show=all", "/list/export.csv?show=all"):
        assert client.get(path).status_code < 500, path
    for path in ("/", "/admin/oms/omsrun/", "/admin/oms/omsfill/"):
        assert client.get(path).status_code == 200, path
    for stored in (*OmsRun.objects.all(), *OmsFill.objects.all()):
        stored.refresh_from_db()


@pytest.fixture
def admin(client, shifter):
    shifter.is_superuser = shifter.is_staff = True
    shifter.save()
    client.force_login(shifter)
    return client


@pytest.mark.parametrize("of", [*ATTRIBUTES, UNITS])
@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: f"{value!r:.20}")
def test_all_attributes_at_once_may_be_odd(admin, of, value):
    odd = {} if of == UNITS else {of: dict.fromkeys(set(ATTRIBUTES[of]) - {IDENTITY[of]}, value)}
    with services(odd, value if of == UNITS else UNITS):
        walk(admin)


_any_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.sampled_from(HOSTILE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
_somewhere = st.sampled_from([(of, name) for of in ATTRIBUTES for name in sorted(ATTRIBUTES[of])])


@given(_somewhere, _any_json, st.one_of(st.just(UNITS), _any_json))
@example(("run", "fill_number"), -5, UNITS)
@example(("run", "end_time"), "9999-12-31T23:59:59Z", UNITS)
@example(("dataset", "run_number"), 2**70, UNITS)
@settings(derandomize=True, deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_of_any_attribute_breaks_no_page(admin, somewhere, value, units):
    of, name = somewhere
    cache.clear()
    with transaction.atomic(), services({of: {name: value}}, units):
        walk(admin)
        transaction.set_rollback(True)
