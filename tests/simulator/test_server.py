import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
import requests

from simulator.server import CannotListen, Simulator

PROJECT = Path(__file__).parents[2]


def test_the_addresses_are_those_the_settings_expect(simulator):
    assert simulator.url.startswith("http://127.0.0.1:")
    assert simulator.oms_url == f"{simulator.url}/agg/api"
    assert simulator.run_registry_url == f"{simulator.url}/rr"
    assert simulator.token_url == f"{simulator.url}/token"


def test_a_port_in_use_is_a_sentence(simulator):
    port = int(simulator.url.rsplit(":", 1)[1])
    with pytest.raises(CannotListen, match=f"Port {port} .* choose another"):
        Simulator(port=port)


def test_a_connection_is_kept_alive(simulator):
    connection = HTTPConnection("127.0.0.1", int(simulator.url.rsplit(":", 1)[1]), timeout=5)
    with closing(connection):
        connection.connect()
        first = connection.sock
        for _ in range(3):
            connection.request("GET", "/requests")
            assert connection.getresponse().read() == b"[]"
            assert connection.sock is first


def test_stopping_ends_the_connections_that_were_kept_alive():
    with requests.Session() as session:
        with Simulator() as simulator:
            assert session.get(simulator.url, timeout=5).status_code == 200
        with pytest.raises(requests.ConnectionError):
            session.get(simulator.url, timeout=5)


def test_stopping_twice_or_without_a_start_is_fine():
    simulator = Simulator()
    simulator.stop()
    simulator.stop()


def test_latency_delays_the_services_and_not_the_control_page():
    with Simulator(latency_ms=2000) as simulator:
        before = time.monotonic()
        requests.get(f"{simulator.oms_url}/v1/runs", timeout=5, allow_redirects=False)
        between = time.monotonic()
        requests.get(f"{simulator.url}/requests", timeout=5)
        assert between - before >= 2 > time.monotonic() - between


def test_requests_are_listed_and_forgotten(ask, simulator):
    ask.run(1)
    ask.names(1, headers={})
    listed = ask.session.get(f"{simulator.url}/requests", timeout=5).json()
    assert [(entry["target"], entry["method"], entry["path"], entry["status"]) for entry in listed] == [
        ("oms", "GET", "/agg/api/v1/runs", 200),
        ("runregistry", "GET", "/rr/get_all_dataset_names_of_run/1", 302),
    ]
    assert ask.session.post(f"{simulator.url}/requests/clear", timeout=5).status_code == 200
    assert len(simulator.requests) == 0


def test_the_control_page_shows_each_service_and_sets_a_fault(ask, simulator):
    page = ask.session.get(simulator.url, timeout=5).text
    assert page.count('<select name="mode"') == 3 and "Run Registry" in page
    form = {"target": "oms", "mode": "slow", "seconds": "2.5"}
    response = ask.session.post(f"{simulator.url}/control", data=form, timeout=5, allow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    assert simulator.faults.fault("oms").seconds == 2.5
    assert "slow (2.5 s)" in ask.session.get(simulator.url, timeout=5).text
    ask.session.post(f"{simulator.url}/control", data={"target": "all", "mode": "ok"}, timeout=5)
    assert simulator.faults.mode("oms") == "ok"


@pytest.mark.parametrize(
    "form", [{"target": "<b>", "mode": "ok"}, {"target": "oms"}, {"target": "oms", "seconds": "x"}]
)
def test_the_control_page_refuses_what_it_does_not_know(ask, simulator, form):
    response = ask.session.post(f"{simulator.url}/control", data=form, timeout=5)
    assert response.status_code == 400
    assert "<b>" not in response.text


@pytest.mark.parametrize("head", ["Content-Length: abc", "Content-Length: 99999999", "Transfer-Encoding: chunked"])
def test_a_body_that_cannot_be_read_ends_the_connection(simulator, head):
    port = int(simulator.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(f"POST /control HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
        with connection.makefile("rb") as answer:
            assert answer.read().split()[1] in (b"400", b"413")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_its_addresses_and_stops_cleanly(stop):
    command = [sys.executable, "manage.py", "simulator", "--port", "0"]
    environment = {**os.environ, "DEBUG": "true"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=PROJECT, env=environment, **pipes) as process:
        line = process.stdout.readline()
        assert "/agg/api" in line and "/rr" in line and "/token" in line and "control page" in line
        process.send_signal(stop)
        _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")


def test_the_command_says_what_is_wrong_with_its_data(tmp_path):
    command = [sys.executable, "manage.py", "simulator", "--port", "0", "--data", str(tmp_path / "nowhere")]
    environment = {**os.environ, "DEBUG": "true"}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: There is no directory")
