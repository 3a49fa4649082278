"""The environment is read exactly, and what is unsafe in it is found by `check --deploy`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from environs.exceptions import EnvError

from certhelper import environment
from certhelper.proxies import is_trusted

SECRET = "s3cr3t#w"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("a, b ,c", ["a", "b", "c"]),
        ("", ["default"]),
        (" certhelper.cern.ch ", ["certhelper.cern.ch"]),
    ],
)
def test_blanks_around_commas_mean_nothing(monkeypatch, said, read):
    if said:
        monkeypatch.setenv("WORDS", said)
    assert environment.words("WORDS", ["default"]) == read


def test_a_value_that_begins_with_a_dollar_is_a_value(monkeypatch):
    monkeypatch.setenv("WORD", "$abc${HOME}$")
    assert environment.env.str("WORD", "") == "$abc${HOME}$"


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (environment.env.bool, "ture"),
        (environment.env.bool, "yes please"),
        (lambda name: environment.positive(name, 1.0), "500ms"),
        (lambda name: environment.positive(name, 1.0), "0"),
        (lambda name: environment.positive(name, 1.0), "-1"),
        (lambda name: environment.positive(name, 1.0), "nan"),
        (lambda name: environment.whole(name, 1), "1.5"),
        (lambda name: environment.whole(name, 1), "-1"),
        (environment.networks, "10.1.2.3/8"),
        (environment.networks, "proxy.cern.ch"),
        (lambda name: environment.database(name, ""), f"postgres://u:{SECRET}@host:5432/db"),
        (lambda name: environment.database(name, ""), "postgres://u:p@ss@host:5432/db"),
        (lambda name: environment.database(name, ""), f"postgres://u:{SECRET}/x@host:port/db"),
        (lambda name: environment.database(name, ""), "postgers://u@host/db"),
        (environment.cache, f"rediscache://:{SECRET}@host:6379/0"),
        (environment.cache, "memcache://host"),
        (environment.cache, "rediscache://"),
    ],
)
def test_what_is_not_understood_is_refused_by_name_without_its_secret(monkeypatch, read, said):
    monkeypatch.setenv("THE_NAME", said)
    with pytest.raises((EnvError, ImproperlyConfigured), match="THE_NAME") as refused:
        read("THE_NAME")
    error: BaseException | None = refused.value
    while error:
        assert "s3cr3t" not in str(error) and "p@ss" not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_an_encoded_password_and_the_usual_addresses_are_understood(monkeypatch):
    monkeypatch.setenv("A", "postgres://u:p%23%40ss@host:5432/db")
    assert environment.database("A", "")["PASSWORD"] == "p#@ss"
    monkeypatch.setenv("A", "rediscache://:pass@host:6379/0")
    assert environment.cache("A")["LOCATION"] == "redis://:pass@host:6379/0"
    monkeypatch.setenv("A", "10.1.0.0/16, ::1,unix")
    assert [str(each) for each in environment.networks("A")] == ["10.1.0.0/16", "::1/128", "unix"]


def test_a_server_does_not_start_with_a_value_that_was_guessed():
    given = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 60, "HTTPS": "ture"}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=Path(__file__).parents[2],
        env=given,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert 'Environment variable "HTTPS" invalid' in done.stderr


def _found() -> set[str]:
    found = run_checks(include_deployment_checks=True)
    return {message.id for message in found if message.id.startswith("certhelper.")}


@pytest.fixture
def safe(settings, tmp_path):
    settings.DATABASES["default"]["NAME"], before = "certhelper", settings.DATABASES["default"]["NAME"]
    settings.TRUSTED_PROXIES = environment.env.list("NOTHING", ["unix"])
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SSO_CLIENT_ID, settings.SSO_CLIENT_SECRET = "certhelper", "secret"
    yield settings
    settings.DATABASES["default"]["NAME"] = before


def test_safe_settings_are_not_warned_about(safe):
    assert _found() == set()


def _redis(place: str) -> dict:
    return {"CACHES": {"default": {"BACKEND": "certhelper.cache.SharedCache", "LOCATION": place}}}


@pytest.mark.parametrize(
    ("unsafe", "warning"),
    [
        ({"OMS_API_URL": "http://cmsoms.cern.ch/agg/api"}, "W001"),
        ({"SSO_TOKEN_URL": "http://auth.cern.ch/token"}, "W001"),
        (_redis("redis://:secret@redis.cern.ch:6379/0"), "W002"),
        (_redis("rediss://redis.cern.ch:6379/0"), "W002"),
        ({"TRUSTED_PROXIES": []}, "W003"),
        ({"DEBUG": True}, "W004"),
        ({"UPSTREAM_CA_BUNDLE": "/nowhere/ca.pem"}, "W006"),
        ({"UPSTREAM_CA_BUNDLE": __file__}, "W006"),
        ({"UPSTREAM_CA_BUNDLE": str(Path(__file__).parent)}, "W006"),
    ],
)
def test_what_is_unsafe_is_warned_about(safe, unsafe, warning):
    for name, value in unsafe.items():
        setattr(safe, name, value)
    assert _found() == {f"certhelper.{warning}"}


def test_a_forgotten_database_is_warned_about(safe):
    safe.DATABASES["default"]["NAME"] = str(safe.BASE_DIR / "db.sqlite3")
    assert _found() == {"certhelper.W005"}


@pytest.mark.parametrize(
    "place", ["redis://localhost:6379/0", "rediss://u:secret@redis.cern.ch:6379/0", "unix:///r.sock"]
)
def test_a_redis_that_only_we_can_reach_is_safe(safe, place):
    safe.CACHES = _redis(place)["CACHES"]
    assert _found() == set()


@pytest.mark.parametrize(
    ("address", "answer"),
    [("10.1.2.3", 200), ("10.9.0.1", 301), ("", 301), ("nonsense", 301)],
)
def test_only_a_trusted_proxy_says_that_a_request_came_over_tls(client, db, settings, address, answer):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_PROXY_SSL_HEADER = True, ("HTTP_X_FORWARDED_PROTO", "https")
    settings.TRUSTED_PROXIES = [environment.ip_network("10.1.0.0/16")]
    said = client.get("/", HTTP_X_FORWARDED_PROTO="https", REMOTE_ADDR=address)
    assert said.status_code == answer
    settings.TRUSTED_PROXIES = ["unix"]
    assert is_trusted("") and not is_trusted("10.1.2.3")
