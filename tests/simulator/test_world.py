"""The world changes while it is read, and goes back to what it was."""

import contextlib
import random
import threading

import pytest
import requests

from simulator.changing import CannotChange

EXPRESS = "/Express/Collisions2026/DQM"
PROMPT = "/PromptReco/Collisions2026A/DQM"


@pytest.fixture
def number(simulator):
    return simulator.world.examples["four_reconstructions"]


@pytest.fixture
def world(simulator):
    return simulator.world


def searched(ask, number, **condition):
    return [row["name"] for row in ask.datasets({"run_number": number, **condition}).json()["datasets"]]


def dataset(ask, number, name):
    (row,) = ask.datasets({"run_number": number, "name": name}).json()["datasets"]
    return row


def oms_run(ask, number):
    rows = ask.run(number).json()["data"]
    return rows[0] if rows else None


def oms_fill(ask, number):
    rows = ask.oms("/v1/fills", params={"filter[fill_number]": number}).json()["data"]
    return rows[0] if rows else None


@pytest.mark.parametrize("state", ["OPEN", "SIGNOFF", "COMPLETED", "waiting dqm gui", "something new"])
def test_a_state_moves_and_nothing_else(ask, world, number, state):
    before = dataset(ask, number, PROMPT)
    world.move_state(number, PROMPT, state)
    after = dataset(ask, number, PROMPT)
    assert after["dataset_attributes"] == {**before["dataset_attributes"], "tracker_state": state}
    assert after["version"] > before["version"]
    assert {**after, "dataset_attributes": 0, "version": 0} == {**before, "dataset_attributes": 0, "version": 0}
    assert PROMPT in searched(ask, number, **{"dataset_attributes.tracker_state": state})


def test_a_state_can_be_taken_away(ask, world, number):
    world.move_state(number, PROMPT, "")
    assert "tracker_state" not in dataset(ask, number, PROMPT)["dataset_attributes"]
    world.move_state(number, PROMPT, "")


def test_a_dataset_is_hidden_from_both_answers_and_shown_again(ask, world, number):
    world.hide(number, PROMPT)
    assert PROMPT not in searched(ask, number) and PROMPT not in ask.names(number).json()
    world.show(number, PROMPT)
    assert PROMPT in searched(ask, number) and PROMPT in ask.names(number).json()


def test_without_its_triplet_cache_a_dataset_is_only_in_the_list_of_names(ask, world, number):
    world.drop_triplet_cache(number, PROMPT)
    assert PROMPT not in searched(ask, number) and PROMPT in ask.names(number).json()
    world.restore_triplet_cache(number, PROMPT)
    assert PROMPT in searched(ask, number)


def test_a_dataset_is_added_renamed_and_deleted(ask, world, number):
    world.add_dataset(number, "/ReReco/New/DQM", state="COMPLETED")
    added = dataset(ask, number, "/ReReco/New/DQM")
    assert added["dataset_attributes"]["tracker_state"] == "COMPLETED"
    assert added["Run"] == dataset(ask, number, EXPRESS)["Run"]
    world.rename_dataset(number, "/ReReco/New/DQM", "/ReReco/Newer/DQM")
    assert "/ReReco/Newer/DQM" in searched(ask, number) and "/ReReco/New/DQM" not in ask.names(number).json()
    world.delete_dataset(number, "/ReReco/Newer/DQM")
    assert "/ReReco/Newer/DQM" not in ask.names(number).json()


def test_what_is_wrong_with_a_dataset_follows_it_to_its_new_name(ask, world, number):
    world.drop_triplet_cache(number, PROMPT)
    world.rename_dataset(number, PROMPT, "/PromptReco/New/DQM")
    assert "/PromptReco/New/DQM" in ask.names(number).json() and "/PromptReco/New/DQM" not in searched(ask, number)


def test_a_dataset_of_a_run_that_only_oms_knows(ask, world, number):
    world.delete_run(number, service="runregistry")
    assert searched(ask, number) == []
    world.add_dataset(number, EXPRESS)
    row = dataset(ask, number, EXPRESS)
    assert row["Run"]["oms_attributes"]["hlt_key"] == world.run(number)["attributes"]["hlt_key"]


