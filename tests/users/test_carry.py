"""Nothing typed is lost when the session is."""

import pytest
from django.test import Client

PASSWORD = {"username": "shifter", "password": "shifter"}
CERTIFY = "/certify/325000/express/"


@pytest.fixture
def strict_client(shifter):
    client = Client(enforce_csrf_checks=True)
    client.force_login(shifter)
    return client


@pytest.mark.parametrize("url", [CERTIFY, "/list/325000/prompt/update/"])
def test_a_form_with_a_stale_token_comes_back(strict_client, url):
    sent = {"comment": "my long text", "csrfmiddlewaretoken": "stale"}
    answer = strict_client.post(url, sent, headers={"Origin": "http://testserver"})
    assert answer.status_code == 403
    assert 'name="comment" value="my long text"' in answer.text
    assert f'action="{url}"' in answer.text
    assert "stale" not in answer.text


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.test"}, {"Origin": "null"}, {}])
def test_a_form_of_another_site_does_not_come_back(strict_client, headers):
    answer = strict_client.post(CERTIFY, {"comment": "not mine"}, headers=headers)
    assert answer.status_code == 403
    assert "not mine" not in answer.text


def test_a_password_never_comes_back(db):
    answer = Client(enforce_csrf_checks=True).post(
        "/accounts/login/", PASSWORD, headers={"Origin": "http://testserver"}
    )
    assert answer.status_code == 403
    assert 'value="shifter"' not in answer.text


def test_a_password_is_not_carried_with_a_form(client, db):
    answer = client.post(CERTIFY, {**PASSWORD, "comment": "kept", "carried-comment": "twice", "next": "/admin/"})
    assert 'name="carried-comment" value="kept"' in answer.text
    for lost in ("carried-password", "carried-username", "carried-next", "carried-carried", "twice"):
        assert lost not in answer.text


def test_a_failed_sign_in_keeps_the_luggage(client, shifter):
    sent = {"username": "shifter", "password": "wrong", "next": CERTIFY, "carried-comment": "kept"}
    answer = client.post("/accounts/login/", sent)
    assert answer.status_code == 200
    assert 'name="carried-comment" value="kept"' in answer.text
    assert f'name="next" value="{CERTIFY}"' in answer.text


def test_several_values_of_one_field_are_all_carried(client, shifter):
    sent = client.post(CERTIFY, {"pixel_problems": ["1", "2"]})
    assert sent.text.count('name="carried-pixel_problems"') == 2
    back = client.post("/accounts/login/", {**PASSWORD, "next": CERTIFY, "carried-pixel_problems": ["1", "2"]})
    assert back.text.count('name="pixel_problems"') == 2


def test_what_is_carried_is_shown_as_text(client, db):
    answer = client.post(CERTIFY, {"comment": '"><script>alert(1)</script>'})
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text


def test_far_too_much_is_not_carried(client, db):
    answer = client.post(CERTIFY, {"comment": "x" * 200_001})
    assert answer.status_code == 403
    assert "carried-" not in answer.text


UNSAFE = ["https://evil.test/", "//evil.test/", "javascript:alert(1)", "/\\evil.test", "http:///evil.test"]


@pytest.mark.parametrize("url", UNSAFE)
def test_an_unsafe_next_is_not_followed(client, shifter, url):
    assert client.post("/accounts/login/", {**PASSWORD, "next": url}).url == "/"


@pytest.mark.parametrize("url", UNSAFE)
def test_luggage_is_not_carried_to_an_unsafe_next(client, shifter, url):
    answer = client.post("/accounts/login/", {**PASSWORD, "next": url, "carried-comment": "mine"})
    assert (answer.status_code, answer.url) == (302, "/")


def test_a_safe_next_is_followed(client, shifter):
    assert client.post("/accounts/login/", {**PASSWORD, "next": "/list/?show=all"}).url == "/list/?show=all"
