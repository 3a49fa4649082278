"""Two datasets of one reconstruction are two certifications, and nothing of one becomes the other's."""

import re
from datetime import date
from html import unescape
from urllib.parse import urlencode

import pytest
from django.db import IntegrityError, transaction

from certify import claims, writer
from certify.exceptions import (
    CertifiedWithAnotherDataset,
    DatasetNotToBeChosen,
    MayNotCorrect,
    RunReconstructionAlreadyCertified,
)
from certify.models import Claim, DatasetStanding, Draft, NotByTheWriter, Notice, TrackerCertification, writing
from certify.notices import unseen_by
from certify.standing import settle_datasets
from certify.writer import Act, Identity, Mode
from history.models import Action, Entry
from runregistry.known import remember_run
from runregistry.listing import Listing
from runregistry.models import KnownDataset
from runregistry.rows import RegistryDataset
from tests.certify.stories.pages import Form, forms_of
from tests.factories import COSMICS, NOVEMBER, SEPTEMBER, VERDICT, make_certification, make_reconstruction

URL = "/certify/325000/rereco/"


def listing(*names: str, is_whole: bool = True) -> Listing:
    return Listing(325000, tuple(RegistryDataset(325000, name) for name in names), is_whole)


def unnamed(author, **fields) -> TrackerCertification:
    certification = make_certification(author, reco="rereco", **fields)
    certification.dataset, certification.dataset_standing = None, DatasetStanding.UNCONFIRMED
    certification.save()
    return certification


def move(certification, to: str, by) -> None:
    moved_from = certification.dataset_name or ""
    writer.move(certification.pk, certification.version, to, Act(by), moved_from=moved_from, is_listed=True)


def test_two_tabs_with_two_datasets_store_two_verdicts(as_shifter, two):
    tabs = [as_shifter.get(URL, {"dataset": name}) for name in (NOVEMBER, SEPTEMBER)]
    for tab, pixel, strip in zip(tabs, ("good", "bad"), ("good", "bad"), strict=True):
        data = {**COSMICS, "pixel": pixel, "strip": strip, "seal": tab.context["seal"]}
        assert as_shifter.post(tab.context["action"], data).status_code == 302
    stored = dict(TrackerCertification.objects.values_list("dataset__name", "strip"))
    assert stored == {NOVEMBER: "good", SEPTEMBER: "bad"}


def test_a_link_with_the_second_dataset_never_leads_to_the_update_of_the_first(as_shifter, two, shifter):
    make_certification(shifter, reco="rereco", dataset=NOVEMBER)
    page = as_shifter.get(URL, {"dataset": SEPTEMBER})
    assert (page.status_code, page.context["dataset"]) == (200, SEPTEMBER)
    assert NOVEMBER in page.text


def test_the_run_alone_offers_the_second_after_the_first_and_ends_after_both(as_shifter, two, shifter):
    make_certification(shifter, reco="rereco", dataset=NOVEMBER)
    assert as_shifter.get("/certify/325000/").context["dataset"] == SEPTEMBER
    make_certification(shifter, reco="rereco", dataset=SEPTEMBER)
    done = as_shifter.get("/certify/325000/", follow=True)
    assert "All datasets of run 325000 are certified" in done.text


def test_the_page_says_which_of_how_many_it_is(as_shifter, two):
    assert "1 of 2 ReReco datasets" in as_shifter.get(URL).text


def test_all_certified_leads_to_the_page_that_lists_them(as_shifter, two, shifter):
    for name in (NOVEMBER, SEPTEMBER):
        make_certification(shifter, reco="rereco", dataset=name)
    assert as_shifter.get(URL).url == "/list/325000/rereco/"
    for path in ("", "update/", "delete/"):
        page = as_shifter.get(f"/list/325000/rereco/{path}", follow=True)
        assert NOVEMBER in page.text and SEPTEMBER in page.text, path


@pytest.mark.parametrize("path", ["", "update/", "delete/"])
def test_each_is_found_by_its_dataset(as_shifter, two, shifter, path):
    for name in (NOVEMBER, SEPTEMBER):
        make_certification(shifter, reco="rereco", dataset=name, comment=name)
    page = as_shifter.get(f"/list/325000/rereco/{path}", {"dataset": SEPTEMBER})
    assert page.status_code == 200
    assert page.context["certification"].dataset.name == SEPTEMBER


