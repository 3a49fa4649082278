"""The whole promise, 500 runs in 20 000 characters, on each of its ways, behind the limits that production has."""

import csv
import io
import re
from collections.abc import Iterator

import pytest
from django.test import override_settings
from openpyxl import load_workbook

from certify.models import Claim
from simulator.server import Simulator
from tests.factories import make_certification, make_user
from tests.production import Visitor, gunicorn

BOARD, LIST = "/openruns/", "/list/"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def shifter(transactional_db):
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"]):
        return make_user("shifter")


@pytest.fixture
def visitor(simulator, shifter) -> Iterator[Visitor]:
    """Signed out."""
    with gunicorn(simulator) as url:
        visitor = Visitor(url)
        visitor.open("/accounts/login/")
        yield visitor


@pytest.fixture
def at_desk(visitor) -> Visitor:
    visitor.sign_in("shifter")
    return visitor


@pytest.fixture
def runs(simulator) -> list[int]:
    """The newest of the Run Registry, and more that it does not have."""
    known = sorted({dataset["run_number"] for dataset in simulator.world.datasets}, reverse=True)[:100]
    return known + list(range(200_000, 200_500 - len(known)))


@pytest.fixture
def pasted(runs) -> str:
    text = "\r\n".join(f"{run}{' ' * 33}" for run in runs).strip()
    assert 19_900 < len(text.replace("\r", "")) <= 20_000
    return text


def search_of(answer) -> str:
    assert len(answer.url) < 150
    return answer.url.partition("search=")[2].partition("&")[0]


def test_from_the_open_runs_over_filters_and_a_claim_to_the_next_dataset(at_desk, runs, pasted):
    at_desk.open(BOARD)
    key = search_of(at_desk.send(BOARD, runs=pasted))
    assert at_desk.page.status_code == 200
    assert all(f"/certify/{run}/" in at_desk.page.text for run in runs[1:4])
    for words in ("free", "cosmics", "any type", "Refresh"):
        assert search_of(at_desk.follow(words)) == key
        assert "200001" in at_desk.page.text
    claim = re.findall(r'name="claim" value="([^"]+)"', at_desk.page.text)[-1]  # of no run that is still running
    assert search_of(at_desk.send("/openruns/claims/", claim=claim)) == key
    assert "is yours." in at_desk.page.text
    at_desk.follow("Certify next")
    assert at_desk.path == f"/certify/{Claim.objects.get().run_number}/{Claim.objects.get().reconstruction}/"
    at_desk.open("/openruns/next/")
    assert at_desk.path.startswith("/certify/")


def test_over_the_list_its_chips_pages_columns_and_files(at_desk, shifter, runs, pasted):
    for run in runs[:60]:
        make_certification(shifter, run, "express")
    make_certification(shifter, runs[60], "express", strip="bad")
    make_certification(shifter, 100_000, "express")
    at_desk.open(LIST)
    key = search_of(at_desk.send(LIST, runs=pasted, verdict="good"))
    for words in ("Further", "Before", "Author", "Further", "Date"):
        assert search_of(at_desk.follow(words)) == key
        assert at_desk.page.status_code == 200
    rows = list(csv.DictReader(io.StringIO(at_desk.follow("CSV").text)))
    assert sorted(int(row["run_number"]) for row in rows) == sorted(runs[:60])
    assert len(at_desk.follow("JSON").json()) == 60
    assert load_workbook(io.BytesIO(at_desk.follow("Excel").content)).active.max_row == 61
    assert search_of(at_desk.follow("Verdict: ")) == key
    assert len(at_desk.follow("CSV").text.splitlines()) == 62
    assert "search=" not in at_desk.follow("Runs: ").url


@pytest.mark.parametrize("path", [BOARD, LIST])
def test_through_the_sign_in(visitor, shifter, runs, pasted, path):
    visitor.sign_in("shifter")
    visitor.open(path)
    visitor.session.cookies.set("sessionid", None)  # it has ended
    assert visitor.send(path, runs=pasted).status_code == 403
    visitor.sign_in("shifter")
    assert "Nothing is lost" in visitor.page.text
    assert search_of(visitor.send(path))
    assert str(runs[499]) in visitor.page.text
    short = visitor.page.url
    other = Visitor(visitor.url)
    other.open(short)
    assert other.sign_in("shifter").url == short


def test_an_old_address_as_long_as_it_could_be_survives_the_sign_in(visitor, runs):
    old = f"{BOARD}?runs={'+'.join(map(str, runs[:575]))}"[:4070].rpartition("+")[0]
    visitor.open(old)
    visitor.sign_in("shifter")
    visitor.follow("Open the page")
    assert visitor.page.status_code == 200
    assert visitor.page.url.endswith(old)
    assert search_of(visitor.send(BOARD, runs=visitor.page.text.partition("</textarea>")[0].rpartition(">")[2]))
