"""What an attack on the flow found: each of these once lost typed text or stored something false."""

import re

import pytest

from certify.models import DatasetStanding, TrackerCertification, writing
from oms.models import OmsFill, OmsRun, RunType
from tests.factories import COLLISIONS_RUN, EXPRESS, FILL, PROMPT, UNITS, VERDICT, make_certification, make_run

EXPRESS_URL = "/certify/325000/express/"
TYPED = {"omsrun-run_type": "collisions", "omsrun-lumisections": "381"}


@pytest.fixture
def copy_only(oms_is_down, registry_lists):
    registry_lists(325000, EXPRESS, oms={"run_number": 325000, "fill_number": 7324, "b_field": 3.8})


def test_typed_facts_of_a_prefilled_fill_are_linked_to_the_run(as_shifter, copy_only):
    as_shifter.get(EXPRESS_URL)
    numbers = {"omsfill-fill_number": "7324", "initial-omsfill-fill_number": "7324"}
    data = {**VERDICT, **TYPED, **numbers, "omsfill-peak_pileup": "50"}
    assert as_shifter.post(EXPRESS_URL, data).status_code == 302
    run = OmsRun.objects.get()
    assert run.fill.peak_pileup == 50
    assert "fill_number" not in run.typed


def test_a_prefilled_fill_number_alone_makes_no_empty_fill(as_shifter, copy_only):
    as_shifter.get(EXPRESS_URL)
    numbers = {"omsfill-fill_number": "7324", "initial-omsfill-fill_number": "7324"}
    assert as_shifter.post(EXPRESS_URL, {**VERDICT, **TYPED, **numbers}).status_code == 302
    assert not OmsFill.objects.exists()


def test_a_run_that_only_knows_the_number_of_the_fill_counts_among_those_that_share_it(as_shifter, copy_only):
    OmsFill.objects.create(fill_number=7324, peak_pileup=33)
    make_run(324999, fill_number=7324)
    page = as_shifter.get(EXPRESS_URL)
    assert page.context["omsfill_form"]["peak_pileup"].value() == 33
    assert 'name="omsfill-shared_seen"' in page.text
    data = {**VERDICT, **TYPED, "omsfill-fill_number": "7324", "omsfill-peak_pileup": "77"}
    data["initial-omsfill-peak_pileup"] = "33"
    assert as_shifter.post(EXPRESS_URL, data).status_code == 422
    assert OmsFill.objects.get().peak_pileup == 33


def test_the_conflict_page_keeps_the_input_whatever_is_pressed_next(as_shifter, shifter2, registry_lists):
    registry_lists(325000, EXPRESS)
    make_certification(shifter2, reco="express")
    page = as_shifter.post(EXPRESS_URL, {**VERDICT, "comment": "my text"})
    assert page.context["action"] == EXPRESS_URL
    for button in ("search", "correct", "review"):
        again = as_shifter.post(page.context["action"], {**VERDICT, "comment": "my text", button: "1"})
        assert (again.status_code, "my text" in again.text) == (409, True)


def test_a_registry_that_comes_back_and_refuses_gives_the_text_back(as_shifter, oms_knows, registry_lists):
    oms_knows(COLLISIONS_RUN, FILL, UNITS)
    registry_lists(325000, PROMPT)
    refused = as_shifter.post("/certify/325000/rereco/", {**VERDICT, "comment": "my text"})
    assert refused.status_code == 404
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', refused.text))
    back = as_shifter.post("/certify/325000/prompt/", fields)
    assert (back.status_code, "my text" in back.text) == (200, True)
    assert not TrackerCertification.objects.exists()


