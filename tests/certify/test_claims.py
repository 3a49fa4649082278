"""Two shifters don't do the same work, and nobody is stuck."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certify import claims
from certify.exceptions import MayNotCertify, RunReconstructionAlreadyCertified
from certify.models import Claim, TrackerCertification
from runregistry.known import remember
from runregistry.rows import RegistryDataset
from tests.factories import EXPRESS, PROMPT, VERDICT, make_certification

WORK = (325000, "express", "")
URL = "/openruns/claims/"


@pytest.fixture
def listed_once(db, registry_is_down):
    """The Run Registry told of the runs before it fell silent."""
    remember([RegistryDataset(325000, EXPRESS, "OPEN"), RegistryDataset(325001, PROMPT, "OPEN")])


def owner() -> str:
    return Claim.objects.get().user.username


def test_the_first_claim_holds_until_it_expires(shifter, shifter2, settings):
    settings.CLAIM_MINUTES = 30
    claims.claim(*WORK, shifter)
    with pytest.raises(claims.ClaimedByAnother, match="claimed by shifter since"):
        claims.claim(*WORK, shifter2)
    assert Claim.objects.get().expires_at - timezone.now() < timedelta(minutes=30)
    Claim.objects.update(expires_at=timezone.now())
    claims.claim(*WORK, shifter2)
    assert owner() == "shifter2"


def test_claiming_again_prolongs_it_but_keeps_since_when(shifter):
    first = claims.claim(*WORK, shifter)
    Claim.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    again = claims.claim(*WORK, shifter)
    assert again.claimed_at == first.claimed_at
    assert again.expires_at > timezone.now() + timedelta(minutes=2)


def test_a_claim_never_blocks_a_shift_leader(shifter, shiftleader):
    claims.claim(*WORK, shifter)
    claims.refuse_if_claimed(*WORK, shiftleader)
    claims.claim(*WORK, shiftleader)
    assert owner() == "shiftleader"


def test_only_the_owner_and_shift_leaders_release(shifter, shifter2, shiftleader):
    claims.claim(*WORK, shifter)
    with pytest.raises(claims.ClaimNotHers):
        claims.release(*WORK, shifter2)
    claims.release(*WORK, shiftleader)
    claims.claim(*WORK, shifter)
    claims.release(*WORK, shifter)
    claims.release(*WORK, shifter)
    assert not Claim.objects.exists()


def test_a_shift_leader_assigns_to_somebody_who_may_certify(shifter, shifter2, shiftleader, guest):
    claims.claim(*WORK, shifter)
    claims.reassign(*WORK, to=shifter2, by=shiftleader)
    assert owner() == "shifter2"
    with pytest.raises(MayNotCertify):
        claims.reassign(*WORK, to=guest, by=shiftleader)
    with pytest.raises(claims.ClaimNotHers):
        claims.reassign(*WORK, to=shifter, by=shifter)
    assert owner() == "shifter2"


def test_guests_claim_nothing_and_what_is_certified_is_not_claimed(guest, shifter):
    with pytest.raises(MayNotCertify):
        claims.claim(*WORK, guest)
    make_certification(shifter, reco="express")
    with pytest.raises(RunReconstructionAlreadyCertified):
        claims.claim(*WORK, shifter)


def test_another_shifter_is_told_before_she_starts(
    client, shifter, shifter2, shiftleader, oms_is_down, registry_is_down
):
    claims.claim(*WORK, shifter)
    client.force_login(shifter2)
    page = client.get("/certify/325000/express/")
    assert (page.status_code, "claimed by shifter since" in page.text) == (403, True)
    for one in (shifter, shiftleader):
        client.force_login(one)
        assert client.get("/certify/325000/express/").status_code == 200


def test_whoever_is_done_is_not_kept_from_submitting_and_the_claim_ends(
    client, shifter, shifter2, oms_is_down, registry_is_down
):
    claims.claim(*WORK, shifter)
    client.force_login(shifter2)
    data = {**VERDICT, "omsrun-run_type": "cosmics"}
    assert client.post("/certify/325000/express/", data).status_code == 302
    assert TrackerCertification.objects.get().author == shifter2
    assert not Claim.objects.exists()


@pytest.mark.parametrize(
    ("role", "data", "words"),
    [
        ("shifter", {"claim": "325000/express"}, "325000 express is yours."),
        ("shifter2", {"release": "325001/prompt"}, "325001 prompt is claimed by shifter."),
        ("shiftleader", {"release": "325001/prompt"}, "325001 prompt is free again."),
        ("shiftleader", {"assign": "325001/prompt"}, "Choose first to whom"),
        ("guest", {"claim": "325000/express"}, "has no role that certifies"),
    ],
)
@pytest.mark.usefixtures("listed_once")
def test_the_buttons_of_the_work_list(client, shifter, request, role, data, words):
    claims.claim(325001, "prompt", "", shifter)
    client.force_login(request.getfixturevalue(role))
    assert words in client.post(URL, {**data, "next": "/openruns/"}, follow=True).text


@pytest.mark.usefixtures("listed_once")
def test_a_shift_leader_assigns_from_the_work_list(client, shifter, shifter2, shiftleader):
    claims.claim(*WORK, shifter)
    client.force_login(shiftleader)
    answer = client.post(URL, {"assign": "325000/express", "to": shifter2.pk, "next": "/openruns/?runs=325000"})
    assert answer.url == "/openruns/?runs=325000"
    assert owner() == "shifter2"


NO_WORK = ["", "x", "325000/online", "0/express", f"{'9' * 30}/express", "325000/"]
# The dataset of another reconstruction, one that tells none, and one that no column holds.
NO_DATASET = ["/PromptReco/X/DQM", "online", f"/Express/{'x' * 300}/DQM"]


@pytest.mark.parametrize("value", [*NO_WORK, *(f"325000/express/{name}" for name in NO_DATASET)])
def test_what_is_no_work_is_not_found(as_shifter, value):
    assert as_shifter.post(URL, {"claim": value}).status_code == 404


def test_claims_change_only_by_post_and_signed_in(client, shifter):
    assert client.post(URL, {"claim": "325000/express"}).status_code == 403
    client.force_login(shifter)
    assert client.get(URL).status_code == 405
    client.post(URL, {"claim": "325000/express", "next": "https://evil.example/"})
    assert client.post(URL, {"release": "325000/express", "next": "https://evil.example/"}).url == "/openruns/"


# --- What may be claimed, and how much ------------------------------------------------------------


@pytest.fixture
def hundred(shifter):
    """One more and it is too much."""
    claimed = [Claim(run_number=326000 + n, reconstruction="express", user=shifter) for n in range(100)]
    return Claim.objects.bulk_create(claimed)


def test_one_hundred_claims_of_ones_own_are_enough(shifter, shifter2, hundred):
    with pytest.raises(claims.TooManyClaims) as refusal:
        claims.claim(*WORK, shifter)
    assert "100 claims" in str(refusal.value)
    assert "Certify or release" in refusal.value.advice
    assert not Claim.objects.filter(run_number=325000).exists()
    claims.claim(*WORK, shifter2)


def test_a_claim_that_one_has_is_prolonged_all_the_same(shifter, hundred):
    claims.claim(326000, "express", "", shifter)


@pytest.mark.parametrize("changed", [{"is_assigned": True}, {"expires_at": timezone.now()}])
def test_assigned_and_expired_claims_do_not_count(shifter, hundred, changed):
    Claim.objects.filter(pk=hundred[0].pk).update(**changed)
    claims.claim(*WORK, shifter)
    with pytest.raises(claims.TooManyClaims):
        claims.claim(325001, "express", "", shifter)


def test_a_shift_leader_assigns_to_who_has_enough(shifter, shiftleader, hundred):
    assert claims.reassign(*WORK, to=shifter, by=shiftleader).is_assigned
    # Prolonging it makes it no claim of one's own.
    assert claims.claim(*WORK, shifter).is_assigned
    assert not claims.reassign(*WORK, to=shiftleader, by=shiftleader).is_assigned


BUTTONS = {"claim": "325000/express/" + EXPRESS, "assign": "325000/express/" + EXPRESS}


def press(client, shifter, button: str) -> str:
    return client.post(URL, {button: BUTTONS[button], "to": shifter.pk}, follow=True).text


@pytest.mark.parametrize("button", BUTTONS)
def test_what_the_run_registry_does_not_list_is_not_claimed(client, shifter, shiftleader, registry_lists, button):
    remember([RegistryDataset(325000, EXPRESS, "OPEN", "Collisions18")])
    client.force_login(shiftleader)
    registry_lists(325000, PROMPT)
    assert "does not list" in press(client, shifter, button)
    assert not Claim.objects.exists()


@pytest.mark.parametrize("button", BUTTONS)
def test_while_it_is_silent_what_it_listed_last_is_claimed(client, shifter, shiftleader, registry_is_down, button):
    client.force_login(shiftleader)
    assert "never listed" in press(client, shifter, button)
    assert not Claim.objects.exists()
    remember([RegistryDataset(325000, EXPRESS, "OPEN", "Collisions18")])
    press(client, shifter, button)
    assert Claim.objects.get().dataset == EXPRESS


def test_a_guest_who_claims_asks_nobody(client, guest, outside):
    client.force_login(guest)
    client.post(URL, {"claim": BUTTONS["claim"]})
    assert not outside.calls
