"""API tokens of CERN's SSO: kept in the memory of the process until shortly before they expire."""

import re
from datetime import datetime, timedelta

import requests
from django.conf import settings
from django.core.cache import BaseCache, caches
from django.utils import timezone

from upstream import breaker
from upstream.cleaning import read_json
from upstream.errors import AuthenticationFailed, ServerError, UnexpectedAnswer, UpstreamError
from upstream.flight import shared
from upstream.http import send
from upstream.names import SSO

_RENEW_EARLY = 30  # seconds
_TOKEN = re.compile(r"[!-~]+")  # what a header can carry


def _kept() -> BaseCache:
    """Not in a cache that others can read."""
    return caches["process"]


def _key(audience: str) -> str:
    return f"sso-token:{settings.SSO_CLIENT_ID}:{audience}"


def bearer_token(audience: str) -> str | None:
    """The token for one audience; None when CertHelper has no credentials and can only ask without.

    Raises an UpstreamError named after the SSO.
    """
    if not settings.SSO_CLIENT_ID:
        return None
    return _kept().get(_key(audience)) or _token_of_all(audience)


def forget_token(audience: str, token: str | None) -> None:
    """Unless another thread has a new one already."""
    if _kept().get(_key(audience)) == token:
        _kept().delete_many([_key(audience), f"{_key(audience)}:until"])


def expiry_of_token(audience: str) -> datetime | None:
    """Until when the token at hand is good; None when there is none."""
    until = _kept().get(f"{_key(audience)}:until")
    return datetime.fromisoformat(until) if until else None


def renew_token(audience: str) -> str:
    """Ask for a new one, whatever is at hand, and keep it for all. Raises an UpstreamError named after the SSO."""
    key = _key(audience)
    token, seconds = breaker.ask(SSO, lambda: _fetch(audience))
    until = timezone.now() + timedelta(seconds=seconds)
    _kept().set(f"{key}:until", until.isoformat(), timeout=seconds)
    _kept().set(key, token, timeout=max(seconds - _RENEW_EARLY, 1))
    return token


def _token_of_all(audience: str) -> str:
    """One thread asks; the others of its process find what it got."""
    key = _key(audience)

    def ask() -> str:
        return _kept().get(key) or renew_token(audience)

    return shared(SSO, key, ask, (UpstreamError,), seconds=0, store=_kept())


def _ask(audience: str) -> requests.Response:
    asked = {
        "grant_type": "client_credentials",
        "client_id": settings.SSO_CLIENT_ID,
        "client_secret": settings.SSO_CLIENT_SECRET,
        "audience": audience,
    }
    return send(SSO, "POST", settings.SSO_TOKEN_URL, data=asked)


def _fetch(audience: str) -> tuple[str, int]:
    response = _ask(audience)
    if response.status_code == 401:
        response = _ask(audience)  # as with the services themselves, once more
    if response.status_code >= 500:
        raise ServerError(SSO)
    if response.status_code != 200 or "html" in response.headers.get("Content-Type", "").lower():
        raise AuthenticationFailed(SSO)  # refused, or the login page for people
    try:
        answer = read_json(response.content)
        token, seconds = answer["access_token"], int(answer.get("expires_in", 60))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as exc:
        raise UnexpectedAnswer(SSO) from exc
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise UnexpectedAnswer(SSO)
    return token, min(seconds, 24 * 3600)
