"""How every failure of a service behind the SSO is named, and how its tokens are used."""

import pytest
import requests

from upstream.errors import (
    AnswerTooBig,
    AuthenticationFailed,
    RequestRefused,
    ServerError,
    TimedOut,
    UnexpectedAnswer,
    Unreachable,
    UpstreamError,
)
from upstream.health import health_of
from upstream.service import Service

URL = "https://oms.test/agg/api/v1/runs"
LOGIN_PAGE = {"body": "<html>Sign in</html>", "content_type": "text/html; charset=utf-8"}
FAULTS = [
    ({"json": {"errors": []}, "status": 400}, RequestRefused),
    ({"json": {}, "status": 401}, AuthenticationFailed),
    ({"json": {}, "status": 403}, AuthenticationFailed),
    ({"body": "not found", "status": 404}, RequestRefused),
    ({"json": {"err": "boom"}, "status": 500}, ServerError),
    ({"body": "<h1>boom</h1>", "status": 500, "content_type": "text/html"}, ServerError),
    ({"body": "<h1>gone</h1>", "status": 503, "content_type": "text/html"}, ServerError),
    (LOGIN_PAGE, AuthenticationFailed),
    ({"status": 302, "headers": {"Location": "https://sso.test/login"}}, AuthenticationFailed),
    ({"body": "{garbage", "content_type": "application/json"}, UnexpectedAnswer),
    ({"body": "", "content_type": "application/json"}, UnexpectedAnswer),
    ({"body": b"\xff\xfe\x00", "content_type": "application/json"}, UnexpectedAnswer),
    ({"body": "[" * 200_000, "content_type": "application/json"}, UnexpectedAnswer),
    ({"body": requests.ConnectionError("refused")}, Unreachable),
    ({"body": requests.ConnectTimeout("slow")}, TimedOut),
    ({"body": requests.ReadTimeout("slow")}, TimedOut),
]


@pytest.fixture
def service(outside, settings):
    return Service("OMS", settings.OMS_API_URL, "cmsoms-prod")


def asked(outside, url: str) -> list:
    return [call.request for call in outside.calls if call.request.url.startswith(url)]


@pytest.mark.parametrize(("fault", "error"), FAULTS)
def test_every_fault_is_its_own_error_naming_the_service_and_no_secret(service, outside, caplog, fault, error):
    outside.get(URL, **fault)
    with pytest.raises(UpstreamError) as caught:
        service.get("/v1/runs")
    assert type(caught.value) is error
    assert str(caught.value).startswith("OMS ")
    assert caught.value.advice
    for told in (str(caught.value), repr(caught.value), caplog.text):
        assert "t0ken" not in told and "not-so-secret" not in told and "<h" not in told


def test_a_redirect_is_never_followed(service, outside):
    outside.get(URL, status=302, headers={"Location": "https://elsewhere.test/"})
    with pytest.raises(AuthenticationFailed):
        service.get("/v1/runs")
    assert not asked(outside, "https://elsewhere.test")


def test_an_answer_that_is_far_too_big_is_not_read(service, outside, monkeypatch):
    monkeypatch.setattr("upstream.http.BIGGEST_ANSWER", 1000)
    outside.get(URL, json={"data": "x" * 2000})
    with pytest.raises(AnswerTooBig):
        service.get("/v1/runs")
    assert not health_of("OMS").is_ill, "a service that tells much is well"


@pytest.mark.parametrize("length", ["many", "-1", "1e9", ""])
def test_an_odd_length_in_the_header_costs_nothing(service, outside, length):
    outside.get(URL, json={"data": []}, headers={"Content-Length": length})
    assert service.get("/v1/runs") == {"data": []}


def test_an_answer_that_drips_in_ends_at_the_deadline(service, outside, settings):
    service._token()
    settings.UPSTREAM_READ_TIMEOUT = 0
    outside.get(URL, json={"data": []})
    with pytest.raises(TimedOut):
        service.get("/v1/runs")


def test_a_token_is_fetched_once_and_sent_with_every_question(service, outside, settings):
    outside.get(URL, json={"data": []})
    for _ in range(3):
        assert service.get("/v1/runs") == {"data": []}
    (fetched,) = asked(outside, settings.SSO_TOKEN_URL)
    assert set(fetched.body.split("&")) == {
        "grant_type=client_credentials",
        "client_id=certhelper",
        "client_secret=not-so-secret",
        "audience=cmsoms-prod",
    }
    assert {request.headers["Authorization"] for request in asked(outside, URL)} == {"Bearer t0ken"}


def test_each_audience_has_its_own_token(service, outside, settings):
    outside.get(URL, json={})
    service.get("/v1/runs")
    Service("Other", settings.OMS_API_URL, "another").get("/v1/runs")
    assert len(asked(outside, settings.SSO_TOKEN_URL)) == 2


@pytest.mark.parametrize("refusal", [{"status": 401}, {"status": 302}, LOGIN_PAGE])
def test_a_refused_token_is_renewed_once_and_the_question_asked_again(service, outside, settings, refusal):
    outside.get(URL, **refusal)
    outside.get(URL, json={"data": [1]})
    assert service.get("/v1/runs") == {"data": [1]}
    assert len(asked(outside, settings.SSO_TOKEN_URL)) == 2


def test_a_token_refused_twice_is_an_authentication_failure(service, outside, settings):
    outside.get(URL, status=401)
    with pytest.raises(AuthenticationFailed):
        service.get("/v1/runs")
    assert len(asked(outside, URL)) == 2
    assert len(asked(outside, settings.SSO_TOKEN_URL)) == 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"json": {"error": "invalid_client"}, "status": 401}, AuthenticationFailed),
        ({"json": {"error": "unauthorized_client"}, "status": 400}, AuthenticationFailed),
        ({"body": "oops", "status": 503}, ServerError),
        ({"body": "oops"}, UnexpectedAnswer),
        ({"body": "<html>Sign in</html>", "content_type": "text/html; charset=utf-8"}, AuthenticationFailed),
        ({"json": {"no": "token"}}, UnexpectedAnswer),
        ({"json": ["t0ken"]}, UnexpectedAnswer),
        ({"body": '{"access_token": "a", "expires_in": 1e999}'}, UnexpectedAnswer),
        ({"json": {"access_token": None}}, UnexpectedAnswer),
        ({"body": requests.ConnectionError()}, Unreachable),
        ({"body": requests.ReadTimeout()}, TimedOut),
    ],
)
def test_a_failing_sso_is_named_and_the_service_is_not_asked(service, outside, settings, fault, error):
    outside.replace("POST", settings.SSO_TOKEN_URL, **fault)
    with pytest.raises(UpstreamError) as caught:
        service.get("/v1/runs")
    assert type(caught.value) is error
    assert str(caught.value).startswith("CERN's SSO ")
    assert "OMS could not be asked" in str(caught.value)
    assert "not-so-secret" not in str(caught.value)
    assert not asked(outside, URL)


def test_without_credentials_the_question_goes_without_a_token(service, outside, settings):
    settings.SSO_CLIENT_ID = ""
    outside.get(URL, json={"data": []})
    service.get("/v1/runs")
    assert not asked(outside, settings.SSO_TOKEN_URL)
    assert "Authorization" not in asked(outside, URL)[0].headers


def test_cookies_of_a_service_are_not_kept(service, outside):
    outside.get(URL, json={}, headers={"Set-Cookie": "session=abc"})
    service.get("/v1/runs")
    service.get("/v1/runs")
    assert "Cookie" not in asked(outside, URL)[-1].headers