def test_the_dataset_that_was_asked_for_is_the_one_confirmed_later(as_shifter, oms_is_down, registry_is_down):
    page = as_shifter.get("/certify/325000/", {"dataset": "/ReReco/Run2018D_17Sept2018/DQM"})
    assert "/ReReco/Run2018D_17Sept2018/DQM is not confirmed" in page.text
    assert page.context["action"].endswith("?dataset=%2FReReco%2FRun2018D_17Sept2018%2FDQM")
    saved = as_shifter.post(page.context["action"], {**VERDICT, **TYPED}, follow=True)
    assert "Its dataset is not confirmed yet" in saved.text
    certification = TrackerCertification.objects.get()
    assert certification.dataset_name == "/ReReco/Run2018D_17Sept2018/DQM"
    assert certification.dataset_standing == DatasetStanding.UNCONFIRMED


@pytest.mark.parametrize("component", ["pixel", "strip", "tracking"])
def test_a_problem_beyond_the_database_is_an_error_beside_its_field(
    as_shifter, oms_is_down, registry_is_down, component
):
    answer = as_shifter.post(EXPRESS_URL, {**VERDICT, **TYPED, f"{component}_problems": ["9" * 30]})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {f"{component}_problems"}


def test_two_clicks_with_a_comment_of_two_lines_are_one_submit(as_shifter, oms_is_down, registry_is_down):
    data = {**VERDICT, **TYPED, "comment": "line 1\r\nline 2"}
    as_shifter.post(EXPRESS_URL, data)
    assert "was saved already" in as_shifter.post(EXPRESS_URL, data, follow=True).text
    assert TrackerCertification.objects.get().comment == "line 1\nline 2"


def test_a_forged_seal_does_not_keep_oms_from_being_asked(as_shifter, oms_knows, registry_lists):
    oms_knows(COLLISIONS_RUN, FILL, UNITS)
    registry_lists(325000, EXPRESS)
    data = {**VERDICT, "seal": "forged", "omsrun-run_type": "collisions"}
    assert as_shifter.post(EXPRESS_URL, data).status_code == 302
    assert TrackerCertification.objects.get().external_info_complete


def test_a_number_without_a_unit_field_leaves_the_unit_alone(as_shifter, oms_knows, registry_lists):
    oms_knows(COLLISIONS_RUN, FILL, UNITS)
    registry_lists(325000, EXPRESS)
    as_shifter.get(EXPRESS_URL)
    data = {**VERDICT, "omsrun-run_type": "collisions", "omsrun-recorded_lumi": "5", "omsfill-fill_number": "7324"}
    data |= {"initial-omsrun-recorded_lumi": "95.161531", "initial-omsfill-fill_number": "7324"}
    assert as_shifter.post(EXPRESS_URL, data).status_code == 302
    run = OmsRun.objects.get()
    assert (run.recorded_lumi, run.recorded_lumi_unit, set(run.typed)) == (5, "pb^{-1}", {"recorded_lumi"})


def test_a_fact_that_was_emptied_is_filled_again_by_oms(db, shifter):
    run = make_run(325000, lumisections=3)
    run.type_in({"lumisections": 4}, by=shifter)
    run.type_in({"lumisections": None}, by=shifter)
    assert (run.lumisections, run.typed) == (None, {})


def test_saving_over_a_newer_version_is_announced_first(as_shifter, shifter, outside, oms_is_down):
    certification = make_certification(shifter)
    make_complete = {"run_type": RunType.COLLISIONS, "lumisections": 3}
    OmsRun.objects.update(**make_complete)
    url = "/list/325000/prompt/update/"
    version = as_shifter.get(url).context["version"]
    certification.comment = "by the shift leader"
    certification.save()
    mine = {**VERDICT, **TYPED, "initial-omsrun-lumisections": "3", "comment": "mine", "version": version}
    overtaken = as_shifter.post(url, mine)
    assert overtaken.status_code == 409
    assert "mine" in overtaken.text
    assert TrackerCertification.objects.get().comment == "by the shift leader"
    assert as_shifter.post(url, {**mine, "version": overtaken.context["version"]}).status_code == 302
    assert TrackerCertification.objects.get().comment == "mine"