def test_a_run_is_added_to_both_services_as_a_copy(ask, world, number):
    world.add_run(399999, like=number)
    row = oms_run(ask, 399999)
    assert (row["id"], row["attributes"]["run_number"]) == ("399999", 399999)
    assert row["attributes"]["hlt_key"] == world.run(number)["attributes"]["hlt_key"]
    assert sorted(searched(ask, 399999)) == [EXPRESS, "online"]
    assert dataset(ask, 399999, EXPRESS)["Run"]["oms_attributes"]["run_number"] == 399999
    assert dataset(ask, 399999, EXPRESS)["dataset_attributes"]["tracker_state"] == "OPEN"


@pytest.mark.parametrize("service, in_oms, in_registry", [("oms", True, False), ("runregistry", False, True)])
def test_a_run_can_be_known_to_one_service_only(ask, world, service, in_oms, in_registry):
    world.add_run(399999, service=service)
    assert (oms_run(ask, 399999) is not None, bool(searched(ask, 399999))) == (in_oms, in_registry)


@pytest.mark.parametrize("service, in_oms, in_registry", [("oms", 0, 5), ("runregistry", 1, 0), ("both", 0, 0)])
def test_a_run_is_deleted_where_it_was_said(ask, world, number, service, in_oms, in_registry):
    world.delete_run(number, service=service)
    assert (len(ask.run(number).json()["data"]), len(searched(ask, number))) == (in_oms, in_registry)
    assert list(world.lumisections(number)) == [] or in_oms


def test_a_run_gets_another_number_in_both_services(ask, world, number):
    datasets = searched(ask, number)
    world.rename_run(number, 399998)
    assert oms_run(ask, number) is None and searched(ask, number) == []
    assert oms_run(ask, 399998)["attributes"]["run_number"] == 399998
    assert searched(ask, 399998) == datasets
    assert dataset(ask, 399998, EXPRESS)["Run"]["oms_attributes"]["run_number"] == 399998


def test_a_run_marked_as_deleted_still_shows_its_datasets(ask, world, number):
    def runs():
        body = {"page": 0, "page_size": 5, "sortings": [], "filter": {"run_number": number}}
        return ask.registry("/runs_filtered_ordered", body).json()["count"]

    assert runs() == 1
    world.hide_run(number)
    assert runs() == 0 and len(searched(ask, number)) == 5
    world.show_run(number)
    assert runs() == 1


def test_a_running_run_ends_with_its_final_facts_in_both_services(ask, world):
    running = world.examples["running"]
    assert oms_run(ask, running)["attributes"]["end_time"] is None
    world.end_run(running, facts={"recorded_lumi": 12.5, "last_lumisection_number": 200})
    attributes = oms_run(ask, running)["attributes"]
    copy = dataset(ask, running, EXPRESS)["Run"]["oms_attributes"]
    for facts in (attributes, copy):
        assert facts["end_time"] > facts["start_time"]
        assert (facts["recorded_lumi"], facts["last_lumisection_number"]) == (12.5, 200)
        assert facts["end_lumi"] is not None
    assert copy["ls_duration"] == 200
    assert len(list(world.lumisections(running))) == 200


def test_the_run_registry_may_learn_the_end_of_a_run_later(ask, world):
    running = world.examples["running"]
    world.end_run(running, service="oms", facts={"end_time": "2026-10-01T00:00:00Z"})
    assert dataset(ask, running, EXPRESS)["Run"]["oms_attributes"]["end_time"] is None
    world.end_run(running, service="runregistry")
    assert dataset(ask, running, EXPRESS)["Run"]["oms_attributes"]["end_time"] == "2026-10-01T00:00:00Z"


def test_a_fact_and_its_unit_change_in_oms_and_not_in_the_copy(ask, world, number):
    copy = dataset(ask, number, EXPRESS)["Run"]["oms_attributes"]
    world.change_run(number, "recorded_lumi", 7.5, unit="/fb")
    row = oms_run(ask, number)
    assert (row["attributes"]["recorded_lumi"], row["meta"]["row"]["recorded_lumi"]) == (7.5, {"units": "/fb"})
    assert dataset(ask, number, EXPRESS)["Run"]["oms_attributes"] == copy


