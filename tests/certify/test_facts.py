"""Facts are shared, verdicts are personal: who may change a fact, whose verdict turns, and who is told."""

import ast
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from certify import facts, writer
from certify.chronicle import timeline, undoable
from certify.deciders import tasks_of, who_decides
from certify.exceptions import FactsOvertaken, MayNotDecide
from certify.models import Notice, RunReconstruction, TrackerCertification, writing
from certify.notices import notify, see, unseen_by
from history.models import Action, Entry
from oms.answers import Facts
from oms.exceptions import DecisionOvertaken
from oms.forms import OmsRunForm
from oms.models import Decision, Difference, OmsFill, OmsRun, Source, State
from oms.typed import type_in
from tests.factories import EXPRESS, VERDICT, make_certification, make_fill, make_run, make_user
from users import roles

PHYSICS, COSMIC = "/cdaq/physics/Run2025/v1", "/cdaq/cosmic/Run2025/v1"
RUN = 398009

# How a run of collisions becomes one of cosmics, fact by fact: what is stored before, and what the fact becomes.
TURNS = {
    "run_type": ({"run_type": "collisions"}, "cosmics"),
    "hlt_key": ({"run_type": "collisions", "hlt_key": PHYSICS, "stable_beam": True}, COSMIC),
    "stable_beam": ({"run_type": "collisions", "hlt_key": PHYSICS, "stable_beam": True}, False),
}
turns = pytest.mark.parametrize("fact", TURNS)
only_with_locks = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite locks the whole database for who writes, and no rows"
)


@pytest.fixture
def theirs(shifter2):
    """shifter2 certified 398009 express: bad as collisions, good as cosmics."""
    make_run(RUN, run_type="collisions")
    return make_certification(shifter2, RUN, "express", pixel="bad", dataset=EXPRESS)


SAME_TYPE = {"omsrun-run_type": "cosmics", "initial-omsrun-run_type": "cosmics"}


def run_before(fact: str) -> OmsRun:
    OmsRun.objects.filter(pk=RUN).update(**TURNS[fact][0])
    return OmsRun.objects.get(pk=RUN)


def is_good() -> bool:
    return TrackerCertification.objects.get(reconstruction="express").is_good


def proposed_by(user, fact: str = "run_type") -> Difference:
    facts.type_in(run_before(fact), {fact: TURNS[fact][1]}, user, uuid4())
    return Difference.objects.open().get(told_by=user)


def turned_entry() -> Entry:
    return Entry.objects.get(action=Action.TURNED)


# Typed


@turns
def test_a_typed_fact_that_would_turn_anothers_verdict_is_kept_for_them_to_decide(fact, theirs, shifter, shifter2):
    difference = proposed_by(shifter, fact)
    assert not is_good()
    assert (difference.name, difference.told, difference.told_by) == (fact, [TURNS[fact][1], ""], shifter)
    assert (difference.stored, difference.stored_source) == ([TURNS[fact][0][fact], ""], "oms")
    entry = Entry.objects.get()
    assert (entry.action, entry.by, list(entry.changes)) == (Action.PROPOSED, shifter, [fact])
    assert list(tasks_of(shifter2)) == [difference]
    assert not tasks_of(shifter)


@turns
def test_a_typed_fact_that_turns_ones_own_verdict_takes_effect_and_is_told_in_the_history(fact, theirs, shifter2):
    facts.type_in(run_before(fact), {fact: TURNS[fact][1]}, shifter2, uuid4())
    assert is_good()
    entry = turned_entry()
    assert entry.subject == f"certification {RUN} express"
    assert (entry.row, entry.by, entry.changes["verdict"]) == (theirs.pk, shifter2, ["bad", "good"])
    assert entry.changes["run_type"] == ["collisions", "cosmics"]
    assert fact in entry.changes
    assert not Notice.objects.exists()


@turns
def test_a_shift_leaders_fact_takes_effect_at_once_and_the_author_is_told(fact, theirs, shiftleader, shifter2):
    facts.type_in(run_before(fact), {fact: TURNS[fact][1]}, shiftleader, uuid4())
    assert is_good()
    assert turned_entry().by == shiftleader
    (told,) = unseen_by(shifter2)
    assert told.words == (
        f"Certification {RUN} express turned from bad to good: run type cosmics, typed by shiftleader."
    )


# Official


@turns
def test_what_oms_says_turns_verdicts_and_each_has_an_entry(fact, theirs, shifter):
    make_certification_of_the_same_run(shifter, "prompt", pixel="bad")
    make_certification_of_the_same_run(shifter, "rereco", pixel="good")
    before, becomes = TURNS[fact]
    if fact == "run_type":  # which only follows for OMS
        pytest.skip("OMS says the key and the beams, not the type")
    OmsRun.objects.filter(pk=RUN).update(**before)
    facts.remember(RUN, Facts({"hlt_key": PHYSICS, "stable_beam": True, fact: becomes}), Source.OMS)
    entries = Entry.objects.filter(action=Action.TURNED)
    assert {entry.subject for entry in entries} == {f"certification {RUN} {reco}" for reco in ("express", "prompt")}
    assert {(entry.who, entry.changes["verdict"][1], fact in entry.changes) for entry in entries} == {
        ("OMS", "good", True)
    }
    (told,) = unseen_by(shifter)
    assert told.words.endswith("turned from bad to good: run type cosmics, from OMS.")


