"""The certify flow, from the URL to what is stored."""

import re
from concurrent.futures import wait
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from certify.models import Dataset, RunReconstruction, TrackerCertification
from oms.models import OmsFill, OmsRun, RunType, Source
from tests.factories import (
    COLLISIONS_RUN,
    EXPRESS,
    FILL,
    PROMPT,
    UNITS,
    VERDICT,
    make_certification,
    make_fill,
    make_run,
    make_user,
)
from upstream.threads import in_flight

URL = "/certify/325000/"
EXPRESS_URL = "/certify/325000/express/"
TYPED = {"omsrun-run_type": "collisions", "omsrun-lumisections": "381", "omsrun-b_field": "3.8"}


@pytest.fixture
def all_is_well(oms_knows, registry_lists):
    oms_knows(COLLISIONS_RUN, FILL, UNITS)
    registry_lists(325000, EXPRESS, PROMPT, "online")


@pytest.fixture
def all_is_down(oms_is_down, registry_is_down):
    pass


def nothing_is_certified() -> bool:
    return not (TrackerCertification.objects.exists() or RunReconstruction.objects.exists() or Dataset.objects.exists())


def test_login_comes_before_any_lookup(client, db, outside):
    answer = client.get(URL)
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/login/?next=")
    assert not outside.calls


def test_a_guest_is_refused_before_any_lookup(client, guest, outside):
    client.force_login(guest)
    answer = client.get(URL)
    assert answer.status_code == 403
    assert "shifter role" in answer.text
    assert not outside.calls


def test_a_run_number_alone_offers_the_first_dataset_of_the_run_registry(as_shifter, all_is_well):
    context = as_shifter.get(URL).context
    assert (context["reco"], context["dataset"], context["external_info_complete"]) == ("express", EXPRESS, True)
    assert context["omsrun_form"] is None
    assert context["omsfill_form"] is None


def test_a_certified_dataset_is_passed_over_for_the_next(as_shifter, all_is_well, shifter2):
    make_certification(shifter2, reco="express")
    assert as_shifter.get(URL).context["reco"] == "prompt"


def test_online_is_never_offered(as_shifter, registry_lists, oms_is_down):
    registry_lists(325000, "online")
    answer = as_shifter.get(URL)
    assert answer.status_code == 404
    assert "has no dataset of run 325000" in answer.text


def test_all_certified_goes_back_to_the_open_runs_with_a_message(as_shifter, registry_lists, shifter, oms_is_down):
    registry_lists(325000, EXPRESS, "online")
    make_certification(shifter, reco="express")
    answer = as_shifter.get(URL, follow=True)
    assert answer.redirect_chain[-1][0] == "/openruns/"
    assert "All datasets of run 325000 are certified" in answer.text


def test_run_and_reconstruction_find_the_dataset(as_shifter, all_is_well):
    assert as_shifter.get("/certify/325000/prompt/").context["dataset"] == PROMPT


def test_a_reconstruction_that_the_run_has_not_is_refused_with_those_it_has(as_shifter, all_is_well):
    answer = as_shifter.get("/certify/325000/rereco/")
    assert answer.status_code == 404
    assert "/certify/325000/prompt/" in answer.text


def test_run_and_dataset_tell_the_reconstruction(as_shifter, all_is_well):
    assert as_shifter.get(URL, {"dataset": PROMPT}).context["reco"] == "prompt"


def test_a_dataset_that_is_not_the_runs_is_refused_and_not_stored(as_shifter, all_is_well):
    url = f"{URL}?dataset=/PromptReco/Cosmics2022/DQM"
    assert as_shifter.get(url).status_code == 404
    assert as_shifter.post(url, VERDICT).status_code == 404
    assert nothing_is_certified()


