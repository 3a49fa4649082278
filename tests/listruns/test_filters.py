"""Filtering, sorting and sharing the list."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certify.models import BadReason, PixelProblem, StripProblem, TrackerCertification, TrackingProblem, writing
from listruns.filters import CertificationFilter
from oms.models import OmsRun
from tests.factories import make_certification, make_reconstruction, make_run


def runs_on(page) -> list[int]:
    return [row.run_reconstruction.run_id for row in page.context["page"].rows]


@pytest.fixture
def two(shifter, shifter2):
    """325000 has everything that a filter asks for, 325001 nothing of it."""
    make_run(325000, run_type="cosmics")
    reference = make_reconstruction(324021, "express", is_reference=True)
    wanted = make_certification(
        shifter2,
        325000,
        "express",
        date="2026-02-03",
        pixel="excluded",
        strip="bad",
        tracking="excluded",
        tracking_lowstat=True,
        reference_runreconstruction=reference,
        dataset="/Express/Collisions2018/DQM",
        comment="Layer 1 lost 100% at LS_310",
        external_info_complete=False,
    )
    for model, words in (
        (PixelProblem, "pixel_problems"),
        (StripProblem, "strip_problems"),
        (TrackingProblem, "tracking_problems"),
    ):
        getattr(wanted, words).add(model.objects.create(name=f"{words} cold loop"))
    make_certification(shifter, 325001, "prompt", external_info_complete=True)


@pytest.mark.parametrize(
    "query",
    [
        {"runs": "325000"},
        {"runs": "324000-325000, 326000"},
        {"date_from": "2026-02-01"},
        {"date_from": "2026-02-03", "date_to": "2026-02-03"},
        {"reco": "express"},
        {"verdict": "bad"},
        {"run_type": "cosmics"},
        {"pixel": "excluded"},
        {"strip": "bad"},
        {"tracking": "excluded"},
        {"lowstat": "any"},
        {"lowstat": "tracking"},
        {"author": "SHIFTER2"},
        {"reference": "324021"},
        {"reference": "324021 express"},
        {"problem": "pixel_problems COLD"},
        {"problem": "strip_problems"},
        {"problem": "tracking_problems"},
        {"dataset": "express/coll"},
        {"comment": "LAYER 1"},
        {"comment": "100% at LS_"},
        {"incomplete": "1"},
        {"incomplete": "1", "reco": "express", "author": "shifter2", "verdict": "bad"},
    ],
    ids=str,
)
def test_each_filter_finds_what_matches_and_nothing_else(as_shifter, two, query):
    assert runs_on(as_shifter.get("/list/", query)) == [325000]


@pytest.mark.parametrize(
    "query",
    [
        {"runs": "325002"},
        {"date_to": "2026-01-01"},
        {"author": "shifter3"},
        {"author": "shift"},
        {"reference": "324021 prompt"},
        {"reference": "9" * 30},
        {"lowstat": "pixel"},
        {"problem": "hot"},
        {"dataset": "rereco"},
        {"comment": "layer_1"},
        {"reco": "rereco"},
    ],
    ids=str,
)
def test_nothing_matches_and_the_page_says_what_to_do(as_shifter, two, query):
    page = as_shifter.get("/list/", query)
    assert runs_on(page) == []
    assert "Clear a filter" in page.text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"runs": "325000 abc"}, "No run number: “abc”"),
        ({"date_from": "yesterday"}, "Give the date as in"),
        ({"reference": "prompt"}, "Enter the run of the reference"),
        ({"reco": "online"}, "Select a valid choice"),
        ({"runs": "x" * 20_001}, "at most"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_filter_is_named_keeps_its_text_and_shows_no_misleading_list(as_shifter, two, query, words):
    page = as_shifter.get("/list/", query)
    assert page.status_code == 422
    assert words in page.text
    assert next(iter(query.values())) in page.text
    assert "Nothing is shown" in page.text
    assert as_shifter.get("/list/export.csv", query).status_code == 422


def test_each_filter_is_named_and_cleared_alone(as_shifter, two):
    page = as_shifter.get("/list/", {"reco": "express", "author": "shifter2", "sort": "-run"})
    chips = {chip.words: chip.url for chip in page.context["listing"].chips}
    assert chips == {
        "Reconstruction: Express": "?author=shifter2&sort=-run&show=all",
        "Author: shifter2": "?reco=express&sort=-run&show=all",
    }
    assert "Clear all" in page.text


@pytest.mark.parametrize(
    ("sort", "first"),
    [("run", 325000), ("-run", 325001), ("date", 325001), ("-date", 325000), ("author", 325001)]
    + [("-author", 325000), ("strip", 325000), ("-strip", 325001), ("pixel", 325000), ("tracking", 325000)]
    + [("", 325001), ("entered", 325000)],
)
def test_columns_sort_both_ways(as_shifter, two, sort, first):
    page = as_shifter.get("/list/", {"sort": sort, "show": "all"})
    assert runs_on(page)[0] == first


@pytest.mark.parametrize("path", ["/list/", "/list/export.csv", "/list/export.json", "/list/export.xlsx"])
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"run": "325000"}, "“run” is not known here; do you mean “runs”?"),
        ({"tracker_map": "missing"}, "“tracker_map” is not known here; do you mean “trackermap”?"),
        ({"xyzzy": ""}, "“xyzzy” is not known here."),
        ({"sort": "nonsense"}, "“nonsense” is no value of “sort”"),
        ({"show": "tody"}, "“tody” is no value of “show”: today, all."),
        ({"date_from": "2026-02-03", "date_to": "2026-02-01"}, "This is before 2026-02-03, so no day lies between."),
        ({"fill": "-5"}, "Enter the number of one fill"),
    ],
)
def test_what_is_not_understood_is_refused_by_name_and_never_ignored(as_shifter, two, path, query, told):
    page = as_shifter.get(path, query)
    assert (page.status_code, told in page.text) == (422, True)


def test_the_map_the_reason_and_the_fill_are_filters_too(as_shifter, two):
    wanted = TrackerCertification.objects.get(run_reconstruction__run=325000)
    with writing():
        wanted.trackermap, wanted.bad_reason = "missing", BadReason.objects.create(name="HV off at start")
        wanted.save()
    OmsRun.objects.filter(pk=325000).update(fill_number=7324)
    for query in ({"trackermap": "missing"}, {"bad_reason": "hv off"}, {"fill": "7324"}):
        assert runs_on(as_shifter.get("/list/", query)) == [325000], query
    assert runs_on(as_shifter.get("/list/", {"fill": "7325"})) == []


def test_every_stored_field_has_its_filter():
    stored = {field.name for field in TrackerCertification._meta.get_fields() if field.concrete}
    other_names = {
        "dataset_standing",
        "external_info_complete",
        "reference_runreconstruction",
        "run_reconstruction",
        "reconstruction",
    }
    problems = {f"{name}_problems" for name in ("pixel", "strip", "tracking")}
    lowstat = {f"{name}_lowstat" for name in ("pixel", "strip", "tracking")}
    of_the_row = {"id", "version", "created_at", "updated_at", "deleted_at", "deleted_by", "delete_reason"}
    for name in stored - other_names - problems - lowstat - of_the_row:
        assert name in CertificationFilter.base_filters or name == "date", name
    assert {"dataset_standing", "incomplete", "reference", "runs", "reco", "problem", "lowstat"} <= set(
        CertificationFilter.base_filters
    )


def test_a_header_links_to_its_order_and_says_which_one_holds(as_shifter, two):
    page = as_shifter.get("/list/", {"sort": "run", "reco": "express"})
    column = next(column for column in page.context["listing"].columns if column.label == "Run")
    assert (column.direction, column.url) == ("ascending", "?reco=express&sort=-run&show=all")
    assert 'aria-sort="ascending"' in page.text


def test_pages_keep_filters_and_order(as_shifter, shifter):
    for number in range(51):
        make_certification(shifter, 325000 + number)
    page = as_shifter.get("/list/", {"reco": "prompt", "sort": "run"})
    assert page.context["older"] == "?reco=prompt&sort=run&show=all&page=2"
    assert runs_on(as_shifter.get(f"/list/{page.context['older']}")) == [325050]


def test_the_default_is_todays_for_whoever_certified_today_else_the_latest(client, shifter, shifter2, shiftleader):
    make_certification(shifter2, 325000)
    long_ago = timezone.now() - timedelta(days=3)
    with writing():
        TrackerCertification.objects.update(created_at=long_ago)
    make_certification(shifter, 325001)
    make_certification(shiftleader, 325002)
    client.force_login(shifter)
    page = client.get("/list/")
    assert runs_on(page) == [325002, 325001]
    assert [(chip.words, chip.url) for chip in page.context["listing"].chips] == [("today", "?show=all")]
    client.force_login(shifter2)
    assert runs_on(client.get("/list/")) == [325002, 325001, 325000]


def test_what_is_in_the_bin_is_not_listed(as_shifter, two, shifter):
    with writing():
        TrackerCertification.objects.filter(author=shifter).update(deleted_at=timezone.now(), deleted_by=shifter)
    assert runs_on(as_shifter.get("/list/", {"show": "all"})) == [325000]