def test_undo_takes_back_the_one_and_leaves_the_other(as_shifter, two, shifter):
    other = make_certification(shifter, reco="rereco", dataset=NOVEMBER)
    as_shifter.post(f"{URL}?dataset={SEPTEMBER}", COSMICS)
    entry = Entry.objects.get(action=Action.CREATED)
    leader = _leader()
    writer.change(other.pk, 1, {"comment": "meanwhile"}, Act(leader), complete=False)
    assert as_shifter.post(f"/list/undo/{entry.pk}/").status_code == 302, "the other one is not in its way"
    assert [each.dataset.name for each in TrackerCertification.objects.all()] == [NOVEMBER]


def test_the_history_of_one_tells_nothing_of_the_other(as_shifter, two, shifter):
    as_shifter.post(f"{URL}?dataset={NOVEMBER}", {**COSMICS, "comment": "of november"})
    as_shifter.post(f"{URL}?dataset={SEPTEMBER}", {**COSMICS, "comment": "of september"})
    page = as_shifter.get("/list/325000/rereco/", {"dataset": SEPTEMBER})
    rows = {moment.entry.row for moment in page.context["timeline"] if moment.entry.row}
    assert rows == {page.context["certification"].pk}


def test_a_form_about_one_dataset_is_never_merged_with_the_other(as_shifter, two, shifter):
    certification = make_certification(shifter, reco="rereco", dataset=NOVEMBER)
    move(certification, SEPTEMBER, _leader())
    url = f"/list/325000/rereco/update/?dataset={NOVEMBER}"
    page = as_shifter.post(url, {**COSMICS, "version": 1, "comment": "of november"})
    assert page.status_code == 409
    assert f"is certified with {SEPTEMBER} by shifter; you looked at {NOVEMBER}" in page.text
    assert TrackerCertification.objects.get().comment == ""
    assert ["comment", "of november"] in Draft.objects.get().fields


def _leader():
    from tests.factories import make_user
    from users import roles

    return make_user("leader", roles.SHIFT_LEADER)


def test_the_database_keeps_one_of_a_dataset_and_one_without(shifter):
    first = make_certification(shifter, reco="rereco", dataset=NOVEMBER)
    of = first.run_reconstruction
    for dataset in (first.dataset, None):
        if dataset is None:
            TrackerCertification.objects.create(run_reconstruction=of, author=shifter, **VERDICT)
        with pytest.raises(IntegrityError), transaction.atomic():
            TrackerCertification.objects.create(run_reconstruction=of, dataset=dataset, author=shifter, **VERDICT)


def test_online_is_never_certified(shifter):
    of = make_reconstruction(325000, "online")
    with pytest.raises(IntegrityError):
        TrackerCertification.objects.create(run_reconstruction=of, author=shifter, **VERDICT)


def test_claims_of_two_datasets_are_two_and_an_old_one_holds_both(shifter, shifter2):
    claims.claim(325000, "rereco", NOVEMBER, shifter)
    claims.claim(325000, "rereco", SEPTEMBER, shifter2)
    assert Claim.objects.count() == 2
    Claim.objects.all().delete()
    claims.claim(325000, "rereco", "", shifter)
    with pytest.raises(claims.ClaimedByAnother):
        claims.claim(325000, "rereco", SEPTEMBER, shifter2)


# --- One whose dataset nobody knows ---------------------------------------------------------------


def test_without_a_name_it_becomes_the_only_dataset(shifter):
    certification = unnamed(shifter)
    assert settle_datasets(listing(NOVEMBER)) == {certification.pk}
    certification.refresh_from_db()
    assert (certification.dataset.name, certification.is_confirmed, certification.version) == (NOVEMBER, True, 2)


def test_of_several_nothing_is_guessed_and_the_author_is_told(shifter):
    certification = unnamed(shifter)
    settle_datasets(listing(NOVEMBER, SEPTEMBER))
    certification.refresh_from_db()
    assert (certification.dataset, certification.dataset_standing) == (None, DatasetStanding.SEVERAL)
    assert Notice.objects.get().user == shifter
    assert settle_datasets(listing(NOVEMBER, SEPTEMBER)) == set(), "it is told once"