def test_a_dataset_only_in_the_list_of_names_is_accepted(as_shifter, oms_knows, outside):
    oms_knows(COLLISIONS_RUN, FILL, UNITS)
    outside.post(
        "https://runregistry.test/api/datasets_filtered_ordered", json={"datasets": [], "pages": 0, "count": 0}
    )
    outside.get("https://runregistry.test/api/get_all_dataset_names_of_run/325000", json=[PROMPT])
    assert as_shifter.get(URL, {"dataset": PROMPT}).context["dataset"] == PROMPT


@pytest.mark.parametrize(
    "url",
    [
        "/certify/0/",
        "/certify/2147483648/",
        "/certify/99999999999999999999999/express/",
        "/certify/325000/online/",
        "/certify/325000/nonsense/",
        "/certify/325000/?dataset=online",
        f"/certify/325000/?dataset=/Express/{'x' * 300}",
        "/certify/325000/?dataset=/Express/%00",
        "/certify/325000/prompt/?dataset=/Express/Collisions2018/DQM",
    ],
)
def test_what_can_not_be_is_refused_before_any_lookup(as_shifter, outside, url):
    assert as_shifter.get(url).status_code == 404
    assert as_shifter.post(url, VERDICT).status_code == 404
    assert not outside.calls
    assert nothing_is_certified()


def test_get_stores_only_facts(as_shifter, all_is_well):
    as_shifter.get(URL)
    assert nothing_is_certified()
    assert OmsRun.objects.get().recorded_lumi_unit == "pb^{-1}"
    assert OmsFill.objects.get().peak_lumi == 1.766


def test_get_makes_no_run_that_nobody_knows(as_shifter, all_is_down):
    assert as_shifter.get(EXPRESS_URL).status_code == 200
    assert not OmsRun.objects.exists()


def test_a_good_verdict_is_saved_and_found_in_the_list(as_shifter, all_is_well, shifter):
    as_shifter.get(URL)
    data = {**VERDICT, "comment": "fine", "external_info_complete": ""}
    answer = as_shifter.post(EXPRESS_URL, data, follow=True)
    assert "is saved: good" in answer.text
    saved = TrackerCertification.objects.get()
    assert (saved.author, saved.dataset.name, saved.comment) == (shifter, EXPRESS, "fine")
    assert saved.external_info_complete
    assert saved.is_good
    assert "325000" in as_shifter.get("/list/").text


def test_the_submit_asks_oms_nothing_and_the_run_registry_once_more(as_shifter, all_is_well, outside):
    page = as_shifter.get(URL)
    wait(list(in_flight))  # what was asked ahead and not needed
    asked = len(outside.calls)
    answer = as_shifter.post(page.context["action"], {**VERDICT, "seal": page.context["seal"]})
    assert answer.status_code == 302
    wait(list(in_flight))
    later = [urlsplit(call.request.url) for call in list(outside.calls)[asked:]]
    assert {url.netloc for url in later} == {"runregistry.test"}
    assert len(later) == 2  # the search and the list of names


def test_a_form_made_for_another_run_is_refused(as_shifter, all_is_well, outside, registry_lists, oms_knows):
    seal = as_shifter.get(URL).context["seal"]
    outside.reset()
    registry_lists(325001)
    oms_knows()
    assert as_shifter.post("/certify/325001/", {**VERDICT, "seal": seal}).status_code == 409


def test_an_invalid_form_keeps_every_typed_value_and_saves_nothing(as_shifter, all_is_down):
    typed = {**VERDICT, **TYPED, "strip": "", "comment": "TIB lost at LS 310", "omsrun-b_field": "abc"}
    answer = as_shifter.post(EXPRESS_URL, {**typed, "omsfill-fill_number": "73x4"})
    assert answer.status_code == 422
    for kept in ("TIB lost at LS 310", 'value="abc"', 'value="73x4"', 'value="381"'):
        assert kept in answer.text
    assert set(answer.context["form"].errors) == {"strip"}
    assert set(answer.context["omsrun_form"].errors) == {"b_field"}
    assert set(answer.context["omsfill_form"].errors) == {"fill_number"}
    assert nothing_is_certified()
    assert not OmsRun.objects.exists()