def test_a_unit_changes_alone_and_is_taken_away(ask, world, number):
    before = oms_run(ask, number)
    world.change_run(number, "recorded_lumi", unit="nb^{-1}")
    assert oms_run(ask, number)["meta"]["row"]["recorded_lumi"] == {"units": "nb^{-1}"}
    assert oms_run(ask, number)["attributes"] == before["attributes"]
    world.change_run(number, "recorded_lumi", unit="")
    assert "recorded_lumi" not in oms_run(ask, number)["meta"]["row"]


def test_a_unit_is_given_to_a_row_that_has_none(ask, world):
    world.change_run(world.examples["no_units"], "delivered_lumi", unit="pb^{-1}")
    assert oms_run(ask, world.examples["no_units"])["meta"] == {"row": {"delivered_lumi": {"units": "pb^{-1}"}}}


def test_the_copy_changes_for_all_datasets_of_the_run_and_not_in_oms(ask, world, number):
    world.change_copy(number, "fill_type_runtime", "IONS")
    rows = ask.datasets({"run_number": number}).json()["datasets"]
    assert {row["Run"]["oms_attributes"]["fill_type_runtime"] for row in rows} == {"IONS"}
    assert oms_run(ask, number)["attributes"]["fill_type_runtime"] == "PROTONS"


def test_what_the_run_registry_says_itself_changes_too(ask, world, number):
    world.change_registry_run(number, "class", "Cosmics26")
    assert dataset(ask, number, EXPRESS)["Run"]["rr_attributes"]["class"] == "Cosmics26"


def test_fills_are_added_changed_renamed_and_deleted(ask, world, number):
    fill = world.run(number)["attributes"]["fill_number"]
    world.add_fill(12_999, like=fill)
    world.change_fill(12_999, "peak_lumi", 250.9, unit="10^{30}cm^{-2}s^{-1}")
    row = oms_fill(ask, 12_999)
    assert (row["attributes"]["peak_lumi"], row["attributes"]["first_run_number"]) == (250.9, None)
    assert row["meta"]["row"]["peak_lumi"]["units"] == "10^{30}cm^{-2}s^{-1}"
    world.delete_fill(12_999)
    assert oms_fill(ask, 12_999) is None
    world.rename_fill(fill, 13_000)
    assert oms_fill(ask, fill) is None and oms_fill(ask, 13_000)["attributes"]["fill_number"] == 13_000
    assert oms_run(ask, number)["attributes"]["fill_number"] == 13_000


def test_an_attribute_that_nobody_had_can_be_asked_for_once_it_is_there(ask, world, number):
    asked = {"filter[run_number]": number, "fields": "run_number,brand_new"}
    assert ask.oms(params=asked).status_code == 400
    world.change_run(number, "brand_new", 5)
    assert ask.oms(params=asked).json()["data"][0]["attributes"] == {"run_number": number, "brand_new": 5}


def test_everything_is_as_it_was_after_a_reset(ask, world, number):
    before = [ask.datasets({}, page_size=2000).json(), ask.oms(params={"page[limit]": 1000}).json()["data"]]
    change_everything(world, number)
    world.after_page(0, lambda world: world.hide(number, PROMPT))
    world.reset()
    assert [ask.datasets({}, page_size=2000).json(), ask.oms(params={"page[limit]": 1000}).json()["data"]] == before
    assert (world.told, world.waiting) == ([], [])


def change_everything(world, number):
    fill = world.run(number)["attributes"]["fill_number"]
    world.change_fill(fill, "peak_lumi", None)
    world.change_run(number, "b_field", 0.0)
    world.change_copy(number, "b_field", 0.0)
    world.move_state(number, EXPRESS, "COMPLETED")
    world.rename_dataset(number, EXPRESS, "/Express/Other/DQM")
    world.delete_dataset(number, PROMPT)
    world.hide(number, "/Express/Other/DQM")
    world.rename_run(number, 399_990)
    world.delete_run(world.examples["running"])


