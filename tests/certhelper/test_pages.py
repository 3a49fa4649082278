"""What holds for every page."""

import re
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from certify.models import BadReason, PixelProblem, StripProblem, TrackingProblem
from history.models import Entry
from tests.factories import COLLISIONS_RUN, EXPRESS, FILL, UNITS, make_certification, make_fill, make_user
from users.models import User

INLINE = re.compile(r"<style|\sstyle\s*=|<script(?![^>]*\ssrc=)|<[^>]*\son[a-z]+\s*=|javascript:", re.IGNORECASE)
PAGES = [
    "/",
    "/openruns/",
    "/openruns/?run_number=abc",
    "/list/",
    "/list/?show=all",
    "/list/325000/prompt/",
    "/list/325000/prompt/update/",
    "/certify/325000/",
    "/certify/325000/?correct=1",
    "/certify/325000/rereco/",
    "/certify/references/?run=325000&reco=prompt",
    "/accounts/login/",
    "/nowhere/",
]


def is_strict(answer) -> bool:
    policy = answer.headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";") if part.strip())
    return (
        "unsafe" not in policy
        and "*" not in policy
        and directives.items()
        >= {
            "default-src": "'self'",
            "object-src": "'none'",
            "base-uri": "'none'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
        }.items()
    )


@pytest.fixture
def world(oms_knows, registry_lists, shifter):
    oms_knows(COLLISIONS_RUN, FILL, UNITS)
    registry_lists(325000, EXPRESS)
    return make_certification(shifter, comment="fine")


def test_home_signed_out_invites_to_sign_in(client, db):
    page = client.get("/")
    assert page.status_code == 200
    assert reverse("login") in page.text


def test_home_signed_in_says_what_to_do_next(as_shifter, shifter, shifter2):
    page = as_shifter.get("/")
    assert page.context["mine_today"] == 0
    assert reverse("openruns:openruns") in page.text
    make_certification(shifter)
    make_certification(shifter2, 325001)
    page = as_shifter.get("/")
    assert page.context["mine_today"] == 1
    assert [certification.run_reconstruction.run_id for certification in page.context["latest"]] == [325000]


def test_home_of_a_guest_offers_reading(client, guest):
    client.force_login(guest)
    page = client.get("/")
    assert "ask an administrator" in page.text
    assert "Certify a run" not in page.text


def test_healthz_answers_without_the_database(client):
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "ok")


@pytest.mark.parametrize("url", PAGES)
def test_every_page_has_a_strict_policy_and_nothing_inline(as_shifter, world, url):
    answer = as_shifter.get(url)
    assert answer.status_code < 500
    assert is_strict(answer)
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert not INLINE.search(answer.text), INLINE.search(answer.text)


def test_refusals_and_invalid_forms_have_nothing_inline_either(client, world, shifter2):
    for sign_in in (False, True):
        if sign_in:
            client.force_login(shifter2)
        for url in ("/certify/325000/express/", "/list/325000/prompt/update/", "/accounts/login/"):
            answer = client.post(url, {"comment": "x"})
            assert answer.status_code < 500
            assert is_strict(answer)
            assert not INLINE.search(answer.text)


def rows(first: int, number: int) -> None:
    for n in range(first, first + number):
        user = make_user(f"user{n}")
        certification = make_certification(user, 325000 + n, dataset=f"/PromptReco/{n}/DQM")
        run = certification.run_reconstruction.run
        run.fill = make_fill(7000 + n)
        run.save()
        Group.objects.create(name=f"group{n}")
        Entry.objects.create(subject=f"run {n}", action="facts", by=user, click=uuid4())
        for word in (PixelProblem, StripProblem, TrackingProblem, BadReason):
            word.objects.create(name=f"word{n}")


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model.__name__)
def test_every_list_of_the_admin_opens_with_a_constant_number_of_queries(client, db, model):
    client.force_login(User.objects.create_superuser("root"))
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    rows(0, 3)
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        assert client.get(url).status_code == 200
    rows(3, 20)
    with CaptureQueriesContext(connection) as more:
        answer = client.get(url)
    assert len(few) == len(more)
    assert is_strict(answer)
    assert not INLINE.search(answer.text), INLINE.search(answer.text)


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model.__name__)
def test_every_search_and_change_page_of_the_admin_opens(client, db, model):
    client.force_login(User.objects.create_superuser("root"))
    rows(0, 1)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    for query in ("325000", "abc"):
        assert client.get(reverse(f"{name}_changelist"), {"q": query}).status_code in (200, 302)
    answer = client.get(reverse(f"{name}_change", args=[model._default_manager.first().pk]))
    assert answer.status_code == 200
