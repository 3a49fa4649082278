"""The official clients `omsapi` and `runregistry` (with `cernrequests`) are content with what the simulator answers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import runregistry

PROJECT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("call_official_clients.py")
EXPRESS = "/Express/Collisions2026/DQM"
PROMPT = "/PromptReco/Collisions2026A/DQM"
BITS = {"bpix_ready", "tob_ready", "cms_active"}


@pytest.fixture
def number(simulator):
    return simulator.world.examples["four_reconstructions"]


@pytest.fixture
def official(simulator, tmp_path):
    """`official(call, call)`: what the clients make of the answers to these calls."""
    addresses = {"token": simulator.token_url, "oms": simulator.oms_url, "run_registry": simulator.run_registry_url}
    # The directory is empty: runregistry and cernrequests read a file .env where they are.
    environment = {"HOME": str(tmp_path), "SSO_CLIENT_ID": "certhelper", "SSO_CLIENT_SECRET": "demo"}

    def call(*calls):
        done = subprocess.run(
            [sys.executable, "-P", str(SCRIPT)],
            input=json.dumps({"addresses": addresses, "calls": calls}),
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return [given["answer"] for given in failing_loudly(json.loads(done.stdout.splitlines()[-1]))]

    return call


def failing_loudly(given):
    assert not [each["error"] for each in given if "error" in each]
    return given


def registry(function, **arguments):
    return {"client": "runregistry", "function": function, **arguments}


def oms(resource, **steps):
    return {"client": "oms", "resource": resource, **steps}


def test_certhelpers_own_runregistry_wins_over_the_official_client_of_the_same_name():
    assert Path(runregistry.__file__).parent == PROJECT / "runregistry"


def test_runregistry_gets_runs(official, simulator, number):
    ions, newest = simulator.world.examples["ions"], max(int(row["id"]) for row in simulator.world.runs)
    several = {"run_number": {"or": [number, ions]}}
    run, unknown, runs, filtered, raw, everything = official(
        registry("get_run", run_number=number),
        registry("get_run", run_number=1),
        registry("get_runs", filter=several),
        registry("get_runs", filter={"hlt_key": {"like": "%HI%"}, "tracker-strip": "GOOD", "significant": True}),
        registry("get_runs", filter=several, compress_attributes=False),
        registry("get_runs", filter={}),
    )
    assert (run["run_number"], run["class"], run["state"]) == (number, "Collisions26", run["state"])
    assert run["oms_attributes"]["run_number"] == number
    assert run["lumisections"] == simulator.world.dataset(number, "online")["DatasetTripletCache"]["triplet_summary"]
    assert unknown == {}
    assert [each["run_number"] for each in runs] == sorted([number, ions], reverse=True)
    assert ions in [each["run_number"] for each in filtered]
    assert set(raw[0]) >= {"run_number", "rr_attributes", "oms_attributes", "deleted", "version"}
    assert set(raw[0]["DatasetTripletCache"]) == {"triplet_summary"}
    # More than one page of its 50.
    assert len(everything) == len(simulator.world.runs) and everything[0]["run_number"] == newest


def test_runregistry_gets_datasets_and_their_names(official, simulator, number):
    world = simulator.world
    world.hide(number, PROMPT)
    dataset, hidden, datasets, states, names = official(
        registry("get_dataset", run_number=number, dataset_name=EXPRESS),
        registry("get_dataset", run_number=number, dataset_name=PROMPT),
        registry("get_datasets", filter={"run_number": {"and": [{">=": number}, {"<=": number}]}}),
        registry("get_datasets", filter={"tracker_state": {"or": ["SIGNOFF", "COMPLETED"]}}),
        registry("get_dataset_names_of_run", run_number=number),
    )
    assert (dataset["run_number"], dataset["name"], dataset["class"]) == (number, EXPRESS, "Collisions26")
    assert dataset["dataset_attributes"]["tracker_state"] and dataset["lumisections"]["tracker-pixel"]
    assert hidden == {}
    assert {each["name"] for each in datasets} == set(names) == set(world.dataset_names_of(number))
    assert {each["dataset_attributes"]["tracker_state"] for each in states} == {"SIGNOFF", "COMPLETED"}
    assert len(states) > 50


def test_runregistry_gets_lumisections_that_add_up(official, simulator, number):
    of = {"run_number": number, "dataset_name": EXPRESS}
    calls = ("lumisections", "lumisection_ranges", "lumisection_ranges_by_component", "joint_lumisection_ranges")
    every, ranges, by_component, joint = official(*(registry(f"get_{call}", **of) for call in calls))
    summary = simulator.world.dataset(number, EXPRESS)["DatasetTripletCache"]["triplet_summary"]
    count = simulator.world.run(number)["attributes"]["last_lumisection_number"]
    assert len(every) == count == ranges[-1]["end"] == joint[-1]["end"] and ranges[0]["start"] == 1
    assert set(every[0]["tracker-strip"]) == {"status", "comment", "cause"}
    for component, histogram in summary.items():
        good = [each for each in every if each[component]["status"] == "GOOD"]
        assert len(good) == histogram.get("GOOD", 0)
        found = [each for each in by_component[component] if each["status"] == "GOOD"]
        assert sum(each["end"] - each["start"] + 1 for each in found) == len(good)


def test_runregistry_gets_the_lumisections_of_oms(official, simulator, number):
    count = simulator.world.run(number)["attributes"]["last_lumisection_number"]
    every, ranges, unknown = official(
        registry("get_oms_lumisections", run_number=number),
        registry("get_oms_lumisection_ranges", run_number=number),
        registry("get_lumisections", run_number=1, dataset_name=EXPRESS),
    )
    assert len(every) == count and set(every[0]) >= BITS and every[0]["run_number"] == number
    assert [(each["start"], each["end"]) for each in ranges] == [(1, count)]
    assert unknown == []


def test_runregistry_moves_datasets(official, simulator, number):
    world = simulator.world
    world.move_state(number, EXPRESS, "OPEN")
    (moved,), seen = official(
        registry("move_datasets", from_="OPEN", to_="SIGNOFF", dataset_name=EXPRESS, workspace="tracker", run=number),
        registry("get_dataset", run_number=number, dataset_name=EXPRESS),
    )
    assert moved["dataset_attributes"] == seen["dataset_attributes"]
    assert seen["dataset_attributes"]["tracker_state"] == "SIGNOFF"
    assert seen["dataset_attributes"]["global_state"] == "OPEN"
    assert moved["Run"]["run_number"] == number


def test_moving_a_dataset_out_of_waiting_in_global_opens_it_everywhere(official, simulator, number):
    world, waiting = simulator.world, "waiting dqm gui"
    world.move_state(number, EXPRESS, waiting)
    world.move_state(number, EXPRESS, waiting, workspace="global")
    world.move_state(number, EXPRESS, "COMPLETED", workspace="dt")
    official(registry("move_datasets", from_=waiting, to_="OPEN", dataset_name=EXPRESS, run=number))
    expected = {"tracker_state": "OPEN", "global_state": "OPEN", "dt_state": "COMPLETED"}
    assert world.dataset(number, EXPRESS)["dataset_attributes"] == expected


def test_moving_a_hidden_dataset_shows_it_again(official, simulator, number):
    simulator.world.hide(number, EXPRESS)
    official(registry("move_datasets", from_="OPEN", to_="COMPLETED", dataset_name=EXPRESS, run=number))
    assert EXPRESS in simulator.world.dataset_names_of(number)


def test_moving_what_there_is_not_is_a_500(ask, number):
    body = {"run_number": number, "dataset_name": "nothing", "workspace": "tracker"}
    answer = ask.registry("/datasets/tracker/move_dataset/OPEN/SIGNOFF", body)
    assert answer.status_code == 500 and "dataset_attributes" in answer.json()["err"]


def test_omsapi_queries_runs(official, simulator, number):
    attributes, ordered, paged = official(
        oms(
            "runs",
            attrs=[["run_number", "recorded_lumi"]],
            filter=["run_number", number],
            include=["meta"],
        ),
        oms("runs", filter=["stable_beam", True, "EQ"], sort=["run_number", False], paginate=[1, 5]),
        oms("runs", sort=["run_number"], paginate=[2, 3]),
    )
    (row,) = attributes["data"]
    assert row["attributes"] == {
        "run_number": number,
        "recorded_lumi": simulator.world.run(number)["attributes"]["recorded_lumi"],
    }
    assert row["meta"]["row"] == {"recorded_lumi": {"units": "pb^{-1}"}}
    numbers = [each["attributes"]["run_number"] for each in ordered["data"]]
    assert numbers == sorted(numbers, reverse=True) and len(numbers) == 5
    assert all(each["attributes"]["stable_beam"] for each in ordered["data"])
    assert [each["id"] for each in paged["data"]] == [row["id"] for row in simulator.world.runs[3:6]]


def test_omsapi_gets_the_meta_of_a_resource(official):
    runs, fills, below = official(
        oms("runs", meta=True), oms("fills", meta=True), oms("runs/1/lumisections", meta=True)
    )
    assert {"run_number", "hlt_key"} <= set(runs) and {"fill_number", "peak_lumi"} <= set(fills)
    assert runs == below


def test_omsapi_gets_what_belongs_to_a_run_and_to_a_fill(official, simulator, number):
    run = simulator.world.run(number)["attributes"]
    fill = run["fill_number"]
    sections, runs, some, nothing = official(
        oms(f"runs/{number}/lumisections", paginate=[1, 5000]),
        oms(f"fills/{fill}/runs", paginate=[1, 100]),
        # Without that omsapi drops the filter: it looks for the attribute among those of fills.
        oms(f"fills/{fill}/runs", set_validation=[False], filter=["run_number", number, "GT"]),
        oms("fills/1/runs"),
    )
    assert len(sections["data"]) == run["last_lumisection_number"]
    assert {row["attributes"]["run_number"] for row in sections["data"]} == {number}
    assert number in [row["attributes"]["run_number"] for row in runs["data"]]
    assert {row["attributes"]["fill_number"] for row in runs["data"]} == {fill}
    assert some["data"] and all(row["attributes"]["run_number"] > number for row in some["data"])
    assert f"/fills/{fill}/runs/?" in runs["links"]["first"]
    assert (nothing["status"], nothing["data"]) == (200, [])


def test_omsapi_sees_the_world_change(official, simulator):
    running = simulator.world.examples["running"]
    simulator.world.end_run(running, facts={"recorded_lumi": 1.5})
    (answer,) = official(oms("runs", filter=["run_number", running]))
    assert answer["data"][0]["attributes"]["recorded_lumi"] == 1.5
    assert answer["data"][0]["attributes"]["end_time"]


@pytest.mark.parametrize("path", ["/v1/runs/abc/lumisections", "/v1/fills/x/runs"])
def test_what_belongs_to_no_number_is_a_400(ask, path):
    assert ask.oms(path).status_code == 400


@pytest.mark.parametrize("path", ["/v1/runs/1", "/v1/runs/1/fills", "/v1/lumisections/1/runs", "/v1/runs/1/meta"])
def test_what_oms_does_not_have_is_a_404(ask, path):
    assert ask.oms(path).status_code == 404