def test_a_page_that_stores_oms_s_facts_on_its_way_finds_whose_verdict_turned(theirs, client, shifter, oms_knows):
    OmsRun.objects.update(run_type="unknown", source=Source.PERSON)
    key = {"run_number": RUN, "hlt_key": COSMIC, "stable_beam": False, "last_lumisection_number": 12}
    oms_knows(run=key)
    client.force_login(theirs.author)
    client.get(f"/list/{RUN}/express/update/")
    entry = turned_entry()
    assert (entry.who, entry.changes["verdict"], entry.changes["hlt_key"]) == ("OMS", ["bad", "good"], ["", COSMIC])


# Decided


@turns
def test_a_decision_turns_the_verdict_with_an_entry_that_says_whose_fact_it_was(fact, theirs, shifter, shiftleader):
    difference = proposed_by(shifter, fact)
    facts.decide(difference.pk, Decision.THEIRS, "", shiftleader, shown=difference.told, click=uuid4())
    run = OmsRun.objects.get()
    assert (getattr(run, fact), run.run_type, run.typed[fact].by) == (TURNS[fact][1], "cosmics", shifter)
    assert turned_entry().who == "shiftleader, typed by shifter"
    assert Entry.objects.get(action=Action.ACCEPTED).changes[fact] == [TURNS[fact][0][fact], TURNS[fact][1]]
    (told,) = unseen_by(theirs.author)
    assert "run type cosmics, decided by shiftleader, typed by shifter" in told.words
    difference.refresh_from_db()
    assert (difference.state, difference.stands) == (State.TAKEN, False)


def test_a_decision_that_was_taken_over_names_who_had_filled_it_in(theirs, shifter, shiftleader):
    difference, other = proposed_by(shifter), make_user("leader2", roles.SHIFT_LEADER)
    told = {"shown": difference.told, "click": uuid4(), "typed_by": other}
    facts.decide(difference.pk, Decision.THEIRS, "", shiftleader, **told)
    for entry in (turned_entry(), Entry.objects.get(action=Action.ACCEPTED)):
        assert entry.who == "shiftleader, typed by leader2"


def test_verdicts_that_turn_by_what_was_taken_over_name_both_and_so_when_it_is_undone(theirs, shifter, shiftleader):
    click = uuid4()
    facts.type_in(OmsRun.objects.get(), {"run_type": "cosmics"}, shiftleader, click, typed_by=shifter)
    assert turned_entry().who == "shiftleader, typed by shifter"
    facts.take_back(click, shiftleader, uuid4(), typed_by=shifter)
    turned = Entry.objects.filter(action=Action.TURNED)
    assert [entry.who for entry in turned] == ["shiftleader, typed by shifter"] * 2


@turns
def test_taking_oms_s_word_turns_the_verdict_with_an_entry(fact, theirs, shifter2):
    other = {"run_type": "cosmics", "hlt_key": COSMIC, "stable_beam": False}[fact]
    type_in(run_before(fact), {fact: other}, shifter2, uuid4())
    assert is_good()
    Difference.objects.all().delete()
    facts.remember(RUN, Facts({"hlt_key": PHYSICS, "stable_beam": True}), Source.OMS)
    difference = Difference.objects.open().get()
    facts.decide(difference.pk, Decision.THEIRS, "", shifter2, shown=difference.told, click=uuid4())
    assert not is_good()
    assert turned_entry().changes["verdict"] == ["good", "bad"]


def test_keeping_what_is_stored_ends_the_proposal_and_it_may_be_made_again(theirs, shifter, shifter2):
    difference = proposed_by(shifter)
    facts.decide(difference.pk, Decision.MINE, "they are collisions", shifter2, shown=difference.told, click=uuid4())
    assert not is_good()
    assert Entry.objects.get(action=Action.DECLINED).reason == "they are collisions"
    assert not Difference.objects.standing().exists()
    assert proposed_by(shifter).pk != difference.pk


# Which facts wait for somebody, and for whom


def make_certification_of_the_same_run(author, reco: str, **fields) -> TrackerCertification:
    of = RunReconstruction.objects.create(run_id=RUN, reconstruction=reco)
    return TrackerCertification.objects.create(run_reconstruction=of, author=author, **{**VERDICT, **fields})


def test_a_known_fact_of_a_run_that_another_certified_is_not_replaced(theirs, shifter):
    OmsRun.objects.update(lumisections=380)
    facts.type_in(OmsRun.objects.get(), {"lumisections": 381, "b_field": 3.8}, shifter, uuid4())
    run = OmsRun.objects.get()
    assert (run.lumisections, run.b_field, set(run.typed)) == (380, 3.8, {"b_field"})
    assert Difference.objects.get().told == [381, ""]


def test_a_number_waits_together_with_its_unit(theirs, shifter):
    OmsRun.objects.update(recorded_lumi=95.16, recorded_lumi_unit="pb^{-1}")
    changes = {"recorded_lumi": 1.0, "recorded_lumi_unit": "fb^{-1}"}
    facts.type_in(OmsRun.objects.get(), changes, shifter, uuid4())
    run, difference = OmsRun.objects.get(), Difference.objects.get()
    assert (run.recorded_lumi, run.recorded_lumi_unit) == (95.16, "pb^{-1}")
    assert (difference.stored, difference.told) == ([95.16, "pb^{-1}"], [1.0, "fb^{-1}"])
    facts.decide(difference.pk, Decision.THEIRS, "", theirs.author, shown=difference.told, click=uuid4())
    run = OmsRun.objects.get()
    assert (run.recorded_lumi, run.recorded_lumi_unit) == (1.0, "fb^{-1}")


