"""What the Run Registry is asked, and what its answers become."""

import json

import pytest
import responses

from runregistry.client import RunRegistryClient
from runregistry.exceptions import DatasetWithoutReconstruction, RunRegistryDataInvalid
from runregistry.names import get_reco_from_dataset
from tests.conftest import RR_LIST
from tests.factories import EXPRESS, PROMPT
from upstream.errors import AuthenticationFailed, ServerError

NAMES = "https://runregistry.test/api/get_all_dataset_names_of_run/325000"


def row(name: str, run_number: object = 325000, **more) -> dict:
    return {"run_number": run_number, "name": name, **more}


def questions(outside) -> list:
    return [call.request for call in outside.calls if call.request.url == RR_LIST]


def test_datasets_come_in_order_with_state_class_and_the_copy_of_oms(outside):
    run = {"rr_attributes": {"class": "Collisions18"}, "oms_attributes": {"b_field": 3.8}}
    rows = [row(EXPRESS, dataset_attributes={"tracker_state": "OPEN"}, Run=run), row("online")]
    outside.post(RR_LIST, json={"datasets": rows, "pages": 1, "count": 2})
    express, online = RunRegistryClient().datasets_of(325000)
    assert (express.name, express.reco, express.tracker_state) == (EXPRESS, "express", "OPEN")
    assert (express.run_class, express.oms_attributes) == ("Collisions18", {"b_field": 3.8})
    assert (online.reco, online.tracker_state, online.run_class, online.oms_attributes) == (None, "", "", {})


def test_the_question_has_all_four_keys_as_json_and_no_empty_or(outside):
    outside.post(RR_LIST, json={"datasets": [], "pages": 0, "count": 0})
    assert RunRegistryClient().datasets_of(325000) == []
    (request,) = questions(outside)
    body = json.loads(request.body)
    assert request.headers["Content-Type"] == "application/json"
    assert set(body) == {"page", "page_size", "sortings", "filter"}
    assert (body["page"], body["sortings"], body["filter"]) == (0, [], {"run_number": 325000})
    assert body["page_size"] > 0
    assert '"or"' not in str(request.body)


def test_pages_are_followed_and_repeats_dropped(outside):
    pages = [[row(EXPRESS), row(PROMPT)], [row(PROMPT), row("online")], [row("/ReReco/Run2018A_17Sept2018/DQM")]]
    for datasets in pages:
        outside.post(RR_LIST, json={"datasets": datasets, "pages": 3, "count": 4})
    found = [dataset.name for dataset in RunRegistryClient().datasets_of(325000)]
    assert found == [EXPRESS, PROMPT, "online", "/ReReco/Run2018A_17Sept2018/DQM"]
    assert [json.loads(request.body)["page"] for request in questions(outside)] == [0, 1, 2]


def test_pages_without_end_are_not_followed_for_ever(outside):
    outside.post(RR_LIST, json={"datasets": [row(EXPRESS)], "pages": 10**9, "count": 1})
    assert len(RunRegistryClient().datasets_of(325000)) == 1
    assert len(questions(outside)) <= 50


def test_pages_that_are_null_end_the_search(outside):
    outside.post(RR_LIST, json={"datasets": [row(EXPRESS)], "pages": None, "count": 1})
    assert len(RunRegistryClient().datasets_of(325000)) == 1


@pytest.mark.parametrize("odd", [None, [], "x", 3])
def test_odd_parts_of_a_dataset_do_not_lose_it(outside, odd):
    run = {"rr_attributes": odd, "oms_attributes": odd}
    rows = [row(EXPRESS, dataset_attributes=odd, Run=odd), row(PROMPT, Run=run)]
    outside.post(RR_LIST, json={"datasets": rows, "pages": 1, "count": 2})
    assert [dataset.reco for dataset in RunRegistryClient().datasets_of(325000)] == ["express", "prompt"]


