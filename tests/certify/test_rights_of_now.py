"""A right is asked for when it is acted on: it may be taken away while a request waits for its turn."""

import pytest

from certify import writer
from certify.exceptions import CertificationRefused, MayNotCertify, MayNotCorrect
from certify.models import Dataset, TrackerCertification
from certify.writer import Act, Identity
from history.models import Action, Entry
from tests.factories import DATASETS, VERDICT, make_certification
from users.models import User

VALUES = {**VERDICT, "date": None}


def creates(by, stored):
    writer.create(Identity(325000, "express", DATASETS["express"]), VALUES, Act(by), complete=True)


def changes(by, stored):
    writer.change(stored.pk, 1, VALUES, Act(by), complete=True)


def deletes(by, stored):
    writer.delete(stored.pk, 1, Act(by, "wrong"))


def moves(by, stored):
    Dataset.objects.create(name="/PromptReco/Another/DQM")
    writer.move(stored.pk, 1, "/PromptReco/Another/DQM", Act(by), moved_from=stored.dataset_name or "", is_listed=True)


def brings_back(by, stored):
    entry = Entry.objects.create(
        subject="certification 325000 prompt", row=stored.pk, action=Action.BEFORE, by=by, version=1,
        state={"comment": "older"}, click="00000000-0000-0000-0000-000000000000",
    )  # fmt: skip
    writer.bring_back(entry, 1, Act(by))


def in_the_bin(stored, by):
    writer.delete(stored.pk, 1, Act(User.objects.get(pk=by.pk), "wrong"))


def restores(by, stored):
    writer.restore(stored.pk, 2, Act(by))


def purges(by, stored):
    writer.purge(stored.pk, 2, Act(by))


ACTS = [creates, changes, deletes, moves, brings_back, restores, purges]
LOST = [(acts, lost) for acts in ACTS for lost in ("roles", "deactivated")]
# Whose account stands in the history can't lose it.
LOST += [(acts, "account") for acts in (creates, changes, deletes, moves)]


@pytest.mark.parametrize(("acts", "lost"), LOST)
def test_a_right_that_was_taken_away_while_it_waited_counts_no_more(shifter, shiftleader, acts, lost):
    shiftleader.is_superuser = lost != "roles"
    shiftleader.save()
    stored = make_certification(shifter)
    if acts in (restores, purges):
        in_the_bin(stored, shiftleader)
    by = User.objects.get(pk=shiftleader.pk)
    assert by.is_shift_leader and by.may_certify  # looked up, as at the beginning of a request
    if lost == "roles":
        shiftleader.groups.clear()
    elif lost == "deactivated":
        User.objects.filter(pk=by.pk).update(is_active=False)
    else:
        shiftleader.delete()
    before = list(TrackerCertification.everything.values("pk", "version", "deleted_at"))
    with pytest.raises((MayNotCertify, MayNotCorrect)) as refused:
        acts(by, stored)
    assert isinstance(refused.value, CertificationRefused)
    assert list(TrackerCertification.everything.values("pk", "version", "deleted_at")) == before
