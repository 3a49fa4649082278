from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from simulator.generator import generate
from simulator.lumisections import SECONDS, count_of, lumisections_of

ANCHOR = date(2026, 9, 30)


@pytest.fixture(scope="module")
def world():
    return generate(ANCHOR)


def attributes_of(rows):
    return [row["attributes"] for row in rows]


def test_the_same_day_gives_the_same_world(world):
    again = generate(ANCHOR)
    assert (again.runs, again.fills, again.datasets) == (world.runs, world.fills, world.datasets)


def test_another_day_moves_the_times_and_nothing_else(world):
    later = generate(ANCHOR + timedelta(days=1))
    assert [row["id"] for row in later.runs] == [row["id"] for row in world.runs]
    times = ("start_time", "end_time", "last_update")
    for before, after in zip(attributes_of(world.runs), attributes_of(later.runs), strict=True):
        assert {k: v for k, v in before.items() if k not in times} == {k: v for k, v in after.items() if k not in times}
        if before["start_time"]:
            moved = datetime.fromisoformat(after["start_time"]) - datetime.fromisoformat(before["start_time"])
            assert moved == timedelta(days=1)


def test_by_default_nothing_happens_in_the_future():
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert all((run["start_time"] or "") <= now for run in attributes_of(generate().runs))


def test_there_are_about_400_runs_in_60_fills_with_six_digits(world):
    numbers = [run["run_number"] for run in attributes_of(world.runs)]
    assert 380 <= len(numbers) <= 440
    assert len(world.fills) == 60
    assert min(numbers) >= 396_000 and max(numbers) < 398_500
    assert any(later - earlier > 1 for earlier, later in zip(numbers, numbers[1:], strict=False))


def test_recorded_luminosity_never_exceeds_delivered(world):
    for row in attributes_of([*world.runs, *world.fills]):
        if row["delivered_lumi"] is not None:
            assert 0 <= row["recorded_lumi"] <= row["delivered_lumi"]


def test_a_run_has_1_to_3300_lumisections_of_23_seconds(world):
    for run in attributes_of(world.runs):
        if run["last_lumisection_number"] is not None:
            assert 1 <= run["last_lumisection_number"] <= 3300
            assert 0 <= run["last_lumisection_number"] * SECONDS - run["duration"] <= SECONDS + 1


def test_the_lumisections_add_up_to_the_run(world):
    run = world.run(world.examples["collisions"])["attributes"]
    sections = attributes_of(world.lumisections(run["run_number"]))
    assert [section["lumisection_number"] for section in sections] == list(range(1, count_of(run) + 1))
    assert sum(section["delivered_lumi"] for section in sections) == pytest.approx(run["delivered_lumi"])
    assert sum(section["recorded_lumi"] for section in sections) == pytest.approx(run["recorded_lumi"])


def test_the_luminosity_of_a_run_fits_its_level_and_duration(world):
    run = world.run(world.examples["collisions"])["attributes"]
    middle = (run["init_lumi"] + run["end_lumi"]) / 2
    assert run["delivered_lumi"] == pytest.approx(middle * 0.01 * run["duration"], rel=0.1)


def test_a_fill_holds_its_runs_in_order_of_time_and_number(world):
    for fill in attributes_of(world.fills):
        runs = [run for run in attributes_of(world.runs) if run["fill_number"] == fill["fill_number"]]
        assert [runs[0]["run_number"], runs[-1]["run_number"]] == [fill["first_run_number"], fill["last_run_number"]]
        dated = [run for run in runs if run["start_time"]]
        assert fill["start_time"] <= dated[0]["start_time"]
        assert all(run["end_time"] <= fill["end_time"] for run in dated if fill["end_time"] and run["end_time"])
        assert all(one["end_time"] <= other["start_time"] for one, other in zip(dated, dated[1:], strict=False))


def test_the_luminosity_of_a_fill_is_that_of_its_stable_beam_runs(world):
    for fill in attributes_of(world.fills):
        runs = [run for run in attributes_of(world.runs) if run["fill_number"] == fill["fill_number"]]
        unknown = any(run["stable_beam"] is None for run in runs)
        if fill["delivered_lumi"] is not None and not unknown:
            delivered = sum(run["delivered_lumi"] for run in runs if run["stable_beam"])
            assert fill["delivered_lumi"] == pytest.approx(delivered)


def test_ions_have_units_of_their_own(world):
    units = world.run(world.examples["ions"])["meta"]["row"]
    assert units["delivered_lumi"] == {"units": r"{\mu}b^{-1}"}
    assert units["init_lumi"] == {"units": "10^{27}cm^{-2}s^{-1}"}
    protons = world.run(world.examples["collisions"])["meta"]["row"]
    assert protons["delivered_lumi"] == {"units": "pb^{-1}"}
    assert protons["init_lumi"] == {"units": "10^{34}cm^{-2}s^{-1}"}


