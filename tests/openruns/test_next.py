"""Which dataset comes next."""

import pytest
from django.core.cache import cache

from certify.models import Claim
from tests.conftest import RR_LIST
from tests.factories import EXPRESS, PROMPT, VERDICT, make_certification

NEXT = "/openruns/next/"


@pytest.fixture
def work(registry_answers):
    registry_answers(
        (325001, EXPRESS, "COMPLETED"), (325001, PROMPT, "OPEN"), (325000, EXPRESS, "OPEN"), (325000, PROMPT, "OPEN")
    )


def where(client, query: dict | None = None) -> str:
    return client.get(NEXT, query or {}).url.split("?")[0]


def test_the_first_free_open_dataset_of_the_search(as_shifter, work):
    assert where(as_shifter, {"runs": "325000-325001"}) == "/certify/325001/prompt/"


def test_the_search_sent_last_is_remembered(as_shifter, work):
    as_shifter.post("/openruns/", {"runs": "325000"})
    assert where(as_shifter) == "/certify/325000/express/"


def test_it_names_the_dataset(as_shifter, work):
    assert as_shifter.get(NEXT, {"runs": "325000"}).url.endswith("?dataset=%2FExpress%2FCollisions2018%2FDQM")


def test_what_is_certified_or_claimed_by_others_is_passed_over(as_shifter, work, shifter, shifter2):
    make_certification(shifter, 325001, reco="prompt")
    Claim.objects.create(run_number=325000, reconstruction="express", user=shifter2)
    assert where(as_shifter, {"runs": "325000-325001"}) == "/certify/325000/prompt/"


def test_ones_claims_come_first_the_oldest_first(as_shifter, work, shifter):
    Claim.objects.create(run_number=325000, reconstruction="prompt", user=shifter)
    Claim.objects.create(run_number=325000, reconstruction="express", user=shifter)
    assert where(as_shifter, {"runs": "325001"}) == "/certify/325000/prompt/"
    make_certification(shifter, reco="prompt")
    assert where(as_shifter, {"runs": "325001"}) == "/certify/325000/express/"


def test_while_the_registry_is_silent_the_last_known_work_counts(as_shifter, work, outside):
    as_shifter.get("/openruns/", {"runs": "325000"})
    cache.clear()
    outside.remove("POST", RR_LIST)
    outside.post(RR_LIST, json={"err": "boom"}, status=500)
    assert where(as_shifter) == "/certify/325000/express/"


def test_when_nothing_is_left_it_says_so(as_shifter, registry_answers):
    registry_answers((325000, EXPRESS, "COMPLETED"))
    answer = as_shifter.get(NEXT, {"runs": "325000"}, follow=True)
    assert "Nothing free is left here." in answer.text
    assert answer.redirect_chain[0][0] == "/openruns/?runs=325000"


def test_after_a_submit_the_next_is_offered(as_shifter, work, oms_is_down):
    as_shifter.post("/openruns/", {"runs": "325000-325001"}, follow=True)
    answer = as_shifter.post("/certify/325001/prompt/", {**VERDICT, "omsrun-run_type": "cosmics"}, follow=True)
    assert f'href="{NEXT}"' in answer.text
    assert where(as_shifter) == "/certify/325000/express/"