def test_a_shared_fill_is_not_changed_by_who_certifies_an_unrelated_run(theirs, shifter):
    fill = make_fill(10500, peak_pileup=250.9)
    OmsRun.objects.update(fill=fill, fill_number=10500)
    make_certification(shifter, 398010, "prompt")
    OmsRun.objects.filter(pk=398010).update(fill=fill, fill_number=10500)
    (difference,) = facts.type_in(fill, {"peak_pileup": 1.0}, shifter, uuid4())
    assert OmsFill.objects.get().peak_pileup == 250.9
    assert (difference.stored, difference.told) == ([250.9, ""], [1.0, ""])
    assert list(tasks_of(theirs.author)) == [difference]
    assert not tasks_of(shifter)


def test_a_fill_of_which_only_the_number_is_known_is_shared_too(theirs, shifter):
    fill = make_fill(10500, peak_pileup=250.9)
    OmsRun.objects.update(fill=None, fill_number=10500)
    (difference,) = facts.type_in(fill, {"peak_pileup": 1.0}, shifter, uuid4())
    assert list(tasks_of(theirs.author)) == [difference]


def test_what_nobody_knows_is_filled_in_at_once_also_where_others_certified(theirs, shifter):
    OmsRun.objects.update(recorded_lumi=95.16)
    changes = {"energy": 6800.0, "recorded_lumi_unit": "pb^{-1}"}
    assert not facts.type_in(OmsRun.objects.get(), changes, shifter, uuid4())
    run = OmsRun.objects.get()
    assert (run.energy, run.recorded_lumi_unit) == (6800, "pb^{-1}")


def test_a_certification_in_the_bin_depends_on_nothing(theirs, shifter, shiftleader):
    with writing():
        TrackerCertification.objects.update(deleted_at="2026-01-15T03:00:00Z", deleted_by=shiftleader)
    assert not facts.type_in(run_before("run_type"), {"run_type": "cosmics"}, shifter, uuid4())


def test_an_unknown_type_that_turns_nobody_is_filled_in_and_one_that_does_is_not(theirs, shifter):
    OmsRun.objects.update(run_type="unknown")
    assert facts.type_in(OmsRun.objects.get(), {"run_type": "cosmics"}, shifter, uuid4())
    assert not facts.type_in(OmsRun.objects.get(), {"run_type": "collisions"}, shifter, uuid4())
    assert OmsRun.objects.get().run_type == "collisions"


def test_two_facts_that_turn_a_verdict_only_together_do_not_both_take_effect(theirs, shifter):
    OmsRun.objects.update(run_type="unknown")
    facts.type_in(OmsRun.objects.get(), {"hlt_key": COSMIC, "stable_beam": False}, shifter, uuid4())
    assert not is_good()


def test_of_two_others_none_decides_but_a_shift_leader(theirs, shifter, shiftleader):
    make_certification_of_the_same_run(make_user("third"), "prompt")
    difference = proposed_by(shifter)
    assert not tasks_of(theirs.author)
    assert list(tasks_of(shiftleader)) == [difference]
    with pytest.raises(MayNotDecide):
        facts.decide(difference.pk, Decision.THEIRS, "", theirs.author, shown=difference.told, click=uuid4())
    assert not is_good()


def test_one_who_is_a_guest_by_now_decides_nothing(theirs, shifter):
    difference = proposed_by(shifter)
    theirs.author.groups.clear()
    author = type(shifter).objects.get(pk=theirs.author.pk)
    with pytest.raises(MayNotDecide):
        facts.decide(difference.pk, Decision.THEIRS, "", author, shown=difference.told, click=uuid4())


def test_who_types_it_again_does_not_ask_twice_and_who_types_another_value_asks_anew(theirs, shifter):
    OmsRun.objects.update(lumisections=380)
    for value in (381, 381, 382):
        facts.type_in(OmsRun.objects.get(), {"lumisections": value}, shifter, uuid4())
    assert Difference.objects.get().told == [382, ""]
    assert Entry.objects.filter(action=Action.PROPOSED).count() == 2


def test_two_people_propose_beside_each_other_and_both_are_settled_when_it_is_so(theirs, shifter, shiftleader):
    OmsRun.objects.update(lumisections=380)
    for user in (shifter, make_user("third")):
        facts.type_in(OmsRun.objects.get(), {"lumisections": 381}, user, uuid4())
    assert Difference.objects.open().count() == 2
    facts.type_in(OmsRun.objects.get(), {"lumisections": 381}, shiftleader, uuid4())
    assert {each.state for each in Difference.objects.filter(told_by__isnull=False)} == {State.SETTLED}