def test_without_oms_the_facts_are_asked_for_with_a_warning(as_shifter, oms_is_down, registry_lists):
    registry_lists(325000, EXPRESS)
    answer = as_shifter.get(URL)
    assert not answer.context["external_info_complete"]
    assert answer.context["omsrun_form"] and answer.context["omsfill_form"]
    assert "OMS answered with an error" in answer.text
    assert "class is Collisions18" in answer.text


def test_without_oms_the_run_registrys_copy_is_filled_in_and_kept_as_such(as_shifter, oms_is_down, registry_lists):
    copy = {"run_number": 325000, "recorded_lumi": 95.16, "b_field": 3.8, "l1_key": "v85", "fill_number": 7324}
    registry_lists(325000, EXPRESS, oms=copy)
    page = as_shifter.get(URL)
    assert page.context["omsrun_form"]["b_field"].value() == 3.8
    form = {"seal": page.context["seal"], **TYPED, "initial-omsrun-b_field": "3.8"}
    assert as_shifter.post(page.context["action"], {**VERDICT, **form}).status_code == 302
    run = OmsRun.objects.get()
    assert (run.source, run.l1_key, run.recorded_lumi_unit) == (Source.RUN_REGISTRY, "v85", "")
    assert set(run.typed) == {"run_type", "lumisections"}


def test_with_both_down_a_given_reconstruction_is_certified_by_hand(as_shifter, all_is_down, shifter):
    data = {**VERDICT, **TYPED, "omsfill-fill_number": "7324", "omsfill-init_lumi": "1.5", "omsrun-init_lumi": "1.4"}
    answer = as_shifter.post(EXPRESS_URL, {**data, "external_info_complete": "on"})
    assert answer.status_code == 302
    saved = TrackerCertification.objects.get()
    run = saved.run_reconstruction.run
    assert not saved.external_info_complete
    assert saved.dataset is None
    assert (run.run_type, run.lumisections, run.fill_id, run.source) == ("collisions", 381, 7324, Source.PERSON)
    assert (run.init_lumi, run.fill.init_lumi) == (1.4, 1.5)
    assert run.typed["lumisections"].by == shifter


def test_no_reconstruction_and_no_registry_offers_the_choice(as_shifter, all_is_down):
    answer = as_shifter.get(URL)
    assert answer.status_code == 503
    for reco in ("express", "prompt", "rereco", "rerecoul"):
        assert f"/certify/325000/{reco}/" in answer.text


def test_the_login_page_instead_of_data_is_named(as_shifter, outside):
    for method in ("GET", "POST"):
        outside.add(
            method,
            re.compile(r"https://(oms|runregistry)\.test/.*"),
            body="<html>Sign in</html>",
            content_type="text/html",
        )
    answer = as_shifter.get(EXPRESS_URL)
    assert answer.status_code == 200
    assert "did not accept CertHelper" in answer.text
    assert "<html>Sign in" not in answer.text


def test_a_run_that_neither_service_knows_can_be_certified_by_hand(as_shifter, oms_knows, registry_lists):
    oms_knows()
    registry_lists(325000)
    answer = as_shifter.get(EXPRESS_URL)
    assert "OMS does not know run 325000" in answer.text
    refused = as_shifter.post(EXPRESS_URL, {**VERDICT, **TYPED})
    assert (refused.status_code, set(refused.context["form"].errors)) == (422, {"run_exists"})
    assert as_shifter.post(EXPRESS_URL, {**VERDICT, **TYPED, "run_exists": "on"}).status_code == 302
    assert TrackerCertification.objects.get().run_reconstruction.run.lumisections == 381


def test_a_fill_that_oms_does_not_know_is_asked_for(as_shifter, oms_knows, registry_lists):
    oms_knows(COLLISIONS_RUN, None, UNITS)
    registry_lists(325000, EXPRESS)
    page = as_shifter.get(URL)
    assert "OMS does not know fill 7324" in page.text
    assert page.context["omsfill_form"]["fill_number"].value() == 7324
    assert page.context["omsrun_form"]["lumisections"].value() == 381


