"""A refusal says truly who may, and leads on: to what stands in the way, to whom to ask, to something else to take."""

import html
import re
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from certify import claims, writer
from certify.chronicle import subject
from certify.exceptions import CertificationRefused
from certify.models import BadReason, Claim, TrackerCertification, writing
from certify.reference_marks import set_reference
from certify.snapshots import snapshot
from certify.vocabulary import set_retired
from certify.writer import Act
from history.models import Action, Entry
from runregistry.models import KnownRun
from tests.factories import EXPRESS, PROMPT, VERDICT, make_certification, make_user
from users import roles
from users.models import User

OF = "/list/325000/express/"
OTHER = "/Express/Other/DQM"
PEOPLE = {
    "guest": roles.GUEST,
    "author": roles.SHIFTER,
    "other": roles.SHIFTER,
    "leader": roles.SHIFT_LEADER,
    "expert": roles.EXPERT,
    "administrator": roles.ADMINISTRATOR,
}
LEADERS = {"leader", "expert", "administrator"}
# How a sentence names them.
NAMES = {
    "author": ("they,", "they and"),
    "leader": ("shift leaders",),
    "expert": ("experts",),
    "administrator": ("administrators",),
}


@pytest.fixture
def people(db) -> dict[str, User]:
    return {name: make_user(name, role) for name, role in PEOPLE.items()}


@pytest.fixture
def certification(people, oms_is_down, registry_is_down) -> TrackerCertification:
    for run in (325000, 325001):
        known = KnownRun.objects.create(run_number=run, asked_at=timezone.now())
        for name in (EXPRESS, OTHER):
            known.datasets.create(name=name, reco="express", tracker_state="OPEN")
    return make_certification(people["author"], reco="express", dataset=EXPRESS)


def earlier(certification) -> str:
    """The address of its first version, as the history has it."""
    entry = Entry.objects.create(
        row=certification.pk,
        subject=subject(certification.run_reconstruction),
        action=Action.BEFORE,
        version=1,
        click=uuid4(),
        by=certification.author,
        state=snapshot(certification),
    )
    return f"{OF}versions/{entry.pk}/bring-back/"


def by_leader(certification, people) -> str:
    writer.delete(certification.pk, certification.version, Act(people["leader"], "a mistake"))
    return f"/list/bin/{certification.pk}/"


PAGES = {
    "update": (lambda client, c, p: client.get(f"{OF}update/"), {"author"} | LEADERS),
    "update by POST": (lambda client, c, p: client.post(f"{OF}update/", VERDICT), {"author"} | LEADERS),
    "delete": (lambda client, c, p: client.get(f"{OF}delete/"), {"author"} | LEADERS),
    "name a dataset": (
        lambda client, c, p: client.post(f"{OF}dataset/?dataset={EXPRESS}", {"to": OTHER, "version": 1}),
        LEADERS,
    ),
    "restore": (lambda client, c, p: client.post(f"{by_leader(c, p)}restore/", {"version": 2}), LEADERS),
    "purge": (lambda client, c, p: client.get(f"{by_leader(c, p)}purge/"), {"administrator"}),
    "bring back": (lambda client, c, p: client.post(earlier(c), {"version": 1}), LEADERS),
}


@pytest.mark.parametrize("action", PAGES)
def test_a_page_that_refuses_names_those_who_may_and_nobody_else(client, people, certification, action):
    act, may = PAGES[action]
    told = {}
    for name, person in people.items():
        with transaction.atomic():
            client.force_login(person)
            answer = act(client, certification, people)
            if answer.status_code == 403:
                told[name] = html.unescape(answer.text)
            transaction.set_rollback(True)
    assert set(PEOPLE) - set(told) == may
    for name, page in told.items():
        sentence = re.search(r"<strong>([^<]*\bonly\b[^<]*|Only[^<]*)</strong>", page).group(1)
        named = {person for person, words in NAMES.items() if any(word in sentence for word in words)}
        assert named == may, f"{name} reads: {sentence}"


CALLS = {
    "a reference": (lambda c, p, by: set_reference(c.run_reconstruction, True, by), LEADERS),
    "a word": (
        lambda c, p, by: set_retired(BadReason.objects.all(), True, by),
        {"expert", "administrator"},
    ),
    "an assignment": (lambda c, p, by: claims.reassign(325001, "express", "", p["other"], by), LEADERS),
}


@pytest.mark.parametrize("action", CALLS)
def test_a_rule_that_refuses_names_those_who_may_and_nobody_else(people, certification, action):
    call, may = CALLS[action]
    allowed = set()
    for name, person in people.items():
        try:
            with transaction.atomic():
                call(certification, people, person)
                allowed.add(name)
                transaction.set_rollback(True)
        except CertificationRefused as refusal:
            if not str(refusal).startswith("Only"):
                allowed.add(name)  # refused for what it is, not for who asks
                continue
            named = {each for each, words in NAMES.items() if any(word in str(refusal) for word in words)}
            assert named == may, f"{name} reads: {refusal}"
            assert refusal.advice_for(person) in ("Ask one of them.", "Ask a shift leader to reassign it.")
    assert allowed == may


@pytest.mark.parametrize("page", ["/certify/325001/", "/openruns/", "/", "/openruns/?runs=325000", OF + "update/"])
def test_only_who_gives_roles_is_named_for_that(client, people, certification, page):
    """Shift leaders can't: the admin refuses them."""
    assert {name for name, person in people.items() if person.has_perm("users.change_user")} == {"administrator"}
    client.force_login(people["guest"])
    text = html.unescape(client.get(page).text)
    assert "shift leader or an administrator" not in text
    assert "an administrator" in text or page.endswith("update/")


