"""Wherever a verdict is shown, it is said that a fact behind it is to be decided, and that it has turned."""

import csv
import json
from uuid import uuid4

import pytest

from certify import facts, writer
from certify.models import RunReconstruction, TrackerCertification
from certify.writer import Act
from oms.models import Difference, OmsRun
from tests.factories import EXPRESS, PROMPT, make_certification, make_fill, make_run, make_user
from users import roles

RUN = 398009
DIFFERS, TURNED = ">difference: run type</span>", ">turned</span>"
# Page → whether the certification is in the bin there, and whether another dataset of it is certified.
PAGES = {
    "/": "",
    "/openruns/": "",
    "/openruns/?runs=398009": "board",
    "/list/?show=all": "",
    f"/list/{RUN}/express/": "",
    f"/list/{RUN}/express/?dataset=": "several",
    f"/list/{RUN}/express/update/": "",
    f"/list/{RUN}/express/delete/": "",
    "/list/bin/": "binned",
    "/list/bin/{pk}/purge/": "binned",
}
pages = pytest.mark.parametrize("page", PAGES)


@pytest.fixture
def admin(client, db):
    """Author of the certification, and allowed to open every page that shows one."""
    user = make_user("admin", roles.ADMINISTRATOR)
    client.force_login(user)
    return user


@pytest.fixture
def theirs(admin, oms_is_down, registry_lists) -> TrackerCertification:
    """Bad as collisions, good as cosmics."""
    registry_lists(RUN, EXPRESS, PROMPT)
    make_run(RUN, run_type="collisions")
    return make_certification(admin, RUN, "express", pixel="bad")


def prepared(page: str, certification: TrackerCertification) -> str:
    """The page's address, with what it needs to show the certification."""
    if PAGES[page] == "binned":
        writer.delete(certification.pk, certification.version, Act(certification.author, "Not this one."))
    if page.endswith("dataset="):
        page = page.removesuffix("?dataset=")
        make_certification(certification.author, RUN, "express", dataset="/Express/Other/DQM", strip="bad")
    return page.format(pk=certification.pk)


def somebody_proposes(**changes) -> None:
    changes = changes or {"run_type": "cosmics"}
    facts.type_in(OmsRun.objects.get(), changes, make_user("third"), uuid4())


@pages
def test_a_difference_is_marked(page, theirs, client):
    somebody_proposes()
    address = prepared(page, theirs)
    times = {"board": 2, "several": 2}.get(PAGES[page], 1)  # the board has the latest below it
    assert client.get(address).text.count(DIFFERS) == times
    Difference.objects.all().delete()
    assert "difference:" not in client.get(address).text


@pages
def test_a_verdict_that_turned_is_marked(page, theirs, client, shiftleader):
    facts.type_in(OmsRun.objects.get(), {"run_type": "cosmics"}, shiftleader, uuid4())
    assert TURNED in client.get(prepared(page, theirs)).text


def test_who_certifies_another_dataset_of_the_run_sees_the_difference(theirs, client):
    assert "difference:" not in client.get(f"/certify/{RUN}/prompt/").text
    somebody_proposes()
    assert DIFFERS in client.get(f"/certify/{RUN}/prompt/").text


def test_the_fill_counts_and_each_fact_is_named_once(theirs, client):
    fill = make_fill(10500, energy=6800, peak_pileup=50)
    OmsRun.objects.update(fill=fill, fill_number=10500, energy=6800)
    third = make_user("third")
    facts.type_in(OmsRun.objects.get(), {"energy": 6500.0}, third, uuid4())
    facts.type_in(fill, {"energy": 6500.0, "peak_pileup": 55.0}, third, uuid4())
    assert ">difference: energy, peak pile-up</span>" in client.get(f"/list/{RUN}/express/").text


def test_the_exports_have_it(theirs, client):
    somebody_proposes(run_type="cosmics", b_field=3.8)
    OmsRun.objects.create(pk=398010, run_type="collisions")
    RunReconstruction.objects.create(run_id=398010, reconstruction="express")
    make_certification(theirs.author, 398010, "express")
    text = b"".join(client.get("/list/export.csv?show=all").streaming_content).decode()
    assert {row["run_number"]: row["differences"] for row in csv.DictReader(text.splitlines())} == {
        str(RUN): "run type",
        "398010": "",
    }
    rows = json.loads(b"".join(client.get("/list/export.json?show=all").streaming_content))
    assert [row["differences"] for row in rows] == ["", "run type"]
