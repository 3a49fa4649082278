"""A proposal waits for no click when it is so by now, and says so when nobody depends on it any more."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from certify import facts, writer
from certify.deciders import tasks_of, who_decides
from certify.exceptions import MayNotDecide
from certify.models import TrackerCertification
from certify.writer import Act
from history.models import Action, Entry
from oms.answers import Facts
from oms.models import Decision, Difference, OmsRun, Source, State
from tests.factories import make_certification, make_run
from users import roles
from users.models import User

RUN = 398009
COSMIC = "/cdaq/cosmic/Run2025/v1"
NOBODY = "obody else&#x27;s certification depends on it any more"


@pytest.fixture
def theirs(shifter2) -> TrackerCertification:
    make_run(RUN, run_type="collisions", lumisections=380)
    return make_certification(shifter2, RUN, "express", pixel="bad")


def proposed_by(user, **changes) -> Difference:
    (difference,) = facts.type_in(OmsRun.objects.get(), changes, user, uuid4())
    return difference


def page_of(user, url: str) -> str:
    client = Client()
    client.force_login(user)
    return client.get(url).text


def is_asked(user) -> bool:
    return "Another value was typed for 1 fact." in page_of(user, "/")


# It is so by now


def oms_says_so(user):
    facts.remember(RUN, Facts({"hlt_key": COSMIC, "stable_beam": False}), Source.OMS)


def a_leader_types_it(user):
    facts.type_in(OmsRun.objects.get(), {"run_type": "cosmics"}, user, uuid4())


def the_rule_says_so(user):
    OmsRun.objects.update(hlt_key=COSMIC, stable_beam=False)
    assert facts.recompute_run_types(OmsRun.objects.all()) == 1


@pytest.mark.parametrize("it_comes_about", [oms_says_so, a_leader_types_it, the_rule_says_so])
def test_what_is_as_proposed_by_now_closes_itself_and_stands_in_the_history(
    it_comes_about, theirs, shifter, shifter2, shiftleader
):
    difference = proposed_by(shifter, run_type="cosmics")
    assert is_asked(shifter2) and is_asked(shiftleader)
    it_comes_about(shiftleader)
    difference.refresh_from_db()
    assert (difference.state, difference.stands) == (State.SETTLED, False)
    assert not is_asked(shifter2) and not is_asked(shiftleader)
    entry = Entry.objects.get(action=Action.SETTLED)
    assert (entry.subject, entry.who, entry.changes) == (
        f"run {RUN}",
        "CertHelper",
        {"run_type": ["collisions", "cosmics"]},
    )
    assert "Difference resolved: both values agree by now" in page_of(shifter2, f"/list/{RUN}/express/")


def test_a_number_closes_with_its_unit(theirs, shifter):
    OmsRun.objects.update(recorded_lumi=95.16, recorded_lumi_unit="pb^{-1}")
    proposed_by(shifter, recorded_lumi=1.0, recorded_lumi_unit="fb^{-1}")
    facts.remember(RUN, Facts({"recorded_lumi": 1.0}, {"recorded_lumi": "fb^{-1}"}), Source.OMS)
    changes = {"recorded_lumi": [95.16, 1.0], "recorded_lumi_unit": ["pb^{-1}", "fb^{-1}"]}
    assert Entry.objects.get(action=Action.SETTLED).changes == changes


def test_one_that_was_decided_before_is_not_told_a_second_time(theirs, shifter, shiftleader):
    difference = proposed_by(shifter, lumisections=381)
    facts.decide(difference.pk, Decision.THEIRS, "", shiftleader, shown=difference.told, click=uuid4())
    facts.remember(RUN, Facts({"lumisections": 381}), Source.OMS)
    assert not Entry.objects.filter(action=Action.SETTLED).exists()


# Nobody depends on it any more


def deleted(certification: TrackerCertification) -> TrackerCertification:
    return writer.delete(certification.pk, certification.version, Act(certification.author, "Not this one."))


def test_without_dependents_its_author_or_a_leader_decides_and_the_pages_say_why(
    theirs, shifter, shifter2, shiftleader
):
    difference = proposed_by(shifter, run_type="cosmics")
    assert NOBODY not in page_of(shifter, "/list/differences/")
    deleted(theirs)
    assert OmsRun.objects.get().run_type == "collisions", "nothing changes by itself"
    assert (is_asked(shifter), is_asked(shifter2), is_asked(shiftleader)) == (True, False, True)
    assert NOBODY in page_of(shifter, "/list/differences/")
    decides = f"{NOBODY}: shifter or a shift leader decides."
    assert decides in page_of(shiftleader, f"/list/{RUN}/differences/")
    facts.decide(difference.pk, Decision.THEIRS, "", shifter, shown=difference.told, click=uuid4())
    assert OmsRun.objects.get().run_type == "cosmics"


def test_restored_it_is_theirs_again(theirs, shifter, shifter2):
    difference = proposed_by(shifter, run_type="cosmics")
    binned = deleted(theirs)
    writer.restore(binned.pk, binned.version, Act(shifter2))
    assert list(tasks_of(shifter2)) == [difference]
    with pytest.raises(MayNotDecide):
        facts.decide(difference.pk, Decision.THEIRS, "", shifter, shown=difference.told, click=uuid4())
    assert who_decides(difference) == "shifter2 or a shift leader decides"


def became_a_guest(user: User) -> None:
    user.groups.set([Group.objects.get(name=roles.GUEST)])


def test_of_one_who_may_not_certify_any_more_nobody_says_that_they_decide(theirs, shifter, shifter2):
    difference = proposed_by(shifter, run_type="cosmics")
    became_a_guest(shifter2)
    assert who_decides(difference) == "a shift leader decides"


def test_without_dependents_one_who_may_not_certify_any_more_leaves_it_to_a_leader(theirs, shifter, shiftleader):
    difference = proposed_by(shifter, run_type="cosmics")
    deleted(theirs)
    became_a_guest(shifter)
    difference = Difference.objects.get(pk=difference.pk)
    assert who_decides(difference) == "nobody else's certification depends on it any more: a shift leader decides"
    assert not tasks_of(User.objects.get(pk=shifter.pk))
    assert list(tasks_of(shiftleader)) == [difference]