def test_a_proposal_is_settled_when_oms_says_so_and_follows_what_is_stored(theirs, shifter):
    OmsRun.objects.update(lumisections=380)
    facts.type_in(OmsRun.objects.get(), {"lumisections": 382}, shifter, uuid4())
    facts.remember(RUN, Facts({"lumisections": 381}), Source.OMS)
    difference = Difference.objects.get()
    assert (difference.stored, difference.state) == ([381, ""], State.OPEN)
    with pytest.raises(DecisionOvertaken, match="Meanwhile"):
        shown = [382, "", 380, ""]
        facts.decide(difference.pk, Decision.THEIRS, "", theirs.author, shown=shown, click=uuid4())
    facts.remember(RUN, Facts({"lumisections": 382}), Source.OMS)
    assert Difference.objects.get().state == State.SETTLED


def test_what_oms_said_before_an_accepted_proposal_is_not_asked_about(theirs, shifter):
    OmsRun.objects.update(lumisections=380)
    facts.type_in(OmsRun.objects.get(), {"lumisections": 382}, shifter, uuid4())
    difference = Difference.objects.get()
    facts.decide(difference.pk, Decision.THEIRS, "", theirs.author, shown=difference.told, click=uuid4())
    facts.remember(RUN, Facts({"lumisections": 380}), Source.OMS)
    assert OmsRun.objects.get().lumisections == 382
    assert not Difference.objects.open().exists()


# Renaming, undoing, recomputing


def test_renaming_a_person_renames_them_wherever_they_typed(theirs, shifter, client):
    make_certification_of_the_same_run(shifter, "prompt")
    facts.type_in(OmsRun.objects.get(), {"b_field": 3.8}, shifter, uuid4())
    proposed_by(shifter)
    shifter.username = "renamed"
    shifter.save()
    client.force_login(shifter)
    content = client.get(f"/list/{RUN}/express/").text
    assert "typed by renamed" in content and "renamed says Cosmics" in content
    assert "Proposed, typed by renamed" in client.get(f"/list/{RUN}/differences/").text


def test_undoing_withdraws_what_was_proposed_with_it(theirs, shifter):
    click = uuid4()
    facts.type_in(run_before("run_type"), {"run_type": "cosmics", "b_field": 3.8}, shifter, click)
    facts.take_back(click, shifter, uuid4())
    assert Difference.objects.get().state == State.WITHDRAWN
    assert OmsRun.objects.get().b_field is None


def test_the_history_tells_what_was_withdrawn(client, theirs, shifter):
    click = uuid4()
    facts.type_in(run_before("run_type"), {"run_type": "cosmics"}, shifter, click)
    facts.take_back(click, shifter, uuid4())
    client.force_login(shifter)
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.by, entry.subject) == (Action.WITHDRAWN, shifter, f"run {RUN}")
    page = client.get(f"/list/{RUN}/express/").text
    assert "Proposal withdrawn" in page and page.count("collisions, proposed: cosmics") == 2


def test_undoing_never_turns_the_verdict_of_who_certified_since(shifter, shifter2):
    run, click = make_run(RUN), uuid4()
    facts.type_in(run, {"run_type": "cosmics", "lumisections": 12}, shifter, click)
    make_certification_of_the_same_run(shifter2, "express", pixel="bad")
    assert is_good()
    staying = facts.take_back(click, shifter, uuid4())
    run = OmsRun.objects.get()
    assert (run.run_type, run.lumisections) == ("cosmics", 12)
    assert len(staying) == 2
    assert is_good()


def test_undoing_takes_back_what_was_typed_after_all_others_had_certified(shifter, shifter2):
    """They certified without it, so they lose nothing."""
    make_certification_of_the_same_run(shifter2, "express")
    run, click = make_run(RUN), uuid4()
    facts.type_in(run, {"lumisections": 12}, shifter, click)
    assert facts.take_back(click, shifter, uuid4()) == []
    assert OmsRun.objects.get().lumisections is None


def test_undoing_leaves_the_facts_of_a_fill_to_who_certified_another_run_of_it_since(shifter, shifter2):
    fill = make_fill()
    make_run(RUN, fill=fill, fill_number=fill.pk)
    other = make_run(RUN + 1, fill=fill, fill_number=fill.pk)
    click = uuid4()
    facts.type_in(fill, {"bunches_colliding": 2544}, shifter, click)
    make_certification(shifter2, other.pk)
    assert facts.take_back(click, shifter, uuid4()) == ["colliding bunches of fill 7324"]
    assert OmsFill.objects.get().bunches_colliding == 2544


def test_undoing_leaves_the_fill_with_its_number(shifter, shifter2):
    run, fill, click = make_run(RUN), make_fill(), uuid4()
    facts.type_in(run, {"fill_number": fill.pk, "fill": fill}, shifter, click)
    make_certification_of_the_same_run(shifter2, "express")
    assert facts.take_back(click, shifter, uuid4()) == [f"fill number of run {RUN}"]
    run = OmsRun.objects.get()
    assert (run.fill_number, run.fill_id) == (fill.pk, fill.pk)


def test_undoing_leaves_the_facts_that_completed_anothers_certification(shifter, shifter2):
    """It was certified before they were typed."""
    certification = make_certification_of_the_same_run(shifter2, "express", external_info_complete=False)
    run, click = make_run(RUN), uuid4()
    facts.type_in(run, {"lumisections": 12}, shifter, click)
    assert writer.note_complete(certification)
    assert facts.take_back(click, shifter, uuid4()) == [f"lumisections of run {RUN}"]
    assert OmsRun.objects.get().lumisections == 12


