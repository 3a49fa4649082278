"""Signing in and out, and a sign-in page that has grown stale."""

from unittest.mock import patch

import pytest
from django.contrib.auth import login
from django.test import Client

from users.carry import typed_fields
from users.models import User

LOGIN = "/accounts/login/"
CERTIFY = "/certify/325000/express/?dataset=%2FExpress%2FCollisions2018%2FDQM"
OUR_OWN = {"Origin": "http://testserver"}
LUGGAGE = {"next": CERTIFY, "carried-comment": "kept", "csrfmiddlewaretoken": "stale"}


def test_signing_out_needs_a_post_and_leads_home(as_shifter):
    assert as_shifter.get("/accounts/logout/").status_code == 405
    answer = as_shifter.post("/accounts/logout/", follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert not answer.context["user"].is_authenticated


def test_a_wrong_password_says_so_and_keeps_the_name(client, shifter):
    answer = client.post(LOGIN, {"username": "shifter", "password": "wrong"})
    assert 'value="shifter"' in answer.text
    assert "Please enter a correct username and password" in answer.text


def test_after_the_sign_in_a_form_goes_back_where_it_came_from_to_be_looked_over(client, shifter):
    sent = client.post(CERTIFY, {"comment": "kept", "seal": "abc"})
    assert "Nothing you typed is lost" in sent.text
    assert f'name="next" value="{CERTIFY}"' in sent.text
    back = client.post(LOGIN, {"username": "shifter", "password": "shifter", "carried-seal": "abc", **LUGGAGE})
    assert f'action="{CERTIFY}"' in back.text
    for name, value in (("comment", "kept"), ("seal", "abc"), ("review", "1")):
        assert f'name="{name}" value="{value}"' in back.text
    assert back.wsgi_request.user == shifter


@pytest.mark.parametrize("name", ["csrfmiddlewaretoken", "review", "username", "next"])
def test_luggage_can_not_bring_what_is_not_typed(client, shifter, name):
    luggage = {**LUGGAGE, f"carried-{name}": "smuggled"}
    back = client.post(LOGIN, {"username": "shifter", "password": "shifter", **luggage})
    assert 'name="comment" value="kept"' in back.text
    assert "smuggled" not in back.text


def test_who_typed_too_much_is_told_how_to_get_it_back(client, db):
    answer = client.post(CERTIFY, {"comment": "x" * 200_001})
    assert "your browser may still have it" in answer.text
    assert "Nothing you typed is lost" not in answer.text


def test_the_luggage_survives_a_stale_sign_in_page(db):
    answer = Client(enforce_csrf_checks=True).post(LOGIN, LUGGAGE, headers=OUR_OWN)
    assert answer.status_code == 403
    assert 'name="carried-comment" value="kept"' in answer.text
    assert f'name="next" value="{CERTIFY}"' in answer.text


def test_the_luggage_survives_a_sign_in_in_another_tab(shifter):
    client = Client(enforce_csrf_checks=True)
    client.force_login(shifter)
    answer = client.post(LOGIN, LUGGAGE, headers=OUR_OWN)
    assert f'action="{CERTIFY}"' in answer.text
    assert 'name="comment" value="kept"' in answer.text


@pytest.mark.parametrize(("url", "leads_to"), [("/list/", "/list/"), ("//evil.test/", "/"), ("", "/")])
def test_a_stale_sign_in_of_somebody_signed_in_goes_on(shifter, url, leads_to):
    client = Client(enforce_csrf_checks=True)
    client.force_login(shifter)
    answer = client.post(LOGIN, {"next": url}, headers=OUR_OWN)
    assert (answer.status_code, answer.url) == (302, leads_to)


def test_a_stale_form_of_any_other_page_gets_advice(shifter):
    client = Client(enforce_csrf_checks=True)
    client.force_login(shifter)
    answer = client.post("/accounts/logout/", headers=OUR_OWN)
    assert answer.status_code == 403
    assert "reload the page and send it again" in answer.text


def test_fields_are_carried_in_their_order_and_each_value_once(rf):
    post = rf.post("/", {"pixel": "bad", "pixel_problems": ["3", "1"], "comment": "", "password": "x"}).POST
    assert typed_fields(post) == [("pixel", "bad"), ("pixel_problems", "3"), ("pixel_problems", "1"), ("comment", "")]


def test_an_account_that_is_deleted_while_it_signs_in_is_signed_out(client, shifter):
    """Between the check of the password and the note of the sign-in."""

    def deleted_first(request, user):
        User.objects.filter(pk=user.pk).delete()
        login(request, user)

    with patch("users.views.login", deleted_first):
        answer = client.post("/accounts/login/", {"username": "shifter", "password": "shifter"})
    assert answer.status_code == 302
    assert client.get("/list/").status_code == 302  # to the sign-in
    assert not User.objects.exists()


def test_the_time_of_a_sign_in_is_noted(client, shifter):
    client.post("/accounts/login/", {"username": "shifter", "password": "shifter"})
    shifter.refresh_from_db()
    assert shifter.last_login
