"""What the certify page knows of a run: from OMS, from the Run Registry's copy, or from what it said before."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from certify.external import ask_for_external_info, known_external_info
from certify.target import Target
from history.models import Entry
from oms.client import OmsClient
from oms.models import OmsRun, Source
from runregistry.known import remember
from runregistry.models import KnownRun
from runregistry.rows import RegistryDataset
from tests.factories import COLLISIONS_RUN, EXPRESS, FILL, UNITS, VERDICT, make_certification, make_run

HOUR = timedelta(hours=1)
TARGET = Target(325000, "express", EXPRESS)
PAGE = "/certify/325000/express/"


def lately(**facts) -> dict:
    """The collisions run as OMS tells it while it is going on."""
    return {**COLLISIONS_RUN, "start_time": (timezone.now() - 2 * HOUR).isoformat(), "end_time": None, **facts}


def inputs(page) -> str:
    return page.content.decode().replace("\xa0", " ")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "lacking", [{}, {"delivered_lumi": None, "recorded_lumi": None}, {"last_lumisection_number": None}]
)
def test_a_running_run_is_incomplete_and_nobody_types_what_oms_answered(oms_knows, lacking):
    oms_knows(run=lately(**lacking), fill=FILL, units=UNITS)
    info = ask_for_external_info(TARGET, OmsClient())
    assert (info.is_running, info.complete, info.needs_typing) == (True, False, False)
    (told,) = info.warnings
    assert told.sentence == (
        "Run 325000 is still running: its lumisections and luminosity are completed after its end."
    )


@pytest.mark.django_db
def test_what_oms_does_not_say_of_a_running_run_is_typed(oms_knows):
    oms_knows(run=lately(b_field=None), fill=FILL, units=UNITS)
    info = ask_for_external_info(TARGET, OmsClient())
    assert (info.is_running, info.complete, info.needs_typing) == (True, False, True)
    assert "still running" in info.warnings[0].sentence
    assert str(info.warnings[1]) == "OMS does not say: B field. Fill in what you know."


def test_the_page_of_a_running_run_says_so_and_shows_facts_instead_of_inputs(as_shifter, registry_lists, oms_knows):
    oms_knows(run=lately(), fill=FILL, units=UNITS)
    registry_lists(325000, EXPRESS)
    page = as_shifter.get(PAGE)
    assert page.context["omsrun_form"] is None
    assert '<span class="chip chip-warn">still running</span>' in page.content.decode()
    assert re.search(r"<dt>End</dt>\s*<dd>still running", page.content.decode())


def test_the_list_and_the_detail_page_say_that_it_is_running_until_it_is_not(as_shifter, shifter):
    make_certification(shifter, reco="express")
    OmsRun.objects.update(start_time=timezone.now() - 2 * HOUR)
    for end, is_said in ((None, True), (timezone.now(), False)):
        OmsRun.objects.update(end_time=end)
        for url in ("/list/?show=all", "/list/325000/express/"):
            assert ('<span class="chip chip-warn">still running</span>' in inputs(as_shifter.get(url))) == is_said


@pytest.mark.django_db
def test_without_oms_the_registrys_copy_says_that_a_run_is_running_and_it_can_be_typed(oms_is_down):
    target = Target(325000, "express", EXPRESS, oms_attributes=lately())
    info = ask_for_external_info(target, OmsClient())
    assert (info.is_running, info.complete, info.needs_typing) == (True, False, True)
    assert any("is still running" in warning.sentence for warning in info.warnings)


def test_a_unit_that_nobody_knows_is_named_on_the_page(as_shifter, registry_lists, oms_knows):
    oms_knows(run=COLLISIONS_RUN, fill=FILL, units={**UNITS, "recorded_lumi": "furlong"})
    registry_lists(325000, EXPRESS)
    page = as_shifter.get(PAGE)
    assert not page.context["external_info_complete"]
    assert page.context["omsrun_form"]
    assert "OMS gives the luminosity in &#x27;furlong&#x27;, which CertHelper does not know" in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("oms_has_it", "registry_has_none", "is_stored", "nobody_knows"),
    [(False, True, None, True), (False, True, Source.PERSON, True), (False, False, None, False)]
    + [(True, True, None, False), (False, True, Source.OMS, False), (False, True, Source.RUN_REGISTRY, False)],
)
def test_nobody_knows_a_run_that_both_services_answered_not_to_have(
    oms_knows, oms_has_it, registry_has_none, is_stored, nobody_knows
):
    if is_stored:
        make_run(source=is_stored)
    oms_knows(**({"run": COLLISIONS_RUN, "fill": FILL, "units": UNITS} if oms_has_it else {}))
    target = Target(325000, "express", is_unknown=registry_has_none)
    info = ask_for_external_info(target, OmsClient(), anew=True)
    assert info.nobody_knows is nobody_knows


@pytest.mark.django_db
def test_a_service_that_is_down_has_not_said_that_it_does_not_know_the_run(oms_is_down):
    assert not ask_for_external_info(Target(325000, "express", is_unknown=True), OmsClient()).nobody_knows


@pytest.mark.django_db
def test_what_nobody_knew_when_the_page_was_made_a_service_may_know_by_now():
    assert known_external_info(325000, nobody_knows=True).nobody_knows
    assert not known_external_info(325000).nobody_knows
    make_run()
    assert not known_external_info(325000, nobody_knows=True).nobody_knows


@pytest.fixture
def both_are_down(outside, registry_is_down, oms_is_down):
    """Three hours after the Run Registry's last answer."""

    def known(run_class: str = "Collisions18", **copy) -> None:
        remember([RegistryDataset(325000, EXPRESS, "OPEN", run_class, copy)])
        KnownRun.objects.update(asked_at=timezone.now() - 3 * HOUR)

    return known