def test_cosmics_are_taken_with_and_without_field(world):
    on, off = (world.run(world.examples[name])["attributes"] for name in ("cosmics", "cosmics_without_field"))
    assert on["b_field"] == 3.8 and off["b_field"] < 0.1
    assert not on["stable_beam"] and "/cdaq/cosmic" in on["hlt_key"]
    classes = {world.datasets_of(run["run_number"])[0]["Run"]["rr_attributes"]["class"] for run in (on, off)}
    assert classes == {"Cosmics26"}


@pytest.mark.parametrize(
    "name, wrong",
    [
        ("no_hlt_key", {"hlt_key": None}),
        ("no_stable_beam", {"stable_beam": None}),
        ("cosmics_with_beam_energy", {"energy": 7864.0}),
        ("no_last_lumisection", {"last_lumisection_number": None}),
        ("local", {"fill_number": None}),
        ("running", {"end_time": None}),
    ],
)
def test_an_odd_run_is_odd(world, name, wrong):
    run = world.run(world.examples[name])["attributes"]
    assert wrong.items() <= run.items()


def test_an_odd_fill_breaks_every_obvious_limit(world):
    fill_number = world.run(world.examples["odd_fill"])["attributes"]["fill_number"]
    fill = world.fill(fill_number)["attributes"]
    odd = {"bunches_colliding": -1, "efficiency_lumi": -0.3, "peak_pileup": 2531.0, "intensity_beam1": -0.004}
    assert odd.items() <= fill.items()


def test_a_row_can_lack_its_units(world):
    assert world.run(world.examples["no_units"])["meta"] is None
    assert "delivered_lumi" not in world.run(world.examples["some_units_missing"])["meta"]["row"]


def test_every_run_is_online_and_in_express_and_older_ones_in_prompt(world):
    limit = datetime(2026, 9, 28, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    hidden = str(world.examples["deleted_prompt"])
    for run in attributes_of(run for run in world.runs if run["id"] != hidden):
        names = world.dataset_names_of(run["run_number"])
        assert names[0] == "online"
        assert any("Express" in name for name in names)
        if run["start_time"]:
            assert any("Prompt" in name for name in names) == ((run["end_time"] or "9") < limit)


def test_the_oldest_collisions_are_in_all_four_reconstructions(world):
    names = world.dataset_names_of(world.examples["four_reconstructions"])
    assert names == [
        "online",
        "/Express/Collisions2026/DQM",
        "/PromptReco/Collisions2026A/DQM",
        "/ReReco/Run2026A_17Sept2026/DQM",
        "/ReReco/Run2026A_UL2026/DQM",
    ]
    twice = world.dataset_names_of(world.examples["two_rerecos"])
    assert sum("/ReReco/" in name and "UL" not in name for name in twice) == 2


def test_cosmics_have_datasets_with_names_of_their_own(world):
    assert world.dataset_names_of(world.examples["cosmics_without_field"]) == [
        "online",
        "/Cosmics/Commissioning2026-PromptReco-v1/DQMIO",
        "/StreamExpressCosmics/Commissioning2026-Express-v1/DQMIO",
    ]


def test_the_tracker_state_is_mostly_open_and_absent_online(world):
    online = [dataset for dataset in world.datasets if dataset["name"] == "online"]
    assert not any("tracker_state" in dataset["dataset_attributes"] for dataset in online)
    offline = [dataset for dataset in world.datasets if dataset["name"] != "online"]
    states = Counter(dataset["dataset_attributes"]["tracker_state"] for dataset in offline)
    assert set(states) == {"OPEN", "SIGNOFF", "COMPLETED", "waiting dqm gui"}
    assert states["OPEN"] > 0.7 * len(offline)


def test_a_triplet_summary_counts_every_lumisection_of_the_run(world):
    statuses = ("GOOD", "BAD", "STANDBY", "EXCLUDED", "NOTSET", "EMPTY", "NO VALUE FOUND")
    for dataset in world.datasets:
        lumisections = dataset["Run"]["oms_attributes"]["ls_duration"]
        for histogram in dataset["DatasetTripletCache"]["triplet_summary"].values():
            assert histogram["EMPTY"] == 0
            assert sum(histogram.get(status, 0) for status in statuses) == lumisections
    assert any(dataset["DatasetTripletCache"]["triplet_summary"] == {} for dataset in world.datasets)


def test_the_run_registry_copies_the_run_from_oms(world):
    number = world.examples["collisions"]
    copy = world.datasets_of(number)[0]["Run"]["oms_attributes"]
    assert world.run(number)["attributes"].items() <= copy.items()


def test_unknown_numbers_are_none():
    world = generate(ANCHOR)
    assert world.run(1) is None and world.fill(1) is None
    assert world.datasets_of(1) == [] and list(world.lumisections(1)) == []


def test_lumisections_of_a_run_with_unknown_luminosity_have_none():
    unknown = {"run_number": 325000, "duration": 100, "init_lumi": None, "delivered_lumi": None}
    sections = attributes_of(lumisections_of({"attributes": unknown, "meta": None}))
    assert len(sections) == 5
    assert {(section["init_lumi"], section["delivered_lumi"]) for section in sections} == {(None, None)}
