"""Redis may be stopped, hang, be emptied or be written to by others: nobody meets an error, and it heals by itself."""

import json
import pickle
import socket
import threading
import time
from contextlib import contextmanager

import pytest
from django.core.cache import caches
from fakeredis import TcpFakeServer

from certhelper import cache as our_cache
from certhelper.cache import SharedCache
from oms.client import OmsClient
from runregistry.client import RunRegistryClient
from tests.factories import EXPRESS, VERDICT, make_run
from upstream import health
from upstream.errors import ServerError
from upstream.names import OMS
from upstream.tokens import bearer_token


@contextmanager
def redis_at(port: int):
    server = TcpFakeServer(("127.0.0.1", port))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def shared_cache(port):
    return SharedCache(f"redis://127.0.0.1:{port}/0", {})


def used_by_all(settings, port: int) -> None:
    place = f"redis://127.0.0.1:{port}/0"
    settings.CACHES = {**settings.CACHES, "default": {"BACKEND": "certhelper.cache.SharedCache", "LOCATION": place}}


def test_without_redis_a_process_goes_on_by_itself(shared_cache, caplog):
    assert shared_cache.get("a", "nothing") == "nothing"
    assert shared_cache.add("a", [1, {"b": None}])
    assert not shared_cache.add("a", 2)
    assert (shared_cache.get("a"), shared_cache.get_many(["a", "c"])) == ([1, {"b": None}], {"a": [1, {"b": None}]})
    shared_cache.delete("a")
    assert shared_cache.get("a") is None
    assert shared_cache.is_down
    assert caplog.text.count("does not answer") == 1


def test_it_heals_by_itself(shared_cache, port, monkeypatch):
    shared_cache.set("a", 1)
    assert shared_cache.is_down
    monkeypatch.setattr(our_cache, "_PAUSE", 0)
    with redis_at(port):
        shared_cache._health._again_at = 0
        assert shared_cache.get("a") is None, "what Redis has counts"
        shared_cache.set("a", 2)
        assert (shared_cache.get("a"), shared_cache.is_down) == (2, False)
    shared_cache.close()
    assert shared_cache.get("a") is None, "nor is what was known before Redis answered"


def test_a_redis_that_hangs_costs_a_moment_and_then_nothing(port):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", port))
        deaf.listen()
        cache = SharedCache(f"redis://127.0.0.1:{port}/0", {})
        start = time.monotonic()
        for number in range(100):
            cache.set(str(number), number)
        assert time.monotonic() - start < 0.3
        assert cache.get("99") == 99


def test_only_json_is_written_to_redis_and_nothing_else_is_read(shared_cache, port):
    with redis_at(port) as server:
        shared_cache.set("a", {"b": [1, None]})
        client = shared_cache._cache.get_client()
        assert json.loads(client.get(":1:a")) == {"b": [1, None]}
        for foreign in (pickle.dumps(health.Health(OMS)), b"\xff", b"[" * 100_000):
            client.set(":1:a", foreign)
            assert shared_cache.get("a", "nothing") in (None, "nothing")
        assert not shared_cache.is_down
        del server


def test_what_our_own_code_shares_comes_back_typed(settings, port, outside, registry_lists):
    used_by_all(settings, port)
    registry_lists(325000, EXPRESS, oms={"b_field": 3.8})
    with redis_at(port):
        first = RunRegistryClient().datasets_of(325000)
        health.record_failure(ServerError(OMS, "status 500"))
        asked = len(outside.calls)
        assert RunRegistryClient().datasets_of(325000) == first
        assert len(outside.calls) == asked
        known = health.health_of(OMS)
        assert (known.failures, known.last_error) == (1, "OMS answered with an error of its own (status 500).")
        assert health.health_of_all()[0] == known
        client = caches["default"]._cache.get_client()
        kept = b"".join(client.get(key) or b"" for key in client.keys("*"))
        assert b"t0ken" not in kept
        assert bearer_token("cmsrunregistry-sso-proxy") == "t0ken"


@pytest.mark.parametrize("state", ["stopped", "hanging", "emptied between two pages", "written to by others"])
def test_a_dataset_is_certified_whatever_redis_does(settings, port, as_shifter, registry_lists, oms_is_down, state):
    used_by_all(settings, port)
    registry_lists(325000, EXPRESS)
    make_run(run_type="cosmics", source="person")
    said = {**VERDICT, "omsrun-run_type": "cosmics", "initial-omsrun-run_type": ""}
    with _redis_that_is(state, port) as meanwhile:
        for path in ("/", "/openruns/?runs=325000", "/list/", "/status/", "/certify/325000/express/"):
            assert as_shifter.get(path).status_code == 200, path
            meanwhile()
        assert as_shifter.post("/certify/325000/express/", said).status_code == 302
        assert as_shifter.get("/list/325000/express/").status_code == 200


@contextmanager
def _redis_that_is(state: str, port: int):
    if state == "stopped":
        yield lambda: None
    elif state == "hanging":
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", port))
            deaf.listen()
            yield lambda: None
    else:
        with redis_at(port):
            yield _emptied if state.startswith("emptied") else _spoilt


def _emptied() -> None:
    caches["default"].clear()


def _spoilt() -> None:
    client = caches["default"]._cache.get_client()
    for key in client.keys("*"):
        client.set(key, b"[5]" if b":answer" in key else b'{"failures": "many"}')


def test_a_shared_answer_that_others_have_spoilt_is_asked_for_again(settings, port, outside, registry_lists, oms_knows):
    used_by_all(settings, port)
    registry_lists(325000, EXPRESS)
    oms_knows({"run_number": 325000})
    with redis_at(port):
        RunRegistryClient().datasets_of(325000)
        OmsClient().run(325000)
        _spoilt()
        assert [each.name for each in RunRegistryClient().datasets_of(325000)] == [EXPRESS]
        assert OmsClient().run(325000).values.get("b_field") is None