def test_facts_about_another_run_are_never_taken(as_shifter, oms_knows, registry_lists):
    oms_knows({**COLLISIONS_RUN, "run_number": 325001}, FILL, UNITS)
    registry_lists(325000, EXPRESS)
    answer = as_shifter.get(URL)
    assert "not in a form that can be trusted" in answer.text
    assert not OmsRun.objects.exists()


def test_nulls_leave_the_type_unknown_until_a_person_chooses(as_shifter, oms_knows, registry_lists):
    oms_knows({"run_number": 325000, "hlt_key": None, "stable_beam": None, "fill_number": None})
    registry_lists(325000, EXPRESS)
    page = as_shifter.get(URL)
    assert page.context["run"].run_type == RunType.UNKNOWN
    assert "OMS does not say: run type" in page.text
    assert as_shifter.post(EXPRESS_URL, {**VERDICT, "omsrun-run_type": ""}).status_code == 422
    assert as_shifter.post(EXPRESS_URL, {**VERDICT, "omsrun-run_type": "cosmics"}).status_code == 302
    assert OmsRun.objects.get().run_type == RunType.COSMICS


def test_a_persons_run_type_survives_what_oms_says_later(as_shifter, shifter, oms_knows, registry_lists):
    run = make_run(325000, run_type="cosmics", source=Source.PERSON)
    run.typed_facts.create(name="run_type", by=shifter)
    oms_knows(COLLISIONS_RUN, FILL, UNITS)
    registry_lists(325000, EXPRESS)
    assert as_shifter.get(URL).context["run"].run_type == RunType.COSMICS


def test_the_pencil_opens_the_forms_and_what_changes_is_hers(as_shifter, all_is_well):
    page = as_shifter.post(EXPRESS_URL, {"correct": "1", "comment": "typed before"})
    assert page.status_code == 200
    assert "typed before" in page.text
    assert page.context["omsrun_form"] is not None
    data = {**VERDICT, "omsrun-run_type": "collisions", "initial-omsrun-run_type": "collisions"}
    data |= {"omsrun-lumisections": "380", "initial-omsrun-lumisections": "381", "omsfill-fill_number": "7324"}
    assert as_shifter.post(EXPRESS_URL, data).status_code == 302
    run = OmsRun.objects.get()
    assert (run.lumisections, set(run.typed)) == (380, {"lumisections"})
    assert TrackerCertification.objects.get().external_info_complete


def test_a_shared_fill_is_changed_only_after_the_page_named_the_others(as_shifter, all_is_down):
    fill = make_fill(7324, bunches_colliding=2544, peak_pileup=50)
    make_run(324999, fill=fill)
    data = {**VERDICT, **TYPED, "omsfill-fill_number": "7324", "omsfill-peak_pileup": "49"}
    data |= {"initial-omsfill-peak_pileup": "50"}
    answer = as_shifter.post(EXPRESS_URL, data)
    assert answer.status_code == 422
    assert "324999" in answer.text
    assert 'name="omsfill-shared_seen" value="7324"' in answer.text
    assert as_shifter.post(EXPRESS_URL, {**data, "omsfill-shared_seen": "7324"}).status_code == 302
    fill.refresh_from_db()
    assert (fill.peak_pileup, fill.bunches_colliding, set(fill.typed)) == (49, 2544, {"peak_pileup"})


def test_a_known_fill_keeps_what_was_not_changed(as_shifter, all_is_down):
    make_fill(7324, bunches_colliding=2544)
    answer = as_shifter.post(EXPRESS_URL, {**VERDICT, **TYPED, "omsfill-fill_number": "7324"})
    assert answer.status_code == 302
    assert OmsFill.objects.get().bunches_colliding == 2544