def test_the_beginning_of_one_reader_is_not_changed_under_their_hands(world, number):
    row, everything = world.run(number), world.datasets
    attributes, count = dict(row["attributes"]), len(everything)
    world.change_run(number, "energy", 1.0)
    world.delete_dataset(number, PROMPT)
    assert (row["attributes"], len(everything)) == (attributes, count)


def test_a_row_hidden_between_two_pages_pushes_another_one_off(ask, world, number):
    names = searched(ask, number)
    world.after_page(0, lambda world: world.hide(number, names[0]))
    first = ask.datasets({"run_number": number}, page=0, page_size=2).json()
    second = ask.datasets({"run_number": number}, page=1, page_size=2).json()
    assert [row["name"] for row in first["datasets"]] == names[:2]
    assert [row["name"] for row in second["datasets"]] == names[3:5]  # the third is there and on neither page
    assert (first["count"], second["count"]) == (5, 4)


def test_what_waits_for_a_page_happens_once_and_only_before_more_pages(ask, world, number):
    changes = []
    world.after_page(0, lambda world: changes.append("now"), "a note")
    assert world.waiting == ["After page 0: a note"]
    ask.datasets({"run_number": number}, page=0, page_size=50)
    ask.datasets({"run_number": number}, page=1, page_size=2)
    assert changes == []
    for _ in range(2):
        ask.datasets({"run_number": number}, page=0, page_size=2)
    assert (changes, world.waiting) == (["now"], [])


def test_a_change_that_is_impossible_by_then_is_told_and_spoils_no_answer(ask, world, number):
    world.after_page(0, lambda world: world.hide(1, "nothing"), "hide nothing")
    assert ask.datasets({}, page=0, page_size=2).status_code == 200
    assert world.told == ["Not done (hide nothing): The Run Registry has no dataset 'nothing' of run 1."]


IMPOSSIBLE = {
    "a state of no dataset": lambda world, number: world.move_state(number, "nothing", "OPEN"),
    "a dataset of no run": lambda world, number: world.hide(1, EXPRESS),
    "online hidden": lambda world, number: world.hide(number, "online"),
    "a dataset twice": lambda world, number: world.add_dataset(number, EXPRESS),
    "a name that is taken": lambda world, number: world.rename_dataset(number, EXPRESS, PROMPT),
    "a name with NUL": lambda world, number: world.rename_dataset(number, EXPRESS, "a\x00b"),
    "a dataset of an unknown run": lambda world, number: world.add_dataset(1, EXPRESS),
    "a run twice": lambda world, number: world.add_run(number),
    "a run like none": lambda world, number: world.add_run(399_999, like=1),
    "a number that is taken": lambda world, number: world.rename_run(number, world.examples["ions"]),
    "no run deleted": lambda world, number: world.delete_run(1),
    "no run deleted in one": lambda world, number: world.delete_run(1, service="runregistry"),
    "no service": lambda world, number: world.delete_run(number, service="both of them"),
    "no run hidden": lambda world, number: world.hide_run(1),
    "an end twice": lambda world, number: world.end_run(number),
    "an end of nothing": lambda world, number: world.end_run(1),
    "an end with another number": lambda world, number: world.end_run(
        world.examples["running"], facts={"run_number": 5}
    ),
    "no fill": lambda world, number: world.delete_fill(1),
    "a fill twice": lambda world, number: world.add_fill(world.run(number)["attributes"]["fill_number"]),
    "a fact of no run": lambda world, number: world.change_run(1, "energy", 1),
    "a fact of no fill": lambda world, number: world.change_fill(1, "energy", 1),
    "a copy of no run": lambda world, number: world.change_copy(1, "energy", 1),
    "the number as a fact": lambda world, number: world.change_run(number, "run_number", 1),
    "neither value nor unit": lambda world, number: world.change_run(number, "energy"),
    "no attribute": lambda world, number: world.change_copy(number, "", 1),
    "no number": lambda world, number: world.change_run(number, "energy", float("nan")),
    "nothing for JSON": lambda world, number: world.change_run(number, "energy", object()),
}


@pytest.mark.parametrize("wrong", IMPOSSIBLE)
def test_the_impossible_is_refused_in_a_sentence_and_changes_nothing(world, number, wrong):
    before = world.tables
    with pytest.raises(CannotChange, match=r"\.$"):
        IMPOSSIBLE[wrong](world, number)
    assert world.tables is before and world.told == []