def test_where_the_only_one_is_certified_nothing_moves_and_both_are_told(shifter, shifter2):
    make_certification(shifter2, reco="rereco", dataset=NOVEMBER)
    certification = unnamed(shifter, external_info_complete=True)
    settle_datasets(listing(NOVEMBER))
    certification.refresh_from_db()
    assert certification.dataset_standing == DatasetStanding.TAKEN
    assert {notice.user for notice in Notice.objects.all()} == {shifter, shifter2}
    assert certification not in TrackerCertification.objects.waiting()


def test_next_passes_over_what_may_be_certified_without_a_name(as_shifter, two, shifter2):
    unnamed(shifter2)
    page = as_shifter.get("/certify/325000/")
    assert page.status_code == 409
    assert "dataset not known" in page.text


def test_beside_one_without_a_name_one_certifies_only_knowingly(as_shifter, two, shifter2):
    unnamed(shifter2)
    url = f"{URL}?dataset={NOVEMBER}"
    assert "shifter2 certified 325000 rereco, dataset not known" in as_shifter.get(url).text
    refused = as_shifter.post(url, COSMICS)
    assert (refused.status_code, set(refused.context["form"].errors)) == (422, {"dataset_unknown"})
    assert as_shifter.post(url, {**COSMICS, "dataset_unknown": "on"}).status_code == 302
    assert TrackerCertification.objects.count() == 2


def test_the_author_chooses_the_dataset_on_its_page_and_others_do_not(as_shifter, two, shifter, shifter2):
    certification = unnamed(shifter)
    as_shifter.get(f"{URL}?dataset={NOVEMBER}")  # so that the datasets are known
    page = as_shifter.get("/list/325000/rereco/", {"dataset": ""})
    assert page.context["datasets_to_choose"] == [NOVEMBER, SEPTEMBER]
    with pytest.raises(MayNotCorrect):
        move(certification, SEPTEMBER, shifter2)
    sent = {"to": SEPTEMBER, "version": certification.version}
    as_shifter.post("/list/325000/rereco/dataset/?dataset=", sent)
    certification.refresh_from_db()
    assert (certification.dataset.name, certification.is_confirmed) == (SEPTEMBER, True)
    assert Entry.objects.filter(action=Action.MOVED, row=certification.pk).exists()


def test_only_a_leader_moves_a_named_one_and_only_within_its_reconstruction(shifter, shiftleader):
    certification = make_certification(shifter, reco="rereco", dataset=NOVEMBER)
    with pytest.raises(MayNotCorrect):
        move(certification, SEPTEMBER, shifter)
    with pytest.raises(DatasetNotToBeChosen):
        move(certification, "/PromptReco/Collisions2018D/DQM", shiftleader)
    make_certification(shifter, reco="rereco", dataset=SEPTEMBER)
    with pytest.raises(RunReconstructionAlreadyCertified):
        move(certification, SEPTEMBER, shiftleader)


# --- What the Run Registry took back --------------------------------------------------------------


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_dataset_is_no_longer_listed_only_where_both_answers_lack_it(shifter, is_whole):
    certification = make_certification(shifter, reco="rereco", dataset=NOVEMBER)
    settle_datasets(listing(SEPTEMBER, is_whole=is_whole))
    certification.refresh_from_db()
    assert (certification.dataset_standing == DatasetStanding.UNLISTED) is is_whole
    settle_datasets(listing(NOVEMBER))
    certification.refresh_from_db()
    assert certification.is_confirmed


def test_hidden_between_opening_and_saving_it_is_stored_as_not_confirmed(
    as_shifter, two, outside, registry_lists, settings
):
    settings.RUN_REGISTRY_FRESH = 0
    page = as_shifter.get(URL, {"dataset": NOVEMBER})
    outside.reset()
    outside.post(settings.SSO_TOKEN_URL, json={"access_token": "t0ken", "expires_in": 1200})
    registry_lists(325000, SEPTEMBER)
    data = {**COSMICS, "seal": page.context["seal"]}
    saved = as_shifter.post(page.context["action"], data, follow=True)
    certification = TrackerCertification.objects.get()
    assert (certification.dataset.name, certification.is_confirmed) == (NOVEMBER, False)
    assert "does not list" in saved.text


# --- One writer -----------------------------------------------------------------------------------


@pytest.mark.parametrize("manager", ["objects", "everything", "_base_manager", "_default_manager"])
@pytest.mark.parametrize("method", ["update", "delete", "bulk_create", "bulk_update"])
def test_nothing_changes_certifications_past_the_writer(shifter, manager, method):
    certification = make_certification(shifter)
    rows = getattr(TrackerCertification, manager).all()
    arguments = {"bulk_create": ([certification],), "bulk_update": ([certification], ["comment"])}.get(method, ())
    with pytest.raises(NotByTheWriter):
        getattr(rows, method)(*arguments)
    with pytest.raises(NotByTheWriter):
        certification.delete()