def test_odd_upstream_values_are_shown_as_odd_and_block_nothing(as_shifter, oms_knows, registry_lists):
    oms_knows(COLLISIONS_RUN, {**FILL, "bunches_colliding": -3}, UNITS)
    registry_lists(325000, EXPRESS)
    page = as_shifter.get(URL)
    assert "odd" in page.text and "-3" in page.text
    data = {**VERDICT, "omsrun-run_type": "collisions", "omsfill-fill_number": "7324"}
    data |= {"omsfill-bunches_colliding": "-3", "initial-omsfill-bunches_colliding": "-3"}
    assert as_shifter.post(EXPRESS_URL, data).status_code == 302


def test_own_certification_opens_its_update_page(as_shifter, shifter, registry_lists):
    registry_lists(325000, PROMPT)
    make_certification(shifter)
    assert as_shifter.get("/certify/325000/prompt/").url == "/list/325000/prompt/update/"


def test_any_certification_opens_its_update_page_for_a_shift_leader(client, shiftleader, shifter, outside):
    make_certification(shifter)
    client.force_login(shiftleader)
    assert client.get(f"{URL}?dataset={PROMPT}").url == "/list/325000/prompt/update/"


def test_anothers_certification_is_refused_by_name_and_time(as_shifter, shifter2, registry_lists):
    registry_lists(325000, PROMPT)
    make_certification(shifter2)
    answer = as_shifter.get("/certify/325000/prompt/")
    assert answer.status_code == 403
    assert "was certified by shifter2 on" in answer.text


def test_a_double_submit_ends_with_one_certification_and_a_friendly_message(as_shifter, all_is_down):
    data = {**VERDICT, **TYPED, "comment": "twice"}
    assert as_shifter.post(EXPRESS_URL, data).status_code == 302
    second = as_shifter.post(EXPRESS_URL, data, follow=True)
    assert "was saved already" in second.text
    assert TrackerCertification.objects.count() == 1


def test_a_second_submit_that_says_something_else_keeps_the_input(as_shifter, all_is_down):
    as_shifter.post(EXPRESS_URL, {**VERDICT, **TYPED})
    answer = as_shifter.post(EXPRESS_URL, {**VERDICT, **TYPED, "strip": "bad", "comment": "after all bad"})
    assert answer.status_code == 409
    assert "after all bad" in answer.text
    assert TrackerCertification.objects.get().strip == "good"


def test_the_slower_of_two_sees_who_was_first_with_her_own_input(as_shifter, all_is_down, shifter2):
    make_certification(shifter2, reco="express")
    answer = as_shifter.post(EXPRESS_URL, {**VERDICT, **TYPED, "comment": "my long text"})
    assert answer.status_code == 409
    assert "was certified by shifter2" in answer.text
    assert "my long text" in answer.text
    assert TrackerCertification.objects.get().author == shifter2


def test_somebody_faster_between_check_and_save_is_told_too(as_shifter, all_is_down, shifter2, monkeypatch):
    # The page looks before the colleague has saved, and saves after it.
    monkeypatch.setattr("certify.workflow.refuse_if_certified", lambda *args: None)
    make_certification(shifter2, reco="express", dataset=EXPRESS)
    url = f"{EXPRESS_URL}?dataset={EXPRESS}"
    answer = as_shifter.post(url, {**VERDICT, **TYPED, "comment": "my long text"})
    assert answer.status_code == 409
    assert "my long text" in answer.text
    assert TrackerCertification.objects.get().author == shifter2


@pytest.mark.parametrize(
    ("field", "value"),
    [("date", "2999-01-01"), ("date", "yesterday"), ("pixel", "fine"), ("comment", "x" * 10_001), ("bad_reason", "99")]
    + [("reference_runreconstruction", "12345"), ("reference_runreconstruction", "abc"), ("pixel_problems", "77")],
)
def test_bad_input_is_a_clear_error_beside_its_field(as_shifter, all_is_down, field, value):
    answer = as_shifter.post(EXPRESS_URL, {**VERDICT, **TYPED, field: value})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}