COPY = {"ls_duration": 381, "recorded_lumi": 95.161531, "start_time": "2018-10-21T08:03:09Z"}


def test_with_both_down_the_form_knows_what_the_board_knows(as_shifter, both_are_down):
    both_are_down(**COPY)
    form = as_shifter.get(PAGE).context["omsrun_form"]
    assert (form["lumisections"].value(), form["recorded_lumi"].value()) == (381, 95.161531)
    assert form["recorded_lumi_unit"].value() == ""
    assert form.fields["recorded_lumi_unit"].choices[0] == ("", "not known")
    helps = {name: form.fields[name].help_text.replace("\xa0", " ") for name in ("lumisections", "recorded_lumi")}
    assert helps["lumisections"] == "The Run Registry&#x27;s copy, 3 hours ago."
    assert helps["recorded_lumi"] == "The Run Registry&#x27;s copy, 3 hours ago; unit not known."


def test_the_class_and_the_type_are_suggested_and_never_chosen(as_shifter, both_are_down):
    both_are_down(**COPY)
    page = as_shifter.get(PAGE)
    form = page.context["omsrun_form"]
    assert form["run_type"].value() == ""
    told = "The Run Registry's class is Collisions18 (3 hours ago), which suggests collisions."
    assert told in inputs(page)


def test_also_of_a_dataset_that_the_registry_did_not_name(as_shifter, both_are_down):
    both_are_down(**COPY)
    page = as_shifter.get("/certify/325000/prompt/")
    assert "class is Collisions18 (3 hours ago)" in inputs(page)
    assert page.context["omsrun_form"]["lumisections"].value() == 381


def test_a_mere_submit_types_nothing_but_what_was_chosen(as_shifter, both_are_down):
    both_are_down(**COPY)
    form = as_shifter.get(PAGE).context["omsrun_form"]
    fill = as_shifter.get(PAGE).context["omsfill_form"]
    sent = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form.hidden_initials + fill.hidden_initials))
    for bound in [*form, *fill]:
        value = bound.value()
        sent[bound.html_name] = "" if value is None else str(value)
    sent |= {"omsrun-run_type": "collisions", **VERDICT}
    assert as_shifter.post(PAGE, sent).status_code == 302
    run = OmsRun.objects.get()
    assert list(run.typed) == ["run_type"]
    assert (run.lumisections, run.recorded_lumi, run.recorded_lumi_unit) == (381, 95.161531, "")
    assert run.source == Source.RUN_REGISTRY
    assert timezone.now() - run.fetched_at > 2 * HOUR


def test_looking_stores_nothing_as_typed_and_no_empty_run(as_shifter, both_are_down):
    both_are_down()
    as_shifter.get(PAGE)
    assert not OmsRun.objects.exists()
    both_are_down(**COPY)
    as_shifter.get(PAGE)
    as_shifter.get(PAGE)
    assert OmsRun.objects.get().typed == {}
    assert Entry.objects.get().source == "Run Registry's copy"


@pytest.mark.django_db
@pytest.mark.parametrize("source", [Source.OMS, Source.RUN_REGISTRY])
def test_the_last_answer_replaces_nothing_that_is_newer_or_omss(both_are_down, source):
    both_are_down(**COPY)
    make_run(source=source, lumisections=12, fetched_at=timezone.now() - HOUR)
    assert ask_for_external_info(TARGET, OmsClient()).run.lumisections == 12


@pytest.mark.django_db
def test_what_a_person_typed_stays_and_the_last_answer_fills_the_gaps(both_are_down, shifter):
    both_are_down(**COPY)
    run = make_run(source=Source.PERSON)
    run.type_in({"lumisections": 12}, by=shifter)
    run.save()
    run = ask_for_external_info(TARGET, OmsClient()).run
    assert (run.lumisections, run.recorded_lumi, list(run.typed)) == (12, 95.161531, ["lumisections"])


@pytest.mark.django_db
@pytest.mark.parametrize("told_by", ["the live copy", "the last answer"])
def test_beams_that_only_the_registrys_copy_names_choose_the_units(oms_knows, told_by):
    oms_knows(run=COLLISIONS_RUN, fill=FILL)
    copy = {"fill_type_runtime": "IONS"}
    target = Target(325000, "express", EXPRESS, oms_attributes=copy if told_by == "the live copy" else {})
    if told_by == "the last answer":
        remember([RegistryDataset(325000, EXPRESS, "OPEN", "Collisions18", copy)])
    info = ask_for_external_info(target, OmsClient())
    assert (info.run.particles, info.hints.particles) == ("", "IONS")


def test_a_failed_submit_does_not_say_that_oms_is_silent_about_what_it_was_not_asked(
    as_shifter, outside, registry_lists
):
    row = {"id": "1", "type": "runs", "attributes": lately(end_time="2018-10-25T20:00:00Z", b_field=None), "meta": {}}
    outside.get(re.compile(r"https://oms\.test/agg/api/v1/runs"), json={"data": [row], "links": {}})
    outside.get(re.compile(r"https://oms\.test/agg/api/v1/(fills|lumisections)"), json={"err": "boom"}, status=500)
    registry_lists(325000, EXPRESS)
    page = as_shifter.get(PAGE)
    assert page.context["warnings"][0].sentence.startswith("OMS answered with an error of its own")
    answer = as_shifter.post(page.context["action"], {"seal": page.context["seal"], "omsrun-run_type": "collisions"})
    assert answer.status_code == 422
    told = {notice.service: notice.sentence for notice in answer.context["warnings"]}
    assert "fill" not in told["OMS"] and "B field" in told["OMS"]
    assert "fill" in told[""]