@only_with_locks
def test_undoing_waits_for_who_decides_what_it_withdraws(shifter, shifter2):
    """Only the fill has a proposal; nothing else of the click locks it."""
    fill, click = make_fill(bunches_colliding=12), uuid4()
    make_run(RUN, fill=fill, fill_number=fill.pk)
    make_certification(shifter2, RUN)
    facts.type_in(fill, {"bunches_colliding": 2544}, shifter, click)
    with CaptureQueriesContext(connection) as asked:
        facts.take_back(click, shifter, uuid4())
    assert Difference.objects.get().state == State.WITHDRAWN
    assert any("oms_omsfill" in each["sql"] and "FOR NO KEY UPDATE" in each["sql"] for each in asked)


def test_what_turned_is_no_version_and_stops_nobodys_undo(theirs, shifter2, shiftleader, client, oms_is_down):
    client.force_login(shifter2)
    data = {**VERDICT, "pixel": "bad", "comment": "mine", "version": theirs.version, **SAME_TYPE}
    data |= dict.fromkeys(SAME_TYPE, "collisions")
    assert client.post(f"/list/{RUN}/express/update/", data).status_code == 302
    facts.type_in(OmsRun.objects.get(), {"run_type": "cosmics"}, shiftleader, uuid4())
    theirs.refresh_from_db()
    assert undoable(shifter2).action == Action.CHANGED
    told = timeline(theirs.run_reconstruction, theirs)
    turned = next(each for each in told if each.entry.action == Action.TURNED)
    assert not (turned.can_come_back or turned.is_current)
    assert [each.is_current for each in told].count(True) == 1


def test_the_history_of_an_old_certification_begins_with_what_it_was_also_after_it_turned(
    theirs, shifter2, shiftleader, client, oms_is_down
):
    facts.type_in(OmsRun.objects.get(), {"run_type": "cosmics"}, shiftleader, uuid4())
    client.force_login(shifter2)
    client.post(f"/list/{RUN}/express/update/", {**VERDICT, "strip": "bad", "version": theirs.version, **SAME_TYPE})
    assert Entry.objects.get(action=Action.BEFORE).state["pixel"] == "bad"


def test_a_run_type_that_the_rule_sees_otherwise_is_recomputed_with_an_entry_for_each_verdict(theirs, shifter):
    OmsRun.objects.update(hlt_key=COSMIC, stable_beam=False)
    make_run(398010, run_type="collisions", hlt_key=PHYSICS, stable_beam=True)
    assert facts.recompute_run_types(OmsRun.objects.all()) == 1
    assert is_good()
    assert turned_entry().who == "the rule for run types"
    assert unseen_by(theirs.author)
    assert facts.recompute_run_types(OmsRun.objects.all()) == 0


@pytest.mark.parametrize("command", [["worker", "--once"], ["refresh_external_info"]])
def test_the_first_round_recomputes_what_an_upgrade_changed(command, theirs, oms_is_down, registry_is_down):
    OmsRun.objects.update(hlt_key=COSMIC, stable_beam=False)
    call_command(*command, stdout=StringIO(), stderr=StringIO())
    assert is_good()
    assert turned_entry().who == "the rule for run types"


def test_a_type_that_a_person_chose_is_not_recomputed(theirs, shifter2):
    facts.type_in(run_before("hlt_key"), {"run_type": "cosmics"}, shifter2, uuid4())
    assert facts.recompute_run_types(OmsRun.objects.all()) == 0


# Notices


def test_a_notice_is_there_until_its_author_presses_seen(theirs, shifter2, shiftleader, client):
    facts.type_in(OmsRun.objects.get(), {"run_type": "cosmics"}, shiftleader, uuid4())
    facts.type_in(OmsRun.objects.get(), {"run_type": "collisions"}, shiftleader, uuid4())
    client.force_login(shifter2)
    assert "turned from bad to good: run type cosmics, typed by shiftleader" in client.get("/").text
    assert client.get("/seen/").status_code == 405
    first = Notice.objects.last()
    assert client.post(f"/seen/{first.pk}/").status_code == 302
    assert Notice.objects.unseen_by(shifter2).count() == 1
    client.post("/seen/")
    assert "turned from" not in client.get("/").text.replace("Meanwhile", "")
    assert Entry.objects.filter(action=Action.TURNED).count() == 2


def test_nobody_sees_away_the_notice_of_another(theirs, shifter, shiftleader):
    facts.type_in(OmsRun.objects.get(), {"run_type": "cosmics"}, shiftleader, uuid4())
    assert see(shifter, Notice.objects.get().pk) == 0
    assert Client().post("/seen/").status_code == 403
    assert Notice.objects.filter(seen_at=None).count() == 1


def test_a_correction_by_somebody_else_is_told_too_and_ones_own_is_not(theirs, shiftleader):
    entry = Entry.objects.create(
        subject=f"certification {RUN} express",
        row=theirs.pk,
        action=Action.CHANGED,
        by=shiftleader,
        reason="wrong map",
        changes={"strip": ["good", "bad"]},
        click=uuid4(),
    )
    assert notify(entry, theirs)
    (told,) = unseen_by(theirs.author)
    assert told.words == f"Certification {RUN} express: changed by shiftleader. Strip bad. “wrong map”"
    entry.by = theirs.author
    assert notify(entry, theirs) is None


