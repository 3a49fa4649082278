"""Home and error pages say what to do next."""

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from tests.factories import make_certification


def test_home_takes_a_run_number_at_once(as_shifter):
    page = as_shifter.get("/")
    assert 'action="/openruns/"' in page.text
    assert 'name="run_number"' in page.text


def test_home_tells_a_shift_leader_the_totals_of_the_day(client, shiftleader, shifter):
    client.force_login(shiftleader)
    assert "Nor has anybody else" in client.get("/").text
    make_certification(shifter, 325000, date=timezone.localdate())
    make_certification(shifter, 325001, date=timezone.localdate(), strip="bad")
    context = client.get("/").context
    assert (context["mine_today"], context["all_today"], context["good_today"]) == (0, 2, 1)


def test_home_tells_a_shifter_only_her_own(as_shifter):
    assert "all_today" not in as_shifter.get("/").context


def test_the_navigation_marks_where_one_is(as_shifter, shifter):
    make_certification(shifter)
    assert 'href="/list/" aria-current="page"' in as_shifter.get("/list/").text
    assert 'href="/list/" aria-current="true"' in as_shifter.get("/list/325000/prompt/").text
    assert 'href="/openruns/" aria-current="page"' in as_shifter.get("/openruns/").text


def test_only_staff_sees_the_way_to_the_admin(as_shifter, shifter):
    assert 'href="/admin/"' not in as_shifter.get("/").text
    shifter.is_staff = True
    shifter.save()
    assert 'href="/admin/"' in as_shifter.get("/").text


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
def test_health_is_never_redirected_and_answers_head(client, db, settings, url):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(url).status_code == 200
    assert client.head(url).status_code == 200
    assert client.get(url).headers["Content-Type"] == "text/plain"


def test_healthz_asks_the_database_nothing(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/healthz")


def test_an_unknown_address_leads_on(as_shifter):
    answer = as_shifter.get("/nowhere/")
    assert answer.status_code == 404
    assert "/openruns/" in answer.text


@pytest.mark.parametrize("status", [400, 500])
def test_pages_for_the_worst_need_neither_context_nor_database(status):
    page = render_to_string(f"{status}.html")
    assert "Go back: what you typed" in page
    assert "as a draft" in page
    assert "Sign in" not in page