@pytest.mark.parametrize("version", [None, 0, 2, 99])
@pytest.mark.parametrize("door", ["update/", "delete/", "restore", "purge", "bring-back"])
def test_every_door_wants_the_version_that_the_page_was_made_with(client, shifter, door, version):
    certification = make_certification(shifter, comment="first")
    shifter.is_superuser = True
    shifter.save()
    client.force_login(shifter)
    if door in ("restore", "purge"):
        writer.delete(certification.pk, 1, Act(shifter, "wrong"))
        url, version = f"/list/bin/{certification.pk}/{door}/", version and version + 1
    elif door == "bring-back":
        entry = Entry.objects.create(
            subject="certification 325000 prompt", row=certification.pk, action="before", by=shifter, version=1,
            state={"comment": "older"}, click="00000000-0000-0000-0000-000000000000",
        )  # fmt: skip
        url = f"/list/325000/prompt/versions/{entry.pk}/bring-back/"
    else:
        url = f"/list/325000/prompt/{door}"
    sent = {**COSMICS, "initial-omsrun-run_type": "collisions", "omsrun-run_type": "collisions", "comment": "second"}
    sent |= {"reason": "because"} | ({} if version is None else {"version": version})
    assert client.post(url, sent).status_code == 409
    stored = TrackerCertification.everything.get()
    assert (stored.comment, bool(stored.deleted_at)) == ("first", door in ("restore", "purge"))


@pytest.mark.parametrize(
    ("door", "looks_again"), [("update/", False), ("update/", True), ("delete/", False), ("", False)]
)
def test_a_form_about_one_changes_no_other_that_took_its_place(
    client, shifter, shifter2, shiftleader, two, door, looks_again
):
    client.force_login(shiftleader)
    client.get(f"{URL}?dataset={SEPTEMBER}")  # so that there is a dataset to move it to
    first = make_certification(shifter, reco="rereco", dataset=NOVEMBER)
    form = made_from_a_version(client.get(f"/list/325000/rereco/{door}", {"dataset": NOVEMBER}))
    writer.delete(first.pk, first.version, Act(shifter, "wrong"))
    second = make_certification(shifter2, reco="rereco", dataset=NOVEMBER)
    typed = {"reason": "because", "to": SEPTEMBER, "strip": "bad", "comment": "of the first"}
    if looks_again:
        form = made_from_a_version(client.post(form.url, {**form.fields, **typed, "review": "1"}))
    assert client.post(form.url, {**form.fields, **typed}).status_code == 409
    second.refresh_from_db()
    assert (second.version, second.comment, second.dataset.name, second.deleted_at) == (1, "", NOVEMBER, None)


def made_from_a_version(page) -> Form:
    return next(form for form in forms_of(page) if "version" in form.fields)


@pytest.mark.parametrize("act", ["undo", "restore"])
def test_who_has_lost_the_right_acts_no_more(client, shifter, act):
    certification = make_certification(shifter)
    writer.delete(certification.pk, 1, Act(shifter, "wrong"))
    entry = Entry.objects.first()
    shifter.groups.clear()
    client.force_login(shifter)
    url = f"/list/undo/{entry.pk}/" if act == "undo" else f"/list/bin/{certification.pk}/restore/"
    assert client.post(url, {"version": 2}).status_code == 403
    assert TrackerCertification.everything.get().deleted_at


def test_what_a_leader_deleted_the_author_certifies_again_but_does_not_restore(as_shifter, shifter, shiftleader):
    certification = make_certification(shifter)
    writer.delete(certification.pk, 1, Act(shiftleader, "wrong run"))
    assert as_shifter.post(f"/list/bin/{certification.pk}/restore/", {"version": 2}).status_code == 403
    assert "Restore" not in as_shifter.get("/list/bin/").text


def test_recorded_stores_what_was_and_checked_refuses_what_breaks_a_rule(shifter):
    old = {**VERDICT, "date": date(2005, 1, 1)}
    identity = Identity(325000, "rereco", NOVEMBER)
    with pytest.raises(Exception, match="before 2008"):
        writer.create(identity, old, Act(shifter), complete=False)
    assert writer.create(identity, old, Act(shifter), complete=False, mode=Mode.RECORDED).date.year == 2005