@pytest.mark.parametrize(
    "answer",
    [[], 0, "x", {}, {"pages": 1}, {"datasets": None}, {"datasets": ["x"]}, {"datasets": [row(EXPRESS, 325001)]}]
    + [{"datasets": [row(EXPRESS, None)]}, {"datasets": [row(None)]}, {"datasets": [], "pages": "many"}],
)
def test_an_answer_in_another_form_or_about_another_run_is_not_trusted(outside, answer):
    outside.post(RR_LIST, json=answer)
    with pytest.raises(RunRegistryDataInvalid):
        RunRegistryClient().datasets_of(325000)


def test_a_mistake_of_ours_and_the_login_page_are_told_apart(outside):
    outside.post(RR_LIST, json={"err": "column Dataset.nonsense does not exist"}, status=500)
    with pytest.raises(ServerError, match="^The Run Registry"):
        RunRegistryClient().datasets_of(325000)
    outside.replace(responses.POST, RR_LIST, body="<html>Sign in</html>", content_type="text/html")
    with pytest.raises(AuthenticationFailed, match="^The Run Registry"):
        RunRegistryClient().datasets_of(325000)


def test_the_list_of_names_is_taken_as_it_is(outside):
    outside.get(NAMES, json=["online", EXPRESS])
    assert RunRegistryClient().dataset_names_of(325000) == ["online", EXPRESS]


@pytest.mark.parametrize("answer", [{}, 0, "online", [1], [None], [["online"]]])
def test_a_list_of_names_in_another_form_is_not_trusted(outside, answer):
    outside.get(NAMES, json=answer)
    with pytest.raises(RunRegistryDataInvalid):
        RunRegistryClient().dataset_names_of(325000)


@pytest.mark.parametrize(
    ("name", "reco"),
    [
        ("/Express/Collisions2018/DQM", "express"),
        ("/Express/Commissioning2022/DQM", "express"),
        ("/StreamExpressCosmics/Commissioning2018-Express-v1/DQMIO", "express"),
        ("/PromptReco/Collisions2018A/DQM", "prompt"),
        ("/PromptReco/HICosmics18A/DQM", "prompt"),
        ("/Cosmics/Commissioning2018-PromptReco-v1/DQMIO", "prompt"),
        ("/ReReco/Run2018A_17Sept2018/DQM", "rereco"),
        ("/ReReco/Run2017B_UL2019/DQM", "rerecoul"),
        ("/rereco/Run2017B_ul2019/DQM", "rereco"),
        ("/EXPRESS/PromptReco/ReReco_UL", "express"),
    ],
)
def test_a_name_tells_its_reconstruction(name, reco):
    assert get_reco_from_dataset(name) == reco


@pytest.mark.parametrize("name", ["online", "", "/Global/Cosmics/UL"])
def test_a_name_that_tells_none_is_refused(name):
    with pytest.raises(DatasetWithoutReconstruction):
        get_reco_from_dataset(name)


def test_an_answer_counts_as_current_for_some_seconds(outside, registry_lists):
    registry_lists(325000, "/Express/Collisions2018/DQM")
    client = RunRegistryClient()
    first = client.datasets_of(325000)
    asked = len(outside.calls)
    assert client.datasets_of(325000) == first
    assert len(outside.calls) == asked


def test_without_a_time_of_freshness_it_asks_each_time(outside, registry_lists, settings):
    settings.RUN_REGISTRY_FRESH = 0
    registry_lists(325000, "/Express/Collisions2018/DQM")
    client = RunRegistryClient()
    client.datasets_of(325000)
    asked = len(outside.calls)
    client.datasets_of(325000)
    assert len(outside.calls) == asked + 1


def test_a_failure_is_not_remembered(outside, registry_is_down, registry_lists):
    with pytest.raises(ServerError):
        RunRegistryClient().datasets_of(325000)
    outside.remove("POST", RR_LIST)
    registry_lists(325000, "/Express/Collisions2018/DQM")
    assert RunRegistryClient().datasets_of(325000)
