import pytest
import requests

TRIPLET = "triplet_summary.tracker-pixel.GOOD"
STATE = "dataset_attributes.tracker_state"
STATES = ("OPEN", "SIGNOFF", "COMPLETED", "waiting dqm gui")


@pytest.fixture
def number(simulator):
    return simulator.world.examples["four_reconstructions"]


def found(response):
    assert response.status_code == 200, response.text
    return [(dataset["run_number"], dataset["name"]) for dataset in response.json()["datasets"]]


def test_the_datasets_of_a_run_come_in_the_form_of_the_run_registry(ask, number):
    answer = ask.datasets({"run_number": number}).json()
    assert (answer["pages"], answer["count"]) == (1, 5)
    dataset = answer["datasets"][0]
    assert (dataset["run_number"], dataset["name"]) == (number, "/Express/Collisions2026/DQM")
    assert dataset["dataset_attributes"]["tracker_state"]
    assert dataset["Run"]["rr_attributes"]["class"] == "Collisions26"
    assert dataset["Run"]["oms_attributes"]["run_number"] == number
    assert "tracker-strip" in dataset["DatasetTripletCache"]["triplet_summary"]


@pytest.mark.parametrize("unknown", [1, 99999999999])
def test_a_run_without_datasets_is_no_error(ask, unknown):
    assert ask.datasets({"run_number": unknown}).json() == {"datasets": [], "pages": 0, "count": 0}


def test_the_newest_run_comes_first_and_names_in_order(ask, simulator):
    rows = found(ask.datasets({}, page_size=2000))
    assert rows == sorted(rows, key=lambda row: (-row[0], row[1]))
    assert rows[0][0] == simulator.world.examples["running"]


def test_pages_are_counted_from_0_and_end_in_an_empty_one(ask, number):
    first = ask.datasets({"run_number": number}, page=0, page_size=2).json()
    last = ask.datasets({"run_number": number}, page=2, page_size=2).json()
    beyond = ask.datasets({"run_number": number}, page=3, page_size=2).json()
    assert [len(answer["datasets"]) for answer in (first, last, beyond)] == [2, 1, 0]
    assert {answer["pages"] for answer in (first, last, beyond)} == {3}


def test_a_page_size_of_0_gives_null_pages(ask, number):
    assert ask.datasets({"run_number": number}, page_size=0).json() == {"datasets": [], "pages": None, "count": 5}


@pytest.mark.parametrize("missing", ["page", "page_size", "sortings", "filter"])
def test_every_key_of_the_body_is_required(ask, simulator, missing):
    body = {"page": 0, "page_size": 5, "sortings": [], "filter": {}}
    del body[missing]
    url = f"{simulator.run_registry_url}/datasets_filtered_ordered"
    response = requests.post(url, json=body, headers=ask.headers("runregistry"), timeout=5)
    assert response.status_code == 500
    assert response.json() == {"err": "Cannot read property 'map' of undefined"}


def test_without_the_json_content_type_the_body_is_ignored(ask, simulator):
    url = f"{simulator.run_registry_url}/datasets_filtered_ordered"
    body = '{"page": 0, "page_size": 5, "sortings": [], "filter": {}}'
    response = requests.post(url, data=body, headers=ask.headers("runregistry"), timeout=5)
    assert response.json() == {"err": "Cannot read property 'map' of undefined"}


@pytest.mark.parametrize(
    "condition",
    [
        {"name": "online"},
        {"name": {"=": "online"}},
        {"name": {"like": "ONL%"}},
        {"name": {"and": [{"like": "%on%"}, {"notlike": "/%"}]}},
        {"name": ["online", "nothing"]},
        {"and": [{"name": {"or": ["online", {"=": "nothing"}]}}]},
    ],
)
def test_conditions_on_a_column_can_be_written_in_many_ways(ask, number, condition):
    assert found(ask.datasets({"run_number": number, **condition})) == [(number, "online")]


@pytest.mark.parametrize("numbers", ["list", "or"])
def test_several_runs_are_asked_for_at_once(ask, simulator, number, numbers):
    other = simulator.world.examples["ions"]
    wanted = [number, other] if numbers == "list" else {"or": [number, {"=": other}]}
    assert {run for run, _ in found(ask.datasets({"run_number": wanted}))} == {number, other}


def test_ranges_of_runs_are_asked_for(ask, number):
    rows = found(ask.datasets({"run_number": {"and": [{">=": number}, {"<": number + 1}]}}))
    assert {run for run, _ in rows} == {number}