@pytest.fixture
def in_the_way(people, certification) -> str:
    """The address of what the author certified, where another would certify it."""
    return f"/certify/325000/express/?dataset={EXPRESS}"


@pytest.mark.parametrize("is_good", [True, False])
def test_what_stands_in_the_way_is_shown_with_its_verdict(client, people, certification, in_the_way, is_good):
    if not is_good:
        with writing():
            TrackerCertification.objects.update(pixel="bad")
    client.force_login(people["other"])
    page = client.get(in_the_way)
    assert page.status_code == 403
    assert ("✓ Good" if is_good else "✗ Bad") in page.text
    assert 'href="/list/325000/express/?dataset=' in page.text
    assert "Ask author or a shift leader if it must be corrected." in page.text
    assert 'href="/openruns/next/"' in page.text
    conflict = client.post(in_the_way, {**VERDICT, "comment": "mine"})
    assert conflict.status_code == 409
    for words in ("Ask author or a shift leader", "✓ Good" if is_good else "✗ Bad", 'href="/openruns/next/"'):
        assert words in conflict.text


def test_who_lost_the_role_is_not_named(client, people, certification, in_the_way):
    people["author"].groups.clear()
    client.force_login(people["other"])
    assert "Ask a shift leader if it must be corrected." in client.get(in_the_way).text
    told = html.unescape(client.get(f"{OF}update/").text)
    assert "was certified by author: only shift leaders, experts and administrators can change it" in told


@pytest.mark.parametrize("person", ["author", "leader"])
def test_who_may_correct_it_is_led_there(client, people, certification, person):
    client.force_login(people[person])
    told = client.post("/openruns/claims/", {"claim": f"325000/express/{EXPRESS}"}, follow=True).text
    assert "You can correct it." in told and "Ask" not in told.split("You can correct it.")[0][-200:]
    assert "See that certification (good)" in told


def test_a_claim_of_another_names_them_and_offers_another(client, people, certification):
    Claim.objects.create(run_number=325001, reconstruction="express", dataset="", user=people["author"])
    client.force_login(people["other"])
    words = "Ask author to let you take over, or a shift leader to reassign it; or take another one."
    page = client.get("/certify/325001/express/")
    told = client.post("/openruns/claims/", {"claim": "325001/express"}, follow=True)
    for answer in (page, told):
        assert words in answer.text
        assert 'href="/openruns/next/"' in answer.text


def test_work_is_assigned_to_shifters_and_the_leader_reads_that(client, people, certification):
    with pytest.raises(claims.NotAShifter) as refused:
        claims.reassign(325001, "express", "", people["guest"], people["leader"])
    assert "you can read all certifications" not in refused.value.advice_for(people["leader"])


@pytest.mark.parametrize("page", ["", "update/", "delete/"])
@pytest.mark.parametrize("dataset", ["", PROMPT, "nonsense"])
def test_what_is_not_certified_yet_can_be_certified(client, people, certification, page, dataset):
    url = f"/list/325000/prompt/{page}" + (f"?dataset={dataset}" if dataset else "")
    client.force_login(people["other"])
    answer = client.get(url)
    assert answer.status_code == 404
    assert "is not certified yet" in answer.text
    (led,) = re.findall(r'href="(/certify/325000/prompt/[^"]*)">Certify it', answer.text)
    assert ("dataset=" in led) == (dataset == PROMPT)
    client.force_login(people["guest"])
    answer = client.get(url)
    assert "Certify it" not in answer.text
    assert "an administrator can give you that role" in answer.text


@pytest.mark.parametrize("url", ["/list/325000/online/", "/list/325000/nonsense/", "/list/0/express/update/"])
def test_what_never_is_certified_is_not_offered(client, people, certification, url):
    client.force_login(people["other"])
    answer = client.get(url)
    assert (answer.status_code, "not certified yet" in answer.text) == (404, False)


def test_when_all_is_certified_it_leads_to_that_and_to_another(client, people, registry_lists, oms_is_down):
    make_certification(people["author"], reco="express", dataset=EXPRESS)
    registry_lists(325000, EXPRESS)
    client.force_login(people["other"])
    answer = client.get("/certify/325000/", follow=True)
    assert "All datasets of run 325000 are certified." in answer.text
    assert 'href="/list/?runs=325000&amp;show=all"' in answer.text
    assert 'href="/openruns/next/"' in answer.text


def test_other_datasets_of_it_are_offered(client, people, certification, in_the_way):
    client.force_login(people["other"])
    assert f"{OTHER} · not certified: certify it" in client.get(in_the_way).text


@pytest.mark.parametrize(
    ("person", "advice", "anew"),
    [
        ("guest", "Ask a shift leader to restore it.", False),
        ("author", "Certify it anew, or ask a shift leader to restore it.", True),
        ("leader", "Restore it from the bin, or certify it anew.", True),
    ],
)
def test_what_is_in_the_bin_leads_on_too(client, people, certification, person, advice, anew):
    by_leader(certification, people)
    client.force_login(people[person])
    page = client.get(f"{OF}update/")
    assert page.status_code == 410
    assert advice in page.text
    assert ('">Certify it</a>' in page.text) == anew
    assert "See that certification" in page.text


@pytest.mark.parametrize(("email", "is_written"), [("author@cern.ch", True), ("", False)])
def test_who_is_asked_can_be_written_to(client, people, certification, in_the_way, email, is_written):
    Claim.objects.create(run_number=325001, reconstruction="express", dataset="", user=people["author"])
    User.objects.filter(username="author").update(email=email)
    client.force_login(people["other"])
    for url, about in ((in_the_way, "Your%20certification"), ("/certify/325001/express/", "May%20I%20take%20over")):
        assert (f'href="mailto:author@cern.ch?subject={about}' in client.get(url).text) == is_written