def test_a_dataset_that_is_in_the_list_of_names_only_is_found_every_way(as_shifter, outside, oms_is_down):
    outside.post(
        "https://runregistry.test/api/datasets_filtered_ordered", json={"datasets": [], "pages": 0, "count": 0}
    )
    outside.get("https://runregistry.test/api/get_all_dataset_names_of_run/325000", json=[NOVEMBER])
    for url in ("/certify/325000/", URL, f"{URL}?dataset={NOVEMBER}"):
        assert as_shifter.get(url).context["dataset"] == NOVEMBER, url
    with writing():
        assert not TrackerCertification.objects.update(comment="")


# --- Drafts, and names that are none ---------------------------------------------------------------


def test_a_draft_leads_back_to_the_dataset_that_it_was_typed_for(as_shifter, two):
    page = as_shifter.get(URL, {"dataset": SEPTEMBER})
    as_shifter.post(page.context["draft_url"], {"comment": "of september", "draft_page": "one"})
    again = as_shifter.get(URL, {"dataset": SEPTEMBER})
    link = next(url for url in re.findall(r'href="([^"]+)"', again.text) if "draft=" in url)
    opened = as_shifter.get(unescape(link))
    assert opened.context["dataset"] == SEPTEMBER
    assert opened.context["form"]["comment"].value() == "of september"


def test_a_draft_of_one_dataset_does_not_fill_the_form_of_the_other(as_shifter, two):
    page = as_shifter.get(URL, {"dataset": SEPTEMBER})
    as_shifter.post(page.context["draft_url"], {"comment": "of september", "draft_page": "one"})
    other = as_shifter.get(URL, {"dataset": NOVEMBER, "draft": Draft.objects.get().pk})
    assert "of september" not in str(other.context["form"]["comment"].value())
    unsaid = as_shifter.get(URL, {"draft": Draft.objects.get().pk}, follow=True)
    assert unsaid.context["dataset"] == SEPTEMBER


@pytest.mark.parametrize("name", ["\x00", "/ReReco/\x00/DQM", f"/ReReco/{'x' * 300}/DQM", "no dataset"])
@pytest.mark.parametrize("path", ["/certify/325000/{}", "/list/325000/{}", "/list/325000/{}update/"])
def test_what_is_no_name_of_a_dataset_is_not_found(as_shifter, two, path, name):
    url = path.format("rereco/")
    assert as_shifter.get(url, {"dataset": name}).status_code == 404
    sent = as_shifter.post(f"{url}?{urlencode({'dataset': name})}", COSMICS)
    assert sent.status_code in (404, 405)
    assert not TrackerCertification.objects.exists()


@pytest.fixture
def named_while_open(as_shifter, shifter, two):
    """The update page of one without a dataset was opened; the Run Registry named it meanwhile."""
    certification = unnamed(shifter)
    page = as_shifter.get("/list/325000/rereco/update/?dataset=")
    settle_datasets(listing(NOVEMBER))
    certification.refresh_from_db()
    assert certification.dataset_name == NOVEMBER
    return certification, page


def corrected(page) -> dict:
    return {**COSMICS, "pixel": "bad", "version": page.context["version"], "seal": page.context["seal"]}


def test_a_correction_goes_to_what_got_its_name_meanwhile(as_shifter, named_while_open):
    certification, page = named_while_open
    assert as_shifter.post(page.context["action"], corrected(page)).status_code == 302
    certification.refresh_from_db()
    assert (certification.pixel, certification.dataset_name) == ("bad", NOVEMBER)


def test_two_versions_of_what_got_its_name_meanwhile_are_compared(as_shifter, shiftleader, named_while_open):
    certification, page = named_while_open
    writer.change(
        certification.pk,
        certification.version,
        {"strip": "bad", "date": date(2026, 1, 15)},
        Act(shiftleader),
        complete=False,
    )
    conflict = as_shifter.post(page.context["action"], corrected(page))
    assert conflict.status_code == 409
    assert {"Pixel", "Strip"} <= {each.label for each in conflict.context["differences"]}


@pytest.mark.parametrize("path", ["", "update/", "delete/"])
def test_an_old_link_without_a_name_leads_to_what_got_one(as_shifter, named_while_open, path):
    page = as_shifter.get(f"/list/325000/rereco/{path}?dataset=")
    assert page.status_code == 200
    assert page.context["certification"] == named_while_open[0]


