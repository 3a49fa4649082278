"""An author finds on the home page what somebody else, or a service, did to their certification."""

from datetime import date
from uuid import uuid4

import pytest

from certify import facts, writer
from certify.chronicle import undoable
from certify.models import DatasetStanding, Notice, TrackerCertification
from certify.notices import unseen_by
from certify.standing import settle_datasets
from certify.writer import Act
from history.models import Action, Entry
from oms.models import Decision, Difference, OmsRun
from runregistry.listing import Listing
from runregistry.rows import RegistryDataset
from tests.factories import PROMPT, VERDICT, make_certification, make_user
from users import roles

VALUES = {**VERDICT, "date": date(2026, 1, 15), "strip": "bad", "comment": "not so good"}
OTHER = "/PromptReco/Collisions2018E/DQM"
WHY = "Wrong map."


def corrects(certification, by):
    writer.change(certification.pk, certification.version, VALUES, Act(by, WHY), complete=True)


def deletes(certification, by):
    writer.delete(certification.pk, certification.version, Act(by, WHY))


def restores(certification, by):
    author = certification.author
    deletes(certification, author)
    writer.restore(certification.pk, certification.version + 1, Act(by))


def brings_back(certification, by):
    corrects(certification, certification.author)
    first = Entry.objects.get(action=Action.BEFORE)
    writer.bring_back(first, certification.version + 1, Act(by))


def undoes_a_correction(certification, by):
    corrects(certification, by)
    writer.undo(undoable(by).pk, by)


def undoes_a_deletion(certification, by):
    deletes(certification, by)
    writer.undo(undoable(by).pk, by)


def purges(certification, by):
    deletes(certification, certification.author)
    writer.purge(certification.pk, certification.version + 1, Act(by))


def moves(certification, by):
    writer.move(
        certification.pk,
        certification.version,
        OTHER,
        Act(by),
        moved_from=certification.dataset_name or "",
        is_listed=True,
    )


def chooses_the_dataset(certification, by):
    certification.dataset, certification.dataset_standing = None, DatasetStanding.SEVERAL
    certification.save()
    moves(certification, by)


def types_a_fact_that_turns_it(certification, by):
    facts.type_in(OmsRun.objects.get(), {"run_type": "cosmics"}, by, uuid4())


def decides_a_difference_that_turns_it(certification, by):
    facts.type_in(OmsRun.objects.get(), {"run_type": "cosmics"}, make_user("third"), uuid4())
    difference = Difference.objects.get()
    facts.decide(difference.pk, Decision.THEIRS, "", by, shown=difference.told, click=uuid4())


def takes_back_a_fact_that_turned_it(certification, by):
    click = uuid4()
    facts.type_in(OmsRun.objects.get(), {"run_type": "cosmics"}, by, click)
    facts.take_back(click, by, uuid4())


DOORS = {
    corrects: [Action.CHANGED],
    deletes: [Action.DELETED],
    restores: [Action.RESTORED],
    brings_back: [Action.REVERTED],
    undoes_a_correction: [Action.CHANGED, Action.UNDONE],
    undoes_a_deletion: [Action.DELETED, Action.UNDONE],
    purges: [Action.PURGED],
    moves: [Action.MOVED],
    chooses_the_dataset: [Action.MOVED],
    types_a_fact_that_turns_it: [Action.TURNED],
    decides_a_difference_that_turns_it: [Action.TURNED],
    takes_back_a_fact_that_turned_it: [Action.TURNED, Action.TURNED],
}
every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)


@pytest.fixture
def admin(db):
    """May do all that the doors ask for."""
    return make_user("admin", roles.ADMINISTRATOR)


def certified_by(author) -> TrackerCertification:
    return make_certification(author, pixel="bad")


@every_door
def test_the_author_is_told_what_somebody_else_did_and_who_did_it_is_not(door, shifter, admin, client):
    door(certified_by(shifter), admin)
    assert [notice.entry.action for notice in Notice.objects.filter(user=shifter).order_by("pk")] == DOORS[door]
    to_others = Notice.objects.exclude(user=shifter).values_list("user__username", "entry__action")
    # Who had proposed what is decided.
    assert list(to_others) == ([("third", Action.ACCEPTED)] if door is decides_a_difference_that_turns_it else [])
    client.force_login(shifter)
    page = client.get("/").text
    for told in unseen_by(shifter):
        assert "admin" in told.words
        assert told.news.replace('"', "&quot;") in page
        assert bool(told.url) == (door is not purges)
        assert not told.url or client.get(told.url).status_code in (200, 410)


@every_door
def test_nobody_is_told_what_they_did_themselves(door, admin):
    door(certified_by(admin), admin)
    assert not Notice.objects.filter(user=admin).exists()


def words_to(user) -> list[str]:
    return [told.words for told in unseen_by(user)]


def test_a_notice_names_the_dataset_where_there_is_more_than_one(shifter, admin):
    certification = certified_by(shifter)
    corrects(certification, admin)
    assert words_to(shifter)[0].startswith("Certification 325000 prompt: changed by admin.")
    make_certification(admin, dataset=OTHER)
    (told,) = unseen_by(shifter)
    assert told.words.startswith(f"Certification 325000 prompt ({PROMPT}): changed by admin.")
    assert told.url == "/list/325000/prompt/?dataset=%2FPromptReco%2FCollisions2018D%2FDQM"


def test_what_is_deleted_for_ever_is_named_and_leads_nowhere(shifter, admin):
    purges(certified_by(shifter), admin)
    (told,) = unseen_by(shifter)
    assert told.words == f"Certification 325000 prompt ({PROMPT}): deleted for ever by admin."
    assert told.url == ""


def test_many_changes_are_counted_instead_of_passed_over(shifter, admin):
    values = {**VALUES, "pixel": "excluded", "tracking": "excluded", "trackermap": "missing"}
    certification = certified_by(shifter)
    writer.change(certification.pk, 1, values, Act(admin), complete=False)
    assert words_to(shifter)[0].endswith(
        "Pixel excluded, Strip bad, Tracking excluded, Tracker map missing and 1 more."
    )


@pytest.mark.parametrize(
    ("names", "is_known", "words"),
    [
        ([], True, "the Run Registry no longer lists its dataset."),
        ([PROMPT, OTHER], False, "the Run Registry has several datasets of it. Choose which one was looked at."),
        ([OTHER], False, "its only dataset in the Run Registry is certified already. Delete one of the two."),
    ],
)
def test_what_the_run_registry_says_of_the_dataset_is_told_in_words(names, is_known, words, shifter, shifter2):
    certification = certified_by(shifter)
    if not is_known:
        certification.dataset, certification.dataset_standing = None, DatasetStanding.UNCONFIRMED
        certification.save()
    if names == [OTHER]:
        make_certification(shifter2, dataset=OTHER)
    settle_datasets(Listing(325000, tuple(RegistryDataset(325000, name) for name in names), True))
    assert words_to(shifter)[0].endswith(f": {words}")
    twice = "which shifter certified without a name, may be of the same dataset as yours"
    assert [twice in told for told in words_to(shifter2)] == ([True] if names == [OTHER] else [])