# Marks


@pytest.mark.parametrize("page", ["/list/?show=all", f"/list/{RUN}/express/"])
def test_meanwhile_the_verdict_is_marked(page, theirs, shifter, client):
    client.force_login(shifter)
    assert "difference:" not in client.get(page).text
    proposed_by(shifter)
    assert "difference: run type" in client.get(page).text
    assert "✗ Bad" in client.get(page).text


@pytest.mark.parametrize("page", ["/list/?show=all", f"/list/{RUN}/express/", "/"])
def test_a_verdict_that_turned_is_marked(page, theirs, shiftleader, client):
    facts.type_in(OmsRun.objects.get(), {"run_type": "cosmics"}, shiftleader, uuid4())
    client.force_login(theirs.author)
    assert ">turned</span>" in client.get(page).text


# The pages: certify, differences


@pytest.fixture
def as_shifter_with_collisions(as_shifter, theirs, oms_is_down, registry_is_down):
    OmsRun.objects.update(run_type="collisions", source=Source.PERSON)
    return as_shifter


TYPES_COSMICS = {"omsrun-run_type": "cosmics", "initial-omsrun-run_type": "collisions"}


def test_who_types_another_type_keeps_their_own_certification_and_is_told_who_decides(
    as_shifter_with_collisions, shifter, theirs
):
    saved = as_shifter_with_collisions.post(f"/certify/{RUN}/prompt/", {**VERDICT, **TYPES_COSMICS}, follow=True)
    assert "is kept as a difference: shifter2 or a shift leader decides." in saved.text
    assert TrackerCertification.objects.filter(author=shifter).count() == 1
    assert OmsRun.objects.get().run_type == "collisions"
    assert "Another value was typed for 1 fact" not in as_shifter_with_collisions.get("/").text
    as_theirs = Client()
    as_theirs.force_login(theirs.author)
    assert "Another value was typed for 1 fact" in as_theirs.get("/").text


def test_the_second_of_two_clicks_finds_nothing_new(as_shifter_with_collisions):
    for _ in range(2):
        answer = as_shifter_with_collisions.post(f"/certify/{RUN}/prompt/", {**VERDICT, **TYPES_COSMICS})
        assert answer.status_code == 302
    assert Difference.objects.count() == Entry.objects.filter(action=Action.PROPOSED).count() == 1


def test_who_undoes_their_certification_withdraws_the_proposal(as_shifter_with_collisions, shifter):
    as_shifter_with_collisions.post(f"/certify/{RUN}/prompt/", {**VERDICT, **TYPES_COSMICS})
    as_shifter_with_collisions.post(f"/list/undo/{undoable(shifter).pk}/")
    assert Difference.objects.get().state == State.WITHDRAWN


def test_a_fill_number_that_another_certified_under_is_not_moved(as_shifter_with_collisions, theirs):
    OmsRun.objects.update(fill=make_fill(10500), fill_number=10500)
    number = {"omsfill-fill_number": "10501", "initial-omsfill-fill_number": "10500"}
    data = {**VERDICT, "omsrun-run_type": "collisions", "initial-omsrun-run_type": "collisions", **number}
    assert as_shifter_with_collisions.post(f"/certify/{RUN}/prompt/", data).status_code == 302
    run, difference = OmsRun.objects.get(), Difference.objects.get()
    assert (run.fill_id, run.fill_number, difference.told) == (10500, 10500, [10501, ""])
    facts.decide(difference.pk, Decision.THEIRS, "", theirs.author, shown=difference.told, click=uuid4())
    assert (OmsRun.objects.get().fill_id, OmsRun.objects.get().fill_number) == (10501, 10501)


def test_a_page_with_an_old_fill_number_does_not_move_the_run_back(as_shifter, oms_is_down, registry_is_down):
    make_fill(10500)
    make_run(RUN, run_type="collisions", source=Source.PERSON, fill=make_fill(10501), fill_number=10501)
    number = {"omsfill-fill_number": "10500", "initial-omsfill-fill_number": "10500"}
    data = {**VERDICT, "omsrun-run_type": "collisions", "initial-omsrun-run_type": "collisions", **number}
    assert as_shifter.post(f"/certify/{RUN}/prompt/", data).status_code == 302
    assert (OmsRun.objects.get().fill_id, OmsRun.objects.get().fill_number) == (10501, 10501)


@pytest.mark.parametrize("made_with", [{}, {"initial-omsrun-lumisections": "x"}, {"initial-omsrun-lumisections": "1"}])
def test_a_page_that_does_not_say_what_it_was_made_with_is_asked_again(
    made_with, as_shifter, oms_is_down, registry_is_down
):
    make_run(RUN, run_type="collisions", lumisections=380, source=Source.PERSON)
    data = {**VERDICT, "omsrun-run_type": "collisions", "omsrun-lumisections": "12", **made_with}
    told = as_shifter.post(f"/certify/{RUN}/prompt/", data)
    assert (told.status_code, "Meanwhile it became 380" in told.text) == (409, True)
    assert 'value="12"' in told.text
    assert OmsRun.objects.get().lumisections == 380
    assert not TrackerCertification.objects.exists()