def test_an_old_link_with_another_name_says_what_is_certified(as_shifter, shifter, two):
    make_certification(shifter, reco="rereco", dataset=NOVEMBER)
    page = as_shifter.get("/list/325000/rereco/", {"dataset": SEPTEMBER})
    assert page.status_code == 409
    assert f"certified with {NOVEMBER}" in page.text and f"you looked at {SEPTEMBER}" in page.text


def test_a_form_of_one_dataset_sent_to_the_update_of_another_stores_nothing(as_shifter, shifter, two):
    pages = []
    for name in (NOVEMBER, SEPTEMBER):
        make_certification(shifter, reco="rereco", dataset=name)
        pages.append(as_shifter.get("/list/325000/rereco/update/", {"dataset": name}))
    refused = as_shifter.post(pages[0].context["action"], corrected(pages[1]))
    assert refused.status_code == 409
    assert f"you looked at {SEPTEMBER}" in refused.text
    assert set(TrackerCertification.objects.values_list("pixel", flat=True)) == {"good"}


def test_a_refused_form_still_says_which_of_how_many_it_is(as_shifter, two):
    page = as_shifter.get(URL)
    refused = as_shifter.post(page.context["action"], {"seal": page.context["seal"]})
    assert (refused.status_code, "1 of 2 ReReco datasets" in refused.text) == (422, True)


def test_which_dataset_was_looked_at_is_never_preselected(as_shifter, shifter, two):
    unnamed(shifter)
    settle_datasets(listing(NOVEMBER, SEPTEMBER))
    remember_run(325000, [RegistryDataset(325000, name) for name in (NOVEMBER, SEPTEMBER)])
    page = as_shifter.get("/list/325000/rereco/?dataset=").text
    assert '<option value="">Choose …</option>' in page
    refused = as_shifter.post("/list/325000/rereco/dataset/?dataset=", {"version": 1, "to": ""})
    assert (refused.status_code, TrackerCertification.objects.get().dataset) == (409, None)


def test_what_is_said_of_a_dataset_is_remembered_at_once(as_shifter, two):
    page = as_shifter.get(URL)
    remember_run(325000, [RegistryDataset(325000, name, "SIGNOFF") for name in (NOVEMBER, SEPTEMBER)])
    assert set(KnownDataset.objects.values_list("tracker_state", flat=True)) == {"SIGNOFF"}
    as_shifter.post(page.context["action"], {**COSMICS, "seal": page.context["seal"]})
    assert set(KnownDataset.objects.values_list("tracker_state", flat=True)) == {"OPEN"}, "as it answered last"


def test_who_meets_a_certification_is_led_to_the_other_datasets(as_shifter, shifter2, two):
    remember_run(325000, [RegistryDataset(325000, name) for name in (NOVEMBER, SEPTEMBER)])
    make_certification(shifter2, reco="rereco", dataset=NOVEMBER)
    page = as_shifter.get(URL, {"dataset": NOVEMBER})
    assert "was certified by shifter2" in page.text
    assert f"{SEPTEMBER} · not certified: certify it" in page.text


def test_who_meets_one_without_a_name_is_told_and_led_on(as_shifter, shifter2, two):
    remember_run(325000, [RegistryDataset(325000, name) for name in (NOVEMBER, SEPTEMBER)])
    unnamed(shifter2)
    refused = as_shifter.get("/list/325000/rereco/update/?dataset=")
    assert refused.status_code == 403
    page = as_shifter.get(URL, {"dataset": SEPTEMBER})
    assert "dataset not known: it may be this one" in page.text


def test_a_dataset_that_may_be_a_certified_one_renamed_says_so(as_shifter, shifter2, registry_lists, oms_is_down):
    make_certification(shifter2, reco="rereco", dataset=NOVEMBER)
    registry_lists(325000, SEPTEMBER)
    page = as_shifter.get(URL)
    assert f"{NOVEMBER} is certified, but the Run Registry does not list it any more" in page.text


def test_the_notice_that_asks_for_a_choice_goes_with_the_choice(as_shifter, shifter, two):
    certification = unnamed(shifter)
    settle_datasets(listing(NOVEMBER, SEPTEMBER))
    assert Notice.objects.unseen_by(shifter).count() == 1
    certification.refresh_from_db()
    move(certification, NOVEMBER, shifter)
    assert not Notice.objects.unseen_by(shifter).exists()