def test_a_typed_fill_number_is_hers_and_moves_the_run_to_that_fill(as_shifter, shifter, oms_is_down, registry_is_down):
    wrong = OmsFill.objects.create(fill_number=7300)
    make_run(325000, source="person", fill=wrong, fill_number=7300)
    numbers = {"omsfill-fill_number": "7324", "initial-omsfill-fill_number": "7300"}
    assert as_shifter.post(EXPRESS_URL, {**VERDICT, **TYPED, **numbers}).status_code == 302
    run = OmsRun.objects.get()
    assert (run.fill_id, run.fill_number, run.typed["fill_number"].by) == (7324, 7324, shifter)


def test_what_was_certified_without_the_registry_can_be_corrected_when_it_has_no_such_dataset(
    as_shifter, shifter, oms_knows, registry_lists
):
    make_certification(shifter, reco="rereco")
    with writing():
        TrackerCertification.objects.update(dataset=None, dataset_standing="unconfirmed")
    oms_knows(COLLISIONS_RUN, FILL, UNITS)
    registry_lists(325000, EXPRESS, PROMPT)
    url = "/list/325000/rereco/update/"
    page = as_shifter.get(url)
    assert page.status_code == 200
    assert "has no rereco dataset of run 325000" in page.text
    assert as_shifter.post(url, {**VERDICT, "version": 1, "comment": "corrected"}).status_code == 302
    saved = TrackerCertification.objects.get()
    assert (saved.comment, saved.dataset) == ("corrected", None)


def test_refresh_now_keeps_what_is_typed_and_shows_what_came(as_shifter, outside, registry_lists, oms_knows):
    oms = outside.get(re.compile(r"https://oms\.test/.*"), status=500)
    registry_lists(325000, EXPRESS)
    page = as_shifter.get("/certify/325000/express/").content.decode()
    assert 'name="refresh"' in page
    outside.remove(oms)
    oms_knows(run=COLLISIONS_RUN, fill=FILL, units=UNITS)
    typed = {
        "pixel": "bad",
        "comment": "noisy ring",
        "omsrun-lumisections": "380",
        "initial-omsrun-lumisections": "",
        "omsrun-b_field": "",
        "initial-omsrun-b_field": "",
        "omsrun-run_type": "",
        "initial-omsrun-run_type": "",
        "omsfill-fill_number": "",
        "initial-omsfill-fill_number": "",
        "refresh": "1",
    }
    answer = as_shifter.post("/certify/325000/express/", typed)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "noisy ring" in page
    form = answer.context["omsrun_form"]
    assert form["lumisections"].value() == "380"
    assert form["b_field"].value() == "3.8"
    assert form.changed_fields() == ["lumisections"]
    assert answer.context["omsfill_form"]["fill_number"].value() == "7324"
    assert not TrackerCertification.objects.exists()


@pytest.mark.parametrize(("typed", "status"), [(VERDICT, 409), ({**VERDICT, "pixel": ""}, 422)])
def test_refresh_now_of_what_was_certified_meanwhile_keeps_what_is_typed(
    as_shifter, shifter, oms_is_down, registry_is_down, typed, status
):
    make_certification(shifter, reco="express", pixel="bad")
    facts = {"omsrun-run_type": "collisions", "initial-omsrun-run_type": "collisions"}
    page = as_shifter.post(EXPRESS_URL, {**typed, **facts, "comment": "mine", "refresh": "1"})
    assert page.status_code == status
    assert "mine" in page.text
    assert TrackerCertification.objects.get().comment == ""


def test_refresh_now_closes_the_inputs_that_nobody_used_when_oms_tells_all(
    as_shifter, outside, registry_lists, oms_knows
):
    registry_lists(325000, EXPRESS)
    oms_knows(run=COLLISIONS_RUN, fill=FILL, units=UNITS)
    data = {"comment": "noisy ring", "omsrun-b_field": "", "initial-omsrun-b_field": "", "refresh": "1"}
    answer = as_shifter.post("/certify/325000/express/", data)
    assert answer.context["omsrun_form"] is None
    assert "facts complete" in answer.content.decode()
    assert "noisy ring" in answer.content.decode()
