"""What others compare with was certified, and is good."""

import pytest
from django.utils import timezone

from certify import writer
from certify.chronicle import undoable
from certify.exceptions import MayNotCorrect
from certify.models import TrackerCertification
from certify.reference_marks import ReferenceRefused, set_reference
from certify.writer import Act
from history.models import Action, Entry
from tests.factories import make_certification, make_reconstruction


def test_a_good_certification_makes_a_reference_and_the_history_says_who(shifter, shiftleader):
    of = make_certification(shifter).run_reconstruction
    assert set_reference(of, True, shiftleader)
    of.refresh_from_db()
    assert of.is_reference
    entry = Entry.objects.get()
    assert (entry.subject, entry.row, entry.action, entry.by) == (
        "reference 325000 prompt",
        of.pk,
        Action.ADMIN,
        shiftleader,
    )
    assert entry.changes == {"is_reference": [False, True]}


def test_nothing_happens_where_nothing_changes(shifter, shiftleader):
    of = make_certification(shifter).run_reconstruction
    assert not set_reference(of, False, shiftleader)
    assert not Entry.objects.exists()


@pytest.mark.parametrize("what", ["nobody certified it", "it is bad", "it is in the bin", "online"])
def test_only_what_is_certified_as_good_becomes_a_reference(shifter, shiftleader, what):
    of = make_reconstruction(325001, "online") if what == "online" else make_reconstruction(325001)
    if what in ("it is bad", "it is in the bin"):
        certification = make_certification(shifter, strip="bad" if what == "it is bad" else "good")
        if what == "it is in the bin":
            certification.deleted_at, certification.deleted_by = timezone.now(), shifter
            certification.save()
        of = certification.run_reconstruction
    with pytest.raises(ReferenceRefused, match="bad" if what == "it is bad" else "not certified"):
        set_reference(of, True, shiftleader)
    of.refresh_from_db()
    assert not of.is_reference


def test_what_is_a_reference_already_stays_one_and_can_be_taken_back(shifter, shiftleader):
    of = make_reconstruction(is_reference=True)
    assert not set_reference(of, True, shiftleader)
    assert set_reference(of, False, shiftleader)
    with pytest.raises(ReferenceRefused):
        set_reference(of, True, shiftleader)


def test_who_has_lost_the_right_meanwhile_makes_no_references(shifter, shiftleader):
    of = make_certification(shifter).run_reconstruction
    assert shiftleader.is_shift_leader  # looked up, as at the beginning of a request
    shiftleader.groups.clear()
    with pytest.raises(MayNotCorrect):
        set_reference(of, True, shiftleader)


def test_a_shifter_makes_no_references(shifter):
    of = make_certification(shifter).run_reconstruction
    with pytest.raises(MayNotCorrect):
        set_reference(of, True, shifter)
    assert TrackerCertification.objects.exists() and not Entry.objects.exists()


def test_what_somebody_did_in_the_admin_meanwhile_is_not_in_the_way_of_their_undo(shifter, shiftleader):
    of = make_certification(shifter).run_reconstruction
    deleted = make_certification(shifter, 325001)
    writer.delete(deleted.pk, deleted.version, Act(shiftleader, "Twice."))
    set_reference(of, True, shiftleader)
    assert undoable(shiftleader).row == deleted.pk