@pytest.mark.parametrize(
    ("field", "value"),
    [("lumisections", "3301"), ("lumisections", "1e400"), ("b_field", "38"), ("recorded_lumi", "nan")]
    + [("hlt_key", "x" * 201), ("run_type", "unknown"), ("energy", "-1")],
)
def test_impossible_facts_are_a_clear_error_beside_their_field(as_shifter, all_is_down, field, value):
    answer = as_shifter.post(EXPRESS_URL, {**VERDICT, **TYPED, f"omsrun-{field}": value})
    assert answer.status_code == 422
    assert set(answer.context["omsrun_form"].errors) == {field}


def test_a_lost_session_brings_the_form_back_after_signing_in(client, shifter, all_is_down):
    sent = client.post(EXPRESS_URL, {**VERDICT, "comment": "nearly lost"})
    assert sent.status_code == 403
    assert 'name="carried-comment" value="nearly lost"' in sent.text
    login = {"username": "shifter", "password": "shifter", "next": EXPRESS_URL}
    back = client.post(reverse("login"), {**login, "carried-comment": "nearly lost", "carried-pixel": "bad"})
    assert 'name="comment" value="nearly lost"' in back.text
    form = client.post(EXPRESS_URL, {"review": "1", "comment": "nearly lost", "pixel": "bad"})
    assert form.status_code == 200
    assert "nearly lost" in form.text
    assert nothing_is_certified()


def test_the_number_of_queries_does_not_grow_with_references(as_shifter, all_is_well, django_assert_max_num_queries):
    as_shifter.get(URL)
    make_certification(make_user("other"), 300000)
    runs = [OmsRun(run_number=310000 + n, run_type="collisions") for n in range(1000)]
    OmsRun.objects.bulk_create(runs)
    RunReconstruction.objects.bulk_create(
        RunReconstruction(run=run, reconstruction="express", is_reference=True) for run in runs
    )
    with django_assert_max_num_queries(21):
        page = as_shifter.get(URL)
    assert [choice.run_number for choice in page.context["references"].choices][:2] == [310999, 310998]
    with django_assert_max_num_queries(6):
        found = as_shifter.get("/certify/references/?run=325000&reco=express&q=310777")
    assert "310777" in found.text and "310776" not in found.text


def test_units_that_oms_gave_stay_when_a_person_completes_the_facts(as_shifter, oms_knows, registry_lists):
    oms_knows({**COLLISIONS_RUN, "stable_beam": None}, FILL, UNITS)
    registry_lists(325000, EXPRESS)
    page = as_shifter.get(URL)
    assert page.context["omsrun_form"]["recorded_lumi_unit"].value() == "pb^{-1}"
    hidden = dict(re.findall(r'name="(initial-oms[^"]+)" value="([^"]*)"', page.text))
    same = {name.removeprefix("initial-"): value for name, value in hidden.items()}
    data = {**VERDICT, **hidden, **same, "omsrun-run_type": "collisions"}
    assert as_shifter.post(page.context["action"], data).status_code == 302
    run = OmsRun.objects.get()
    assert (run.recorded_lumi, run.recorded_lumi_unit, set(run.typed)) == (95.161531, "pb^{-1}", {"run_type"})
    assert run.fill.typed == {}


def test_what_oms_does_not_say_never_erases_what_is_known(as_shifter, oms_knows, registry_lists):
    make_run(325000, source=Source.RUN_REGISTRY, b_field=3.8, recorded_lumi=95.0, recorded_lumi_unit="pb^{-1}")
    oms_knows({"run_number": 325000, "b_field": None, "recorded_lumi": None}, units={"recorded_lumi": "{\\mu}b^{-1}"})
    registry_lists(325000, EXPRESS)
    as_shifter.get(URL)
    run = OmsRun.objects.get()
    assert (run.b_field, run.recorded_lumi, run.recorded_lumi_unit) == (3.8, 95.0, "pb^{-1}")
