"""Reading what is certified."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from certify.models import PixelProblem, TrackerCertification, writing
from tests.factories import make_certification, make_fill


def many(author, number: int, first_run: int = 325000) -> None:
    for n in range(number):
        certification = make_certification(author, first_run + n, dataset=f"/PromptReco/Collisions{first_run + n}/DQM")
        certification.pixel_problems.add(PixelProblem.objects.get_or_create(name=f"problem {n}")[0])
        run = certification.run_reconstruction.run
        run.fill = make_fill(first_run + n)
        run.save()


def entered_long_ago() -> None:
    with writing():
        TrackerCertification.objects.update(created_at=timezone.now() - timedelta(days=30))


def runs_on(page) -> list[int]:
    return [certification.run_reconstruction.run_id for certification in page.context["page"].rows]


@pytest.mark.parametrize("url", ["/list/", "/list/?show=all", "/list/325000/prompt/", "/openruns/"])
def test_reading_needs_a_sign_in(client, db, url):
    answer = client.get(url)
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/login/?next=")


def test_the_list_shows_what_was_dated_or_entered_today(as_shifter, shifter):
    make_certification(shifter, 325000)
    make_certification(shifter, 325001, date=timezone.localdate())
    entered_long_ago()
    make_certification(shifter, 325002)
    assert runs_on(as_shifter.get("/list/")) == [325002, 325001]


def test_all_shows_every_day(as_shifter, shifter):
    make_certification(shifter, 325000)
    entered_long_ago()
    page = as_shifter.get("/list/?show=all")
    assert runs_on(page) == [325000]
    assert "/list/325000/prompt/" in page.text


def test_an_empty_list_says_so(as_shifter):
    assert "Nothing is certified today yet" in as_shifter.get("/list/?show=today").text
    assert "Nothing is certified yet" in as_shifter.get("/list/").text


def test_fifty_make_a_page_and_the_rest_is_on_the_next(as_shifter, shifter):
    many(shifter, 51)
    first, second = as_shifter.get("/list/?show=all"), as_shifter.get("/list/?show=all&page=2")
    assert (len(runs_on(first)), runs_on(second)) == (50, [325000])
    assert "show=all&amp;page=2" in first.text and "← Newer" not in first.text
    assert "show=all&amp;page=1" in second.text and "Older →" not in second.text


@pytest.mark.parametrize("number", ["abc", "-1", "0", "", "1.5", "²", "%00"])
def test_a_nonsense_page_number_shows_the_first_page(as_shifter, shifter, number):
    make_certification(shifter)
    page = as_shifter.get(f"/list/?page={number}")
    assert (page.status_code, runs_on(page)) == (200, [325000])


@pytest.mark.parametrize("number", ["3", "999999", "9" * 40])
def test_a_page_beyond_the_last_shows_the_last(as_shifter, shifter, number):
    many(shifter, 51)
    page = as_shifter.get(f"/list/?show=all&page={number}")
    assert (page.status_code, page.context["page"].number, runs_on(page)) == (200, 2, [325000])


def test_update_is_offered_only_to_those_who_may(client, shifter, shifter2, shiftleader, guest):
    make_certification(shifter)
    for user, may in ((shifter, True), (shiftleader, True), (shifter2, False), (guest, False)):
        client.force_login(user)
        for url in ("/list/", "/list/325000/prompt/"):
            assert ("/list/325000/prompt/update/" in client.get(url).text) is may


@pytest.mark.parametrize("url", ["/list/", "/list/?show=all", "/openruns/", "/"])
def test_the_number_of_queries_does_not_grow_with_the_rows(as_shifter, shifter, url):
    many(shifter, 5)
    as_shifter.get(url)
    with CaptureQueriesContext(
        connection,
    ) as few:
        as_shifter.get(url)
    many(shifter, 45, first_run=326000)
    with CaptureQueriesContext(connection) as more:
        as_shifter.get(url)
    assert len(few) == len(more) < 16


def test_the_number_of_queries_of_a_detail_does_not_grow_with_its_problems(as_shifter, shifter):
    many(shifter, 1)
    certification = TrackerCertification.objects.get()
    with CaptureQueriesContext(connection) as few:
        as_shifter.get("/list/325000/prompt/")
    certification.pixel_problems.add(*[PixelProblem.objects.create(name=f"more {n}") for n in range(50)])
    with CaptureQueriesContext(connection) as more:
        page = as_shifter.get("/list/325000/prompt/")
    assert "more 49" in page.text
    assert len(few) == len(more) < 18


@pytest.mark.parametrize(
    "path", ["325001/prompt", "325000/express", "325000/nonsense", "0/prompt", f"{'9' * 30}/prompt"]
)
def test_what_is_not_certified_has_no_detail(as_shifter, shifter, path):
    make_certification(shifter)
    assert as_shifter.get(f"/list/{path}/").status_code == 404


def test_a_comment_is_shown_as_text(as_shifter, shifter):
    make_certification(shifter, comment="<script>alert(1)</script>")
    assert "&lt;script&gt;alert(1)" in as_shifter.get("/list/325000/prompt/").text