def test_a_typed_energy_that_is_odd_is_told_when_it_is_saved(as_shifter, registry_lists, oms_is_down):
    registry_lists(325000, NOVEMBER)
    page = as_shifter.get(URL)
    said = {**VERDICT, "omsrun-run_type": "collisions", "omsrun-energy": "13", "seal": page.context["seal"]}
    saved = as_shifter.post(page.context["action"], said, follow=True)
    assert "13 GeV: is it 13 TeV" in saved.text


def test_a_choice_made_before_the_run_registry_chose_is_refused(client, shifter, shiftleader, two):
    """That it was named is no version."""
    certification = unnamed(shifter)
    client.force_login(shiftleader)
    client.get(f"{URL}?dataset={NOVEMBER}")  # so that the datasets are known
    page = client.get("/list/325000/rereco/?dataset=")
    choice = next(form for form in forms_of(page) if "certification" in form.fields and "/dataset/" in form.url)
    settle_datasets(listing(NOVEMBER))
    refused = client.post(choice.url, {**choice.fields, "to": SEPTEMBER})
    assert refused.status_code == 409
    certification.refresh_from_db()
    assert (certification.dataset_name, certification.is_confirmed) == (NOVEMBER, True)


@pytest.mark.parametrize("first", ["the named one", "the one without a name"])
@pytest.mark.parametrize("how", ["undo", "restore"])
def test_what_stood_side_by_side_comes_back_side_by_side(shifter, shifter2, first, how):
    certifications = [make_certification(shifter, reco="rereco", dataset=NOVEMBER), unnamed(shifter2)]
    back = certifications[first != "the named one"]
    writer.delete(back.pk, back.version, Act(back.author, "by mistake"))
    if how == "undo":
        writer.undo(Entry.objects.filter(action=Action.DELETED).get().pk, back.author)
    else:
        writer.restore(back.pk, back.version + 1, Act(back.author))
    assert TrackerCertification.objects.count() == 2


def test_beside_what_came_after_it_nothing_comes_back_without_a_look(shifter, shifter2):
    back = make_certification(shifter, reco="rereco", dataset=NOVEMBER)
    writer.delete(back.pk, back.version, Act(shifter, "by mistake"))
    unnamed(shifter2)
    with pytest.raises(CertifiedWithAnotherDataset):
        writer.restore(back.pk, back.version + 1, Act(shifter))


def test_a_second_of_the_same_does_not_come_back(shifter, shifter2):
    for make in (lambda by: make_certification(by, reco="rereco", dataset=NOVEMBER), unnamed):
        back = make(shifter)
        writer.delete(back.pk, back.version, Act(shifter, "by mistake"))
        make(shifter2)
        with pytest.raises(RunReconstructionAlreadyCertified):
            writer.restore(back.pk, back.version + 1, Act(shifter))


def test_the_correction_of_one_without_a_name_leads_to_the_choice(as_shifter, shifter, two):
    unnamed(shifter)
    as_shifter.get(f"{URL}?dataset={NOVEMBER}")  # so that the datasets are known
    page = as_shifter.get("/list/325000/rereco/update/?dataset=")
    assert page.context["choose_url"] == "/list/325000/rereco/?dataset="
    assert "Choose the dataset that was looked at" in page.text
    assert 'name="to"' in as_shifter.get(page.context["choose_url"]).text


def test_the_next_dataset_of_the_run_is_offered_only_where_there_is_one(as_shifter, two):
    offers = []
    for name in (NOVEMBER, SEPTEMBER):
        page = as_shifter.get(URL, {"dataset": name})
        saved = as_shifter.post(page.context["action"], {**COSMICS, "seal": page.context["seal"]}, follow=True)
        offers.append("Certify the next dataset of 325000" in saved.text)
    assert offers == [True, False]


def test_whose_dataset_may_be_certified_twice_is_told_by_whom(shifter, shifter2):
    make_certification(shifter, reco="rereco", dataset=NOVEMBER)
    unnamed(shifter2)
    settle_datasets(listing(NOVEMBER))
    [to_the_first], [to_the_second] = unseen_by(shifter), unseen_by(shifter2)
    assert "which shifter2 certified without a name, may be of the same dataset as yours" in to_the_first.words
    assert "its only dataset in the Run Registry is certified already" in to_the_second.words