def test_a_fact_that_changes_between_the_check_and_the_lock_is_not_overwritten(shifter):
    page_of, stored = make_run(RUN, lumisections=380, run_type="collisions"), OmsRun.objects.get()
    data = {"omsrun-run_type": "collisions", "initial-omsrun-run_type": "collisions"}
    data |= {"omsrun-lumisections": "12", "initial-omsrun-lumisections": "380"}
    form = OmsRunForm(data, instance=page_of)
    assert form.is_valid()
    stored.lumisections = 381
    with pytest.raises(FactsOvertaken):
        facts.refuse_newer(form, stored)
    assert "Meanwhile it became 381" in str(form.errors)


def test_each_difference_is_decided_by_its_own_right(as_shifter, shifter, shifter2, theirs):
    """The run is shared by three, so its proposals are a shift leader's; what OMS contradicts is theirs, too."""
    OmsRun.objects.update(lumisections=380)
    make_certification_of_the_same_run(shifter, "prompt")
    third = make_user("third")
    facts.type_in(OmsRun.objects.get(), {"run_type": "cosmics"}, third, uuid4())
    facts.type_in(OmsRun.objects.get(), {"energy": 6000.0}, third, uuid4())
    facts.remember(RUN, Facts({"energy": 6800.0}), Source.OMS)
    proposal, contradiction = (Difference.objects.open().get(name=name) for name in ("run_type", "energy"))
    page = as_shifter.get(f"/list/{RUN}/differences/").text
    assert f"task-{contradiction.pk}-decision" in page and f"task-{proposal.pk}-decision" not in page
    data = {
        f"task-{proposal.pk}-decision": "theirs",
        f"task-{proposal.pk}-reason": "I saw muons",
        f"task-{proposal.pk}-shown": '["cosmics", ""]',
        f"task-{contradiction.pk}-decision": "theirs",
        f"task-{contradiction.pk}-shown": '[6800.0, ""]',
    }
    answer = as_shifter.post(f"/list/{RUN}/differences/", data)
    run = OmsRun.objects.get()
    assert (run.run_type, run.energy) == ("collisions", 6800)
    assert answer.status_code == 409
    assert "Run type is not yours to decide" in answer.text or "run type is not yours to decide" in answer.text
    assert "I saw muons" in answer.text


def test_what_was_chosen_of_a_difference_that_is_over_is_told(as_shifter, theirs, shifter, shiftleader):
    OmsRun.objects.update(lumisections=380)
    difference = proposed_by(make_user("third"))
    make_certification_of_the_same_run(shifter, "prompt")
    facts.decide(difference.pk, Decision.MINE, "no", shiftleader, shown=difference.told, click=uuid4())
    data = {f"task-{difference.pk}-decision": "theirs", f"task-{difference.pk}-shown": '["cosmics", ""]'}
    answer = as_shifter.post(f"/list/{RUN}/differences/", data, follow=True)
    assert "was resolved meanwhile by shiftleader" in answer.text


# One place

_LOWER = {
    "oms.typed": {"type_in", "take_back"},
    "oms.decisions": {"decide"},
    "oms.official": {"take_over"},
    "oms.differences": {"propose", "withdraw", "reconcile"},
    "oms.services": {
        "remember_run",
        "remember_fill_of",
        "retrieve_with_fill",
        "oms_retrieve_run",
        "oms_retrieve_fill",
    },
}


