"""What the list and the detail page say of a certification."""

import pytest

from certify.models import BadReason, PixelProblem, writing
from tests.factories import make_certification, make_reconstruction

PAGES = ["/list/", "/list/325000/prompt/", "/openruns/"]


@pytest.mark.parametrize("url", PAGES)
def test_the_verdict_is_said_in_words(as_shifter, shifter, url):
    certification = make_certification(shifter, external_info_complete=True)
    assert "✓ Good" in as_shifter.get(url).text
    with writing():
        type(certification).objects.update(strip="bad")
    assert "✗ Bad" in as_shifter.get(url).text


@pytest.mark.parametrize("url", PAGES)
def test_low_statistics_and_incomplete_facts_are_marked(as_shifter, shifter, url):
    certification = make_certification(shifter, external_info_complete=True)
    page = as_shifter.get(url).text
    assert "low stat" not in page and "facts incomplete" not in page
    with writing():
        type(certification).objects.update(strip_lowstat=True, external_info_complete=False)
    page = as_shifter.get(url).text
    assert page.count("low stat") == 1 and "facts incomplete" in page


def test_a_detail_explains_a_bad_verdict(as_shifter, shifter):
    certification = make_certification(
        shifter,
        pixel="bad",
        bad_reason=BadReason.objects.create(name="Hardware: power"),
        reference_runreconstruction=make_reconstruction(324021, is_reference=True),
        comment="first line\nsecond line",
    )
    certification.pixel_problems.add(PixelProblem.objects.create(name="BPix layer 1 sector off"))
    page = as_shifter.get("/list/325000/prompt/").text
    for said in ("BPix layer 1 sector off", "Hardware: power", "324021 prompt", "first line<br>second line", "shifter"):
        assert said in page


def test_a_guest_reads_and_is_not_asked_to_certify(client, guest, shifter):
    client.force_login(guest)
    assert "Look at the open runs" in client.get("/list/").text
    make_certification(shifter)
    for url in PAGES:
        page = client.get(url)
        assert page.status_code == 200
        assert "Update" not in page.text


def test_what_a_guest_asks_for_by_hand_is_answered_with_the_page(client, guest):
    client.force_login(guest)
    for typed in ("325000", "abc"):
        assert client.get("/openruns/", {"run_number": typed}).status_code == 200


def test_the_lists_need_few_queries(as_shifter, shifter, django_assert_max_num_queries):
    for n in range(50):
        make_certification(shifter, 325000 + n)
    for url in ("/list/", "/list/?show=all", "/openruns/"):
        with django_assert_max_num_queries(12):
            as_shifter.get(url)
