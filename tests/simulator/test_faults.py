import threading
import time

import pytest
import requests

from simulator.faults import MODES, TARGETS, Faults


@pytest.fixture
def number(simulator):
    return simulator.world.examples["collisions"]


def test_without_a_fault_everything_is_ok(simulator, ask, number):
    assert {simulator.faults.mode(target) for target in TARGETS} == {"ok"}
    assert ask.run(number).status_code == 200


def test_down_closes_the_connection_and_leaves_the_other_services_alone(simulator, ask, number):
    simulator.faults.set("oms", "down")
    with pytest.raises(requests.ConnectionError):
        ask.run(number)
    assert ask.names(number).status_code == 200
    assert simulator.requests.of("oms")[0]["status"] == 0


def test_slow_takes_its_time(simulator, ask, number):
    simulator.faults.set("oms", "slow", seconds=0.3)
    before = time.monotonic()
    assert ask.run(number).status_code == 200
    assert time.monotonic() - before >= 0.3


def test_hang_never_answers(simulator, ask, number):
    simulator.faults.set("oms", "hang")
    with pytest.raises(requests.ReadTimeout):
        ask.run(number, timeout=0.2)


def test_drip_sends_the_headers_and_then_hardly_anything(simulator, ask, number):
    simulator.faults.set("oms", "drip")
    with ask.run(number, stream=True) as response:
        assert response.status_code == 200
        assert int(response.headers["Content-Length"]) > 100
        assert response.raw.read(2) == b'{"'


@pytest.mark.parametrize(
    "mode, status, content_type, text",
    [
        ("error_json", 500, "application/json", "Internal Server Error"),
        ("error_html", 500, "text/html; charset=utf-8", "<h1>"),
        ("login_page", 200, "text/html; charset=utf-8", "Sign in"),
        ("redirect", 302, "text/html; charset=utf-8", ""),
        ("garbage", 200, "application/json", "not JSON"),
        ("wrong_type", 200, "text/html; charset=utf-8", '"data"'),
        ("forbidden", 403, "application/json", "FORBIDDEN"),
        ("unauthorized", 401, "application/json", "UNAUTHORIZED"),
    ],
)
def test_a_fault_answers_in_its_own_way_every_time(simulator, ask, number, mode, status, content_type, text):
    simulator.faults.set("oms", mode)
    for response in (ask.run(number), ask.run(number)):
        assert (response.status_code, response.headers["Content-Type"]) == (status, content_type)
        assert text in response.text


def test_garbage_is_no_json(simulator, ask, number):
    simulator.faults.set("runregistry", "garbage")
    with pytest.raises(requests.JSONDecodeError):
        ask.names(number).json()


def test_truncated_stops_before_the_promised_length(simulator, ask, number):
    simulator.faults.set("oms", "truncated")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        ask.run(number)


def test_wrong_run_answers_about_the_neighbour(simulator, ask, number):
    simulator.faults.set("oms", "wrong_run")
    simulator.faults.set("runregistry", "wrong_run")
    (row,) = ask.run(number).json()["data"]
    assert row["attributes"]["run_number"] != number
    assert simulator.world.run(row["attributes"]["run_number"])
    datasets = ask.datasets({"run_number": number}).json()["datasets"]
    assert {dataset["run_number"] for dataset in datasets} == {row["attributes"]["run_number"]}


def test_wrong_run_also_holds_for_fills_lumisections_and_the_last_run(simulator, ask, number):
    simulator.faults.set("oms", "wrong_run")
    last = simulator.world.examples["running"]
    assert ask.run(last).json()["data"][0]["attributes"]["run_number"] != last
    fill = simulator.world.run(number)["attributes"]["fill_number"]
    answered = ask.oms("/v1/fills", params={"filter[fill_number]": fill}).json()["data"][0]
    assert answered["attributes"]["fill_number"] != fill
    section = ask.oms("/v1/lumisections", params={"filter[run_number]": number}).json()["data"][0]
    assert section["attributes"]["run_number"] != number