ODD_VALUES = [None, "", "n/a", -1, 0, 1e308, 10**400, True, [], ["a"], {"a": 1}, "9999-99-99", "2026-01-01", 5e-324]
ODD_ATTRIBUTES = ["last_lumisection_number", "duration", "init_lumi", "end_lumi", "delivered_lumi", "start_time"]


@pytest.mark.parametrize("attribute", [*ODD_ATTRIBUTES, "fill_number", "stable_beam", "components", "hlt_key"])
def test_no_value_of_a_fact_keeps_the_services_from_answering(ask, world, number, attribute):
    body = {"run_number": number, "dataset_name": EXPRESS}
    for value in ODD_VALUES:
        world.change_run(number, attribute, value)
        world.change_copy(number, attribute, value)
        answers = [
            ask.run(number),
            ask.oms(params={f"filter[{attribute}][GE]": 1, "sort": attribute, "page[limit]": 1}),
            ask.oms(f"/v1/runs/{number}/lumisections", params={"page[limit]": 1}),
            ask.datasets({f"oms_attributes.{attribute}": {">": 1}, "run_number": number}),
            ask.registry("/lumisections/joint_lumisection_ranges", body),
        ]
        assert {answer.status_code for answer in answers} <= {200, 400}
        for answer in answers:
            answer.json(parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_readers_are_answered_whole_while_the_world_changes(simulator, world, number, caplog):
    failures = []
    readers = [threading.Thread(target=read, args=(simulator, number, failures)) for _ in range(3)]
    for thread in readers:
        thread.start()
    chance, step = random.Random(11), 0
    while any(thread.is_alive() for thread in readers):
        step += 1
        with contextlib.suppress(CannotChange):  # such as the same run added twice
            chance.choice(STEPS)(world, number, step)
    assert failures == [] and step > 20
    assert not caplog.records


def read(simulator, number, failures):
    headers = {
        target: {"Authorization": f"Bearer {simulator.tokens.issue(audience)}"}
        for target, audience in (("oms", "cmsoms-prod"), ("rr", "cmsrunregistry-sso-proxy"))
    }
    body = {"page": 0, "page_size": 30, "sortings": [], "filter": {"run_number": {">": number - 50}}}
    with requests.Session() as session:
        for _ in range(6):
            rr, oms = simulator.run_registry_url, simulator.oms_url
            answers = [
                session.post(f"{rr}/datasets_filtered_ordered", json=body, headers=headers["rr"], timeout=60),
                session.post(f"{rr}/runs_filtered_ordered", json=body, headers=headers["rr"], timeout=60),
                session.get(f"{rr}/get_all_dataset_names_of_run/{number}", headers=headers["rr"], timeout=60),
                session.get(f"{oms}/v1/runs?page[limit]=20", headers=headers["oms"], timeout=60),
                session.get(f"{oms}/v1/runs/{number}/lumisections", headers=headers["oms"], timeout=60),
                session.get(f"{simulator.url}/?run={number}", timeout=60),
            ]
            for answer in answers:
                if answer.status_code != 200:
                    failures.append(answer.text)
            found = answers[0].json()
            # One answer is of one moment: it holds as many rows as it counts.
            if len(found["datasets"]) != min(30, found["count"]):
                failures.append(found["count"])


STEPS = [
    lambda world, number, step: world.move_state(number, EXPRESS, f"STATE {step}"),
    lambda world, number, step: world.add_dataset(number, f"/ReReco/{step % 40}/DQM"),
    lambda world, number, step: world.hide(number, EXPRESS),
    lambda world, number, step: world.show(number, EXPRESS),
    lambda world, number, step: world.add_run(900_000 + step % 40),
    lambda world, number, step: world.add_fill(90_000 + step % 40),
    lambda world, number, step: world.change_run(number, "energy", step),
    lambda world, number, step: world.change_copy(number, "energy", step),
    lambda world, number, step: world.drop_triplet_cache(number, EXPRESS),
    lambda world, number, step: world.reset(),
]
