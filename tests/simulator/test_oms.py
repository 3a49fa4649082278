import pytest

RUN = "filter[run_number]"


def numbers(response):
    return [row["attributes"]["run_number"] for row in response.json()["data"]]


@pytest.mark.parametrize("path", ["/v1/runs", "/v1/runs/", "/v1/fills", "/v1/fills/", "/v1/lumisections/"])
def test_each_resource_answers_with_and_without_a_slash(ask, path):
    number = ask.simulator.world.examples["collisions"]
    response = ask.oms(path, params={"page[limit]": 2, "filter[fill_number]": fill_of(ask, number)})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert set(response.json()) == {"data", "links", "meta"}
    assert response.json()["data"]


def fill_of(ask, run_number):
    return ask.simulator.world.run(run_number)["attributes"]["fill_number"]


def test_a_run_comes_in_the_form_of_json_api(ask):
    number = ask.simulator.world.examples["collisions"]
    (row,) = ask.run(number).json()["data"]
    assert (row["id"], row["type"]) == (str(number), "runs")
    assert row["attributes"]["run_number"] == number
    assert isinstance(row["attributes"]["components"], list)
    assert row["meta"]["row"]["recorded_lumi"]["units"] == "pb^{-1}"


def test_a_missing_run_is_an_empty_answer_and_no_error(ask):
    response = ask.run(99999999999)
    assert response.status_code == 200
    assert response.json()["data"] == []
    assert response.json()["meta"]["totalResourceCount"] == 0


def test_only_the_fields_asked_for_come_and_only_their_units(ask):
    number = ask.simulator.world.examples["collisions"]
    response = ask.oms(params={RUN: number, "fields": "run_number,energy", "include": "meta"})
    (row,) = response.json()["data"]
    assert set(row["attributes"]) == {"run_number", "energy"}
    assert row["meta"] == {"row": {"energy": {"units": "GeV"}}}


def test_units_can_be_missing_from_a_row(ask):
    (row,) = ask.run(ask.simulator.world.examples["no_units"]).json()["data"]
    assert row["meta"] is None


@pytest.mark.parametrize(
    "operator, expected",
    [("EQ", [3]), ("LT", [1, 2]), ("GT", [4, 5]), ("LE", [1, 2, 3]), ("GE", [3, 4, 5]), ("NEQ", [1, 2, 4, 5])],
)
def test_filters_compare_and_are_joined_by_and(ask, operator, expected):
    params = {RUN: ask.simulator.world.examples["collisions"], "page[limit]": 5, "filter[lumisection_number][LE]": 5}
    response = ask.oms("/v1/lumisections", params={**params, f"filter[lumisection_number][{operator}]": 3})
    assert [row["attributes"]["lumisection_number"] for row in response.json()["data"]] == expected


@pytest.mark.parametrize("condition", [("LIKE", "/cdaq/cosmic%"), ("CT", "cosmic")])
def test_text_is_searched_by_pattern_and_by_part(ask, condition):
    operator, wanted = condition
    response = ask.oms(params={f"filter[hlt_key][{operator}]": wanted, "page[limit]": 1000})
    rows = response.json()["data"]
    assert rows and all("/cdaq/cosmic" in row["attributes"]["hlt_key"] for row in rows)


def test_null_is_a_literal(ask):
    response = ask.oms(params={"filter[fill_number][EQ]": "null", "page[limit]": 1000})
    assert ask.simulator.world.examples["local"] in numbers(response)
    assert all(row["attributes"]["fill_number"] is None for row in response.json()["data"])
    response = ask.oms(params={"filter[end_time][EQ]": "null", "filter[start_time][NEQ]": "null"})
    assert numbers(response) == [ask.simulator.world.examples["running"]]


def test_times_and_booleans_can_be_filtered(ask):
    start = ask.simulator.world.run(ask.simulator.world.examples["running"])["attributes"]["start_time"]
    params = {"filter[start_time][GE]": start, "filter[stable_beam]": "true"}
    assert numbers(ask.oms(params=params)) == [ask.simulator.world.examples["running"]]


def test_the_long_form_of_a_filter_is_understood(ask):
    number = ask.simulator.world.examples["collisions"]
    assert numbers(ask.oms(params={"filter[runs][run_number][EQ]": number, "fields[runs]": "run_number"})) == [number]


def test_rows_are_sorted_and_paged_by_row(ask):
    params = {"sort": "-run_number", "page[limit]": 3, "page[offset]": 2, "fields": "run_number"}
    response = ask.oms(params=params)
    everything = sorted((int(row["id"]) for row in ask.simulator.world.runs), reverse=True)
    assert numbers(response) == everything[2:5]
    assert response.json()["meta"]["totalResourceCount"] == len(everything)


def test_sorting_by_two_attributes_puts_null_last(ask):
    response = ask.oms(params={"sort": "stable_beam,-run_number", "page[limit]": 1000})
    found = [(row["attributes"]["stable_beam"], -row["attributes"]["run_number"]) for row in response.json()["data"]]
    assert found == sorted(found, key=lambda item: (item[0] is None, bool(item[0]), item[1]))


def test_links_name_a_host_that_cannot_be_reached(ask):
    first = ask.oms(params={"page[limit]": 100}).json()["links"]
    assert first["prev"] is None
    assert first["next"].startswith("http://cmsomsapi.cern.ch:8080/api/v1/runs/")
    last = ask.oms(params={"page[limit]": 100, "page[offset]": 400}).json()["links"]
    assert last["next"] is None and last["prev"]


@pytest.mark.parametrize(
    "params",
    [
        {"xyz": 1},
        {"filter[xyz][EQ]": 1},
        {"fields": "run_number,xyz"},
        {"sort": "-xyz"},
    ],
)
def test_an_unknown_name_is_a_400_that_says_which(ask, params):
    response = ask.oms(params=params)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert (error["status"], error["title"]) == ("400", "BAD_REQUEST")
    assert "the 'xyz' parameter does not exists in runs resource." in error["detail"]


@pytest.mark.parametrize(
    "params",
    [
        {"filter[run_number][EQ]": "abc"},
        {"filter[run_number][EQ]": "nan"},
        {"filter[run_number][IN]": 1},
        {"filter": 1},
        {"filter[stable_beam]": "perhaps"},
        {"page[limit]": "-1"},
        {"page[size]": 5},
    ],
)
def test_a_question_that_makes_no_sense_is_a_400(ask, params):
    assert ask.oms(params=params).status_code == 400


def test_meta_describes_the_attributes(ask):
    meta = ask.oms("/v1/fills/meta").json()["meta"]
    assert meta["resource"] == "fill"
    assert {"fill_number", "peak_lumi"} <= set(meta["fields"])


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/runs/1/2", "/v2/runs", ""])
def test_an_unknown_path_is_a_404(ask, path):
    assert ask.oms(path).status_code == 404