def test_empty_knows_nothing(simulator, ask, number):
    simulator.faults.set("oms", "empty")
    simulator.faults.set("runregistry", "empty")
    assert ask.run(number).json()["data"] == []
    assert ask.datasets({"run_number": number}).json() == {"datasets": [], "pages": 0, "count": 0}
    assert ask.names(number).json() == []


def test_nulls_leaves_only_the_number(simulator, ask, number):
    simulator.faults.set("oms", "nulls")
    simulator.faults.set("runregistry", "nulls")
    attributes = ask.run(number).json()["data"][0]["attributes"]
    assert {name for name, value in attributes.items() if value is not None} == {"run_number"}
    fill = ask.oms("/v1/fills", params={"page[limit]": 1}).json()["data"][0]["attributes"]
    assert {name for name, value in fill.items() if value is not None} == {"fill_number"}
    dataset = ask.datasets({"run_number": number}).json()["datasets"][0]
    assert dataset["run_number"] == number and dataset["name"]
    assert set(dataset["Run"]["rr_attributes"].values()) == {None}


def test_strings_writes_numbers_as_text(simulator, ask, number):
    simulator.faults.set("oms", "strings")
    simulator.faults.set("runregistry", "strings")
    attributes = ask.run(number).json()["data"][0]["attributes"]
    assert attributes["run_number"] == str(number) and isinstance(attributes["delivered_lumi"], str)
    assert attributes["stable_beam"] is True
    assert ask.datasets({"run_number": number}).json()["datasets"][0]["run_number"] == str(number)


def test_unauthorized_once_is_over_after_one_request(simulator, ask, number):
    simulator.faults.set("oms", "unauthorized_once")
    assert [ask.run(number).status_code for _ in range(3)] == [401, 200, 200]


def test_expired_token_forgets_the_tokens_issued_so_far(simulator, ask, number):
    oms, registry = ask.headers("oms"), ask.headers("runregistry")
    simulator.faults.set("oms", "expired_token")
    assert ask.run(number, headers=oms).status_code == 401
    assert ask.names(number, headers=registry).status_code == 200
    assert ask.run(number).status_code == 200
    simulator.faults.set("sso", "expired_token")
    assert ask.names(number, headers=registry).status_code == 302
    assert ask.names(number).status_code == 200


def test_huge_is_valid_json_of_more_than_50_megabytes(simulator, ask, number):
    simulator.faults.set("runregistry", "huge")
    with ask.names(number, stream=True) as response:
        assert int(response.headers["Content-Length"]) > 50_000_000
        assert len(response.raw.read()) == int(response.headers["Content-Length"])


@pytest.mark.parametrize("mode", ["error_json", "garbage", "empty", "login_page", "unauthorized"])
def test_the_sso_can_be_ill_too(simulator, ask, mode):
    simulator.faults.set("sso", mode)
    response = ask.token("cmsoms-prod")
    assert response.status_code != 200 or "access_token" not in response.text


@pytest.mark.parametrize("mode", sorted(set(MODES) - {"down", "hang", "drip", "truncated", "huge", "slow"}))
@pytest.mark.parametrize("target", TARGETS)
def test_every_mode_of_every_service_gives_some_answer(simulator, ask, number, target, mode):
    simulator.faults.set(target, mode)
    answers = [ask.run(number), ask.names(number), ask.datasets({"run_number": number}), ask.token("cmsoms-prod")]
    assert all(answer.status_code for answer in answers)


@pytest.mark.parametrize("wrong", [("nobody", "ok"), ("oms", "nonsense"), ("oms", "slow", -1), ("oms", "slow", 1e9)])
def test_a_fault_that_there_is_not_is_refused_in_a_sentence(wrong):
    with pytest.raises(ValueError, match=r"\.$"):
        Faults().set(*wrong)


def test_a_fault_that_happens_once_happens_once_for_many_threads():
    faults = Faults()
    faults.set("oms", "unauthorized_once")
    taken = []
    threads = [threading.Thread(target=lambda: taken.append(faults.take("oms").mode)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == ["ok"] * 19 + ["unauthorized_once"]