def test_an_empty_or_under_a_key_lets_everything_through_and_at_the_top_level_nothing(ask):
    everything = ask.datasets({}).json()["count"]
    assert ask.datasets({"run_number": {"or": []}}).json()["count"] == everything
    assert ask.datasets({"or": []}).json()["count"] == 0
    assert ask.datasets({"or": [], "name": "online"}).json()["count"] == 0


def test_an_empty_list_of_values_matches_nothing(ask):
    assert found(ask.datasets({"run_number": []})) == []


def test_not_equal_drops_rows_that_lack_the_attribute(ask, number):
    for condition in ({"<>": "SIGNOFF"}, {"notlike": "nothing%"}):
        rows = found(ask.datasets({"run_number": number, "dataset_attributes.tracker_state": condition}))
        assert (number, "online") not in rows


def test_attributes_of_the_run_and_of_its_oms_copy_are_searched(ask, simulator):
    ions = simulator.world.examples["ions"]
    condition = {"oms_attributes.fill_type_runtime": "PB", "oms_attributes.stable_beam": True}
    rows = found(ask.datasets({**condition, "rr_attributes.class": {"like": "collisions%"}}, page_size=1000))
    assert ions in {run for run, _ in rows}
    assert {simulator.world.run(run)["attributes"]["fill_type_runtime"] for run, _ in rows} == {"PB"}


def test_the_histogram_of_lumisections_is_searched(ask, simulator):
    answer = ask.datasets({TRIPLET: {">": 100}}, page_size=10).json()
    assert answer["count"] > 10
    for dataset in answer["datasets"]:
        assert dataset["DatasetTripletCache"]["triplet_summary"]["tracker-pixel"]["GOOD"] > 100


def test_an_or_across_tables_becomes_and(ask, number):
    either = {"or": [{"name": "online"}, {"oms_attributes.run_number": number}]}
    assert found(ask.datasets(either)) == [(number, "online")]


def test_an_unknown_attribute_inside_json_finds_nothing(ask):
    assert found(ask.datasets({"oms_attributes.nonsense": 5})) == []


@pytest.mark.parametrize(
    "condition, words",
    [
        ({"nonsense": 1}, "column Dataset.nonsense does not exist"),
        ({"dataset_name": "x"}, "column Dataset.dataset_name does not exist"),
        ({"run_number": "abc"}, 'invalid input syntax for type integer: "abc"'),
        ({"run_number": [396390, "abc"]}, 'invalid input syntax for type integer: "abc"'),
        ({"and": [{"run_number": {">": "abc"}}]}, 'invalid input syntax for type integer: "abc"'),
    ],
)
def test_every_mistake_is_a_500_with_the_words_of_the_database(ask, condition, words):
    response = ask.datasets(condition)
    assert response.status_code == 500
    assert response.json() == {"err": words}


@pytest.mark.parametrize("condition", ["text", {"run_number": {"~": 1}}, {"and": 1}, {"run_number": {"like": "3%"}}])
def test_a_filter_that_makes_no_sense_is_a_500(ask, condition):
    assert ask.datasets(condition).status_code == 500


def test_an_integer_may_be_written_as_text(ask, number):
    assert ask.datasets({"run_number": str(number)}).json()["count"] == 5


def test_sortings_replace_the_default_order(ask):
    rows = found(ask.datasets({}, sortings=[["run_number", "ASC"]], page_size=2000))
    assert [run for run, _ in rows] == sorted(run for run, _ in rows)
    assert ask.datasets({}, sortings=[["nonsense", "ASC"]]).status_code == 500


def test_names_of_a_run(ask, number):
    names = ask.names(number).json()
    assert names[:2] == ["online", "/Express/Collisions2026/DQM"] and len(names) == 5
    assert ask.names(1).json() == []
    assert ask.names("abc").status_code == 500


def test_a_dataset_without_its_triplet_cache_is_among_the_names_and_not_among_the_datasets(ask, simulator):
    number = simulator.world.examples["uncached_prompt"]
    named = set(ask.names(number).json())
    listed = {name for _, name in found(ask.datasets({"run_number": number}))}
    assert named - listed == {"/PromptReco/Collisions2026A/DQM"}


def test_a_hidden_dataset_is_in_neither(ask, simulator):
    number = simulator.world.examples["deleted_prompt"]
    assert simulator.world.dataset(number, "/PromptReco/Collisions2026A/DQM")["deleted"] is True
    named = ask.names(number).json()
    listed = [name for _, name in found(ask.datasets({"run_number": number}))]
    assert sorted(named) == sorted(listed) and not any("Prompt" in name for name in named)


