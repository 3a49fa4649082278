import json

import pytest

from simulator.recorded import RecordedDataInvalid, load
from simulator.server import Simulator


def resource(kind, number, **attributes):
    named = {f"{kind}_number": number, **attributes}
    return {"id": str(number), "type": f"{kind}s", "attributes": named, "meta": {"row": {}}, "_source": "a note"}


def dataset(number, name):
    run = {"rr_attributes": {"class": "Collisions18"}, "oms_attributes": {"run_number": number}}
    return {"run_number": number, "name": name, "dataset_attributes": {}, "Run": run, "_note": "another"}


@pytest.fixture
def directory(tmp_path):
    files = {
        "oms_runs.json": [resource("run", 325000, energy=6499.0), resource("run", 396015, energy=1.0)],
        "oms_fills.json": [resource("fill", 7324, peak_lumi=2.0)],
        "oms_fills_2017_envelope.json": {"data": [resource("fill", 6349), resource("fill", 7324)], "links": {}},
        "rr_datasets.json": {"datasets": [dataset(325000, "online"), dataset(396015, "online")], "count": 2},
    }
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    return tmp_path


def test_recorded_rows_are_read_without_the_collectors_notes(directory):
    world = load(directory)
    assert [row["id"] for row in world.runs] == ["325000", "396015"]
    assert [row["id"] for row in world.fills] == ["6349", "7324"]
    assert world.fill(7324)["attributes"]["peak_lumi"] == 2.0
    rows = [*world.runs, *world.fills, *world.datasets]
    assert not any(name.startswith("_") for row in rows for name in row)


def test_recorded_rows_win_over_generated_ones_and_stand_beside_them(directory, simulator):
    world = simulator.world.replaced_by(load(directory))
    assert world.run(396015)["attributes"] == {"run_number": 396015, "energy": 1.0}
    assert world.run(325000) and len(world.runs) == len(simulator.world.runs) + 1
    names = [dataset["name"] for dataset in world.datasets_of(396015)]
    assert len(names) == len(set(names)) == len(simulator.world.datasets_of(396015))


def test_the_simulator_serves_recorded_answers(directory):
    with Simulator(data=directory) as simulator:
        assert simulator.world.run(325000)["attributes"]["energy"] == 6499.0


def test_a_file_may_be_missing(directory):
    (directory / "oms_fills.json").unlink()
    assert load(directory).fill(7324)["attributes"] == {"fill_number": 7324}


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(RecordedDataInvalid, match="There is no directory .*nowhere"):
        load(tmp_path / "nowhere")


def test_a_directory_without_any_answers_is_an_error(tmp_path):
    with pytest.raises(RecordedDataInvalid, match="holds no recorded answers"):
        load(tmp_path)


@pytest.mark.parametrize(
    "name, content",
    [
        ("oms_runs.json", "{"),
        ("oms_runs.json", "[1]"),
        ("oms_runs.json", '[{"id": "1"}]'),
        ("oms_runs.json", '[{"id": "x", "attributes": {}}]'),
        ("oms_fills_2017_envelope.json", "[]"),
        ("rr_datasets.json", '{"data": []}'),
        ("rr_datasets.json", '{"datasets": [{"run_number": "1", "name": "online"}]}'),
    ],
)
def test_a_broken_file_is_named(directory, name, content):
    (directory / name).write_text(content)
    with pytest.raises(RecordedDataInvalid, match=name):
        load(directory)


def test_a_recorded_world_changes_too(directory):
    with Simulator(data=directory) as simulator:
        world = simulator.world
        world.add_dataset(325000, "/Express/Collisions2018/DQM")
        world.change_copy(325000, "energy", 6500.0)
        world.rename_dataset(325000, "online", "offline")
        assert [row["Run"]["oms_attributes"]["energy"] for row in world.datasets_of(325000)] == [6500.0, 6500.0]
        world.reset()
        assert world.dataset_names_of(325000) == ["online"]