def _imported(source: str) -> set[str]:
    """Writers, or modules that have some, which the source imports: "oms.typed.type_in" or "oms.typed"."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name in _LOWER}
        elif isinstance(node, ast.ImportFrom) and node.module == "oms":
            found |= {f"oms.{alias.name}" for alias in node.names if f"oms.{alias.name}" in _LOWER}
        elif isinstance(node, ast.ImportFrom) and node.module in _LOWER:
            writers = {*_LOWER[node.module], "*"}
            found |= {f"{node.module}.{alias.name}" for alias in node.names if alias.name in writers}
    return found


def test_nobody_but_the_one_place_calls_the_writers_of_oms():
    root = Path(settings.BASE_DIR)
    apps = [path for path in root.iterdir() if path.is_dir() and path.name not in ("oms", "tests", ".venv")]
    files = [path for app in apps for path in app.rglob("*.py") if path != root / "certify" / "facts.py"]
    assert len(files) > 100
    assert {str(path.relative_to(root)): found for path in files if (found := _imported(path.read_text()))} == {}


@pytest.mark.parametrize(
    "source",
    ["from oms.typed import type_in", "from oms import typed", "import oms.services", "from oms.official import *"],
)
def test_that_watch_sees_every_way_to_import_one(source):
    assert _imported(source)


# --- who decides what a service contradicts -------------------------------------------------------


@pytest.fixture
def contradiction(shifter):
    """`shifter` typed that it is cosmics; OMS says that it is not."""
    run = make_run(RUN)
    facts.type_in(run, {"run_type": "cosmics"}, shifter, uuid4())
    make_certification_of_the_same_run(shifter, "prompt")
    facts.remember(RUN, Facts({"hlt_key": PHYSICS, "stable_beam": True}), Source.OMS)
    return Difference.objects.open().get(name="run_type")


def test_whoever_certified_the_run_decides_where_no_other_verdict_turns(contradiction, shifter, shifter2):
    make_certification_of_the_same_run(shifter2, "express")
    assert contradiction in tasks_of(shifter) and contradiction in tasks_of(shifter2)


def test_nobody_but_a_leader_decides_what_turns_a_third_verdict(contradiction, shifter, shifter2, shiftleader):
    """Also not who certified after the difference had opened."""
    other = make_user("third")
    make_certification_of_the_same_run(other, "rereco", pixel="bad")
    make_certification_of_the_same_run(shifter2, "express")
    for person in (shifter, shifter2):
        assert contradiction not in tasks_of(person)
        with pytest.raises(MayNotDecide):
            facts.decide(contradiction.pk, Decision.THEIRS, "", person, shown=contradiction.told, click=uuid4())
    assert contradiction in tasks_of(other)  # it is their verdict alone that turns
    assert facts.decide(contradiction.pk, Decision.THEIRS, "", shiftleader, shown=contradiction.told, click=uuid4())


def test_the_page_says_of_each_contradiction_who_decides_it(client, contradiction, shifter, shifter2):
    anybody = "shifter, whoever certified the run or a shift leader decides"
    assert who_decides(contradiction) == anybody
    make_certification_of_the_same_run(shifter2, "express", pixel="bad")
    assert who_decides(contradiction) == "shifter2's verdict would turn: shifter2 or a shift leader decides"
    client.force_login(shifter)
    page = client.get(f"/list/{RUN}/differences/").text
    assert "shifter2 or a shift leader decides." in page and f"task-{contradiction.pk}-decision" not in page
    make_certification_of_the_same_run(make_user("third"), "rereco", pixel="bad")
    words = "the verdicts of several people would turn: a shift leader decides"
    assert who_decides(contradiction) == words
    for person in (shifter, shifter2):
        assert contradiction not in tasks_of(person)


def test_a_role_that_was_taken_away_decides_nothing(contradiction, shiftleader):
    assert shiftleader.is_shift_leader  # looked up, as at the beginning of a request
    shiftleader.groups.clear()
    with pytest.raises(MayNotDecide):
        facts.decide(contradiction.pk, Decision.THEIRS, "", shiftleader, shown=contradiction.told, click=uuid4())


def proposal_by(person, certified_by) -> Difference:
    make_run(RUN, run_type="collisions", hlt_key=PHYSICS, stable_beam=True)
    make_certification_of_the_same_run(certified_by, "express", pixel="bad")
    facts.type_in(OmsRun.objects.get(), {"run_type": "cosmics"}, person, uuid4())
    return Difference.objects.open().get(told_by=person)


@pytest.mark.parametrize(("decision", "words"), [(Decision.THEIRS, "value taken"), (Decision.MINE, "value kept")])
def test_who_proposed_a_value_is_told_what_was_decided(client, shifter, shifter2, decision, words):
    proposal = proposal_by(shifter, certified_by=shifter2)
    facts.decide(proposal.pk, decision, "seen in the DQM", shifter2, shown=proposal.told, click=uuid4())
    client.force_login(shifter)
    page = client.get("/")
    assert f"Run {RUN}" in page.text and words in page.text and "seen in the DQM" in page.text
    assert f'href="/list/{RUN}/differences/"' in page.text
    assert client.get(f"/list/{RUN}/differences/").status_code == 200


def test_who_proposed_what_turns_their_own_verdict_is_told_once(shifter, shifter2):
    proposal = proposal_by(shifter, certified_by=shifter2)
    make_certification_of_the_same_run(shifter, "prompt", pixel="bad")
    facts.decide(proposal.pk, Decision.THEIRS, "", shifter2, shown=proposal.told, click=uuid4())
    assert [told.notice.entry.action for told in unseen_by(shifter)] == [Action.TURNED]


def test_a_value_that_is_only_proposed_is_not_told_as_stored(client, shifter, shifter2):
    proposal = proposal_by(shifter, certified_by=shifter2)
    client.force_login(shifter2)
    page = client.get(f"/list/{RUN}/express/").text
    assert "collisions, proposed: cosmics" in page
    assert "<ins>cosmics</ins>" not in page
    facts.decide(proposal.pk, Decision.MINE, "no", shifter2, shown=proposal.told, click=uuid4())
    page = client.get(f"/list/{RUN}/express/").text
    assert "collisions, turned down: cosmics" in page


def test_a_click_that_turns_a_verdict_by_a_fact_alone_is_told_once(
    client, shifter, shiftleader, oms_is_down, registry_is_down
):
    make_run(RUN, run_type="collisions", hlt_key=PHYSICS, stable_beam=True)
    certification = make_certification_of_the_same_run(shifter, "express", pixel="bad")
    client.force_login(shiftleader)
    typed = {"omsrun-run_type": "cosmics", "initial-omsrun-run_type": "collisions", "version": 1, "pixel": "bad"}
    assert client.post(f"/list/{RUN}/express/update/", {**VERDICT, **typed}).status_code == 302
    assert [told.notice.entry.action for told in unseen_by(shifter)] == [Action.TURNED]
    typed = {"omsrun-run_type": "collisions", "initial-omsrun-run_type": "cosmics", "version": 2, "pixel": "excluded"}
    assert client.post(f"/list/{RUN}/express/update/", {**VERDICT, **typed}).status_code == 302
    assert {told.notice.entry.action for told in unseen_by(shifter)} == {Action.TURNED, Action.CHANGED}
    assert certification.pk == unseen_by(shifter)[0].notice.entry.row