@pytest.mark.parametrize(
    "condition, words",
    [
        ({STATE: ["OPEN", "SIGNOFF"]}, "operator does not exist: text = text[]"),
        ({STATE: {"=": ["OPEN"]}}, "operator does not exist: text = text[]"),
        ({STATE: []}, "cannot determine type of empty array"),
        ({TRIPLET: [1, 2]}, "operator does not exist: text = integer[]"),
        ({TRIPLET: {"or": [{">": 100}]}}, "operator does not exist: text > integer"),
        ({TRIPLET: {"or": [5, {"=": 6}]}}, "operator does not exist: text = integer"),
        ({"oms_attributes.energy": {"and": [{">": 6499.5}]}}, "operator does not exist: text > numeric"),
        ({"oms_attributes.stable_beam": {"or": [True]}}, "operator does not exist: text = boolean"),
    ],
)
def test_an_attribute_inside_json_is_text_and_takes_no_list(ask, condition, words):
    response = ask.datasets(condition)
    assert (response.status_code, response.json()) == (500, {"err": words})


def test_several_values_of_an_attribute_are_written_with_or(ask, number):
    condition = {"run_number": number, STATE: {"or": [{"=": state} for state in STATES]}}
    assert {name for _, name in found(ask.datasets(condition))} == set(ask.names(number).json()) - {"online"}


@pytest.mark.parametrize("state", STATES)
def test_each_tracker_state_is_searched(ask, state):
    answer = ask.datasets({STATE: state}).json()
    assert {row["dataset_attributes"]["tracker_state"] for row in answer["datasets"]} == {state}


@pytest.mark.parametrize(
    "body, words",
    [
        (b'{"page": 0, "page_size"', "Unexpected end of JSON input"),
        (b'{"page": 0', "Unexpected end of JSON input"),
        (b"nonsense", "Unexpected token n in JSON at position 0"),
        (b"[" * 100_000, "Unexpected end of JSON input"),
    ],
)
def test_malformed_json_is_a_500(ask, simulator, body, words):
    headers = {**ask.headers("runregistry"), "Content-Type": "application/json"}
    url = f"{simulator.run_registry_url}/datasets_filtered_ordered"
    response = ask.session.post(url, data=body, headers=headers, timeout=5)
    assert (response.status_code, response.json()) == (500, {"err": words})


def test_a_filter_in_a_filter_in_a_filter_is_understood_until_it_is_too_deep(ask, simulator, number):
    condition = {"run_number": number}
    for _ in range(20):
        condition = {"and": [condition]}
    assert len(found(ask.datasets(condition))) == 5
    deep = '{"and": [' * 5000 + "{}" + "]}" * 5000
    body = f'{{"page": 0, "page_size": 1, "sortings": [], "filter": {deep}}}'
    headers = {**ask.headers("runregistry"), "Content-Type": "application/json"}
    url = f"{simulator.run_registry_url}/datasets_filtered_ordered"
    assert ask.session.post(url, data=body, headers=headers, timeout=30).status_code == 500


def test_answers_and_errors_say_that_they_are_json_in_utf_8(ask, number):
    for response in (ask.names(number), ask.datasets({}), ask.datasets({"nonsense": 1}), ask.names("abc")):
        assert response.headers["Content-Type"] == "application/json; charset=utf-8"


def test_names_of_a_number_that_no_integer_holds_are_a_500(ask):
    response = ask.names(99999999999)
    assert response.status_code == 500
    assert response.json() == {"err": 'value "99999999999" is out of range for type integer'}


def test_paths_are_case_insensitive(ask, simulator, number):
    url = simulator.run_registry_url.replace("/rr", "/RR")
    headers = ask.headers("runregistry")
    names = ask.session.get(f"{url}/Get_All_Dataset_Names_Of_Run/{number}/", headers=headers, timeout=5)
    assert names.json() == ask.names(number).json()
    assert ask.session.get(f"{url}/get_all", headers={}, timeout=5, allow_redirects=False).status_code == 302


ODD_NAMES = ["", "/Express/" + "x" * 400, "Ünï cödé 'quoted' \"</script>", "/PromptReco/\ud800/DQM", "%2Fa%_"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_accepted_and_spoil_no_other_row(ask, simulator, number, name):
    before = found(ask.datasets({"run_number": number}))
    simulator.world.add_dataset(number, name)
    assert found(ask.datasets({"run_number": number, "name": name})) == [(number, name)]
    assert sorted(found(ask.datasets({"run_number": number}))) == sorted([*before, (number, name)])
    assert name in ask.names(number).json()


def test_an_unknown_path_is_a_404_in_html(ask, simulator):
    response = ask.session.get(f"{simulator.run_registry_url}/x", headers=ask.headers("runregistry"), timeout=5)
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")
