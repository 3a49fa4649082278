"""A dataset that only a person can settle: its author and a shift leader find it."""

import csv
import json
from urllib.parse import urlencode

import pytest

from certify.models import DatasetStanding
from tests.factories import make_certification

TAKEN, UNLISTED = "Not known, the only one is certified already", "No longer listed in the Run Registry"
STANDINGS = ["unconfirmed", "several", "taken", "unlisted"]


@pytest.fixture
def one_of_each(shifter, shifter2):
    """325000 to 325003 are of shifter, one of each standing but confirmed; 325004 and 325005 of shifter2."""
    for number, standing in enumerate(STANDINGS):
        make_certification(shifter, 325000 + number, dataset_standing=standing)
    make_certification(shifter2, 325004, dataset_standing=DatasetStanding.TAKEN)
    make_certification(shifter2, 325005)


def runs_on(page) -> list[int]:
    return sorted(row.run_reconstruction.run_id for row in page.context["page"].rows)


def listed(*standings: str, **more: str) -> str:
    return f"/list/?{urlencode({'dataset_standing': standings, **more}, doseq=True)}"


@pytest.mark.parametrize(
    ("standings", "runs"),
    [
        (["confirmed"], [325005]),
        (["unconfirmed"], [325000]),
        (["several"], [325001]),
        (["taken"], [325002, 325004]),
        (["unlisted"], [325003]),
        (["taken", "unlisted"], [325002, 325003, 325004]),
        ([""], [325000, 325001, 325002, 325003, 325004, 325005]),
    ],
    ids=str,
)
def test_the_list_filters_by_what_the_registry_said_of_the_dataset(as_shifter, one_of_each, standings, runs):
    assert runs_on(as_shifter.get(listed(*standings, show="all"))) == runs


def test_each_standing_is_named_and_cleared_alone(as_shifter, one_of_each):
    page = as_shifter.get(listed("taken", "unlisted", author="shifter"))
    assert {chip.words: chip.url for chip in page.context["listing"].chips} == {
        f"Dataset is: {TAKEN}": "?author=shifter&dataset_standing=unlisted&show=all",
        f"Dataset is: {UNLISTED}": "?author=shifter&dataset_standing=taken&show=all",
        "Author: shifter": "?dataset_standing=taken&dataset_standing=unlisted&show=all",
    }
    assert page.text.count(" checked") == 2


def test_a_standing_that_there_is_not_is_refused_by_name(as_shifter, one_of_each):
    page = as_shifter.get(listed("taken", "lost"))
    assert page.status_code == 422
    assert "lost is not one of the available choices" in page.text


def test_the_exports_honour_it_and_say_it(as_shifter, one_of_each):
    url = listed("several", "unlisted")
    text = b"".join(as_shifter.get(url.replace("/list/", "/list/export.csv")).streaming_content).decode()
    rows = list(csv.DictReader(text.splitlines()))
    assert {(row["run_number"], row["dataset_standing"]) for row in rows} == {
        ("325001", "several"),
        ("325003", "unlisted"),
    }
    text = b"".join(as_shifter.get(url.replace("/list/", "/list/export.json")).streaming_content)
    assert [row["dataset_standing"] for row in json.loads(text)] == ["unlisted", "several"]


def test_a_shift_leader_finds_all_of_them_from_the_home_page(client, shiftleader, one_of_each):
    client.force_login(shiftleader)
    page = client.get("/")
    assert (
        "The dataset of 4 certifications is not settled (one of several: 1, certified twice: 2, no longer listed: 1)."
        in page.text
    )
    found = client.get(page.context["unsettled"]["url"])
    assert runs_on(found) == [325001, 325002, 325003, 325004]


def test_an_author_finds_their_own(client, shifter2, one_of_each):
    client.force_login(shifter2)
    page = client.get("/")
    assert "The dataset of 1 of your certifications is not settled (certified twice: 1)." in page.text
    assert runs_on(client.get(page.context["unsettled"]["url"])) == [325004]


@pytest.mark.parametrize("role", ["shiftleader", "shifter2"])
def test_nothing_is_said_where_nothing_is_to_be_settled(role, request, client, shifter2):
    user = request.getfixturevalue(role)
    make_certification(shifter2, dataset_standing=DatasetStanding.UNCONFIRMED)
    client.force_login(user)
    assert "not settled" not in client.get("/").text


def test_both_of_one_dataset_lead_to_each_other(as_shifter, shifter, shifter2):
    named = make_certification(shifter2)
    assert "dataset not known" not in as_shifter.get("/list/325000/prompt/").text
    rival = make_certification(shifter, dataset="/PromptReco/Other/DQM", dataset_standing=DatasetStanding.TAKEN)
    rival.dataset = None
    rival.save()
    page = as_shifter.get("/list/325000/prompt/", {"dataset": named.dataset_name})
    assert "shifter certified this reconstruction too, dataset not known" in page.text
    assert 'href="/list/325000/prompt/?dataset="' in page.text
    page = as_shifter.get("/list/325000/prompt/", {"dataset": ""})
    assert "The only dataset of this reconstruction in the Run Registry is certified already" in page.text
    assert "certified this reconstruction too" not in page.text
