"""A claim is listed and ends whatever the Run Registry lists; next passes over what can't be opened and says so."""

import pytest

from certify.models import Claim
from runregistry.models import KnownDataset
from tests.factories import EXPRESS, PROMPT, make_certification

NEXT = "/openruns/next/"
BOARD = "/openruns/"
CLAIMS = "/openruns/claims/"


@pytest.fixture
def hidden(shifter, as_shifter, registry_answers):
    """What shifter claimed of 325000 was listed and is no more; prompt of it still is, claimed later."""
    registry_answers((325000, EXPRESS, "OPEN"), (325000, PROMPT, "OPEN"))
    as_shifter.get(BOARD, {"runs": "325000"})
    first = Claim.objects.create(run_number=325000, reconstruction="express", dataset=EXPRESS, user=shifter)
    Claim.objects.create(run_number=325000, reconstruction="prompt", dataset=PROMPT, user=shifter)
    registry_answers((325000, PROMPT, "OPEN"))
    return first


def test_next_passes_over_a_claim_that_is_hidden_and_says_so(as_shifter, hidden, oms_is_down):
    answer = as_shifter.get(NEXT, follow=True)
    assert answer.redirect_chain[0][0].startswith("/certify/325000/prompt/")
    assert answer.status_code == 200
    assert f"325000 express {EXPRESS} was passed over" in answer.text
    assert "is not a dataset of run 325000" in answer.text


def test_next_passes_over_open_work_that_is_hidden_since(as_shifter, hidden):
    Claim.objects.all().delete()
    KnownDataset.objects.update(tracker_state="OPEN")
    assert as_shifter.get(NEXT, {"runs": "325000"}).url.startswith("/certify/325000/prompt/")
    assert not KnownDataset.objects.filter(name=EXPRESS).exists(), "what the Run Registry said is remembered"


@pytest.mark.parametrize("reco", ["express", "rereco"])
def test_a_claim_of_a_whole_reconstruction_that_is_hidden_is_passed_over_too(as_shifter, hidden, shifter, reco):
    Claim.objects.filter(pk=hidden.pk).update(dataset="", reconstruction=reco)
    assert as_shifter.get(NEXT).url.startswith("/certify/325000/prompt/")


def test_when_only_hidden_claims_are_left_it_leads_to_the_claims(as_shifter, hidden, shifter):
    make_certification(shifter, reco="prompt")
    Claim.objects.exclude(pk=hidden.pk).delete()
    answer = as_shifter.get(NEXT, {"runs": "325000"}, follow=True)
    assert answer.redirect_chain[0][0] == "/openruns/?runs=325000"
    assert "was passed over" in answer.text
    assert f'name="let_go" value="{hidden.pk}"' in answer.text


def test_while_the_registry_is_silent_a_claim_is_opened(as_shifter, shifter, registry_is_down):
    Claim.objects.create(run_number=325000, reconstruction="express", dataset=EXPRESS, user=shifter)
    assert as_shifter.get(NEXT).url.startswith("/certify/325000/express/")


def test_the_claims_are_listed_with_what_is_hidden_and_released_from_there(as_shifter, hidden):
    as_shifter.get(NEXT)
    page = as_shifter.get(BOARD)
    held = {str(each.claim): (each.is_unlisted, each.can_release) for each in page.context["claimed"]}
    assert held == {f"325000 express {EXPRESS}": (True, True), f"325000 prompt {PROMPT}": (False, True)}
    assert page.text.count("not listed in the Run Registry") == 1
    answer = as_shifter.post(CLAIMS, {"let_go": hidden.pk, "next": BOARD}, follow=True)
    assert f"325000 express {EXPRESS} is free again." in answer.text
    assert not Claim.objects.filter(pk=hidden.pk).exists()
    again = as_shifter.post(CLAIMS, {"let_go": hidden.pk}, follow=True)
    assert "This claim is over already." in again.text


@pytest.mark.parametrize(
    ("person", "seen", "may"), [("guest", 0, False), ("shifter2", 0, False), ("shiftleader", 2, True)]
)
def test_others_do_not_see_nor_end_it_but_a_shift_leader_does(client, hidden, request, person, seen, may):
    client.force_login(request.getfixturevalue(person))
    assert len(client.get(BOARD).context["claimed"]) == seen
    answer = client.post(CLAIMS, {"let_go": hidden.pk}, follow=True)
    assert ("is free again" in answer.text) == may
    assert ("is claimed by shifter." in answer.text) == (not may)
    assert Claim.objects.filter(pk=hidden.pk).exists() == (not may)


@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 30])
def test_what_is_no_claim_is_not_found(as_shifter, value):
    assert as_shifter.post(CLAIMS, {"let_go": value}).status_code == 404
