"""API tokens of CERN's SSO: fetched once per audience, kept in the cache until shortly before they expire."""

import json
import threading
import time

from django.conf import settings
from django.core.cache import cache

from upstream.errors import AuthenticationFailed, ServerError, UnexpectedAnswer
from upstream.http import send

SSO = "CERN's SSO"
_RENEW_EARLY = 30  # seconds
# After so long another process asks, because the one that does may have died.
_ASKING_TAKES = 15  # seconds
_LOOK_AGAIN = 0.02  # seconds
_one_thread = threading.Lock()


def _key(audience: str) -> str:
    return f"sso-token:{settings.SSO_CLIENT_ID}:{audience}"


def bearer_token(audience: str) -> str | None:
    """The token for one audience; None when CertHelper has no credentials and can only ask without.

    Raises an UpstreamError named after the SSO.
    """
    if not settings.SSO_CLIENT_ID:
        return None
    return cache.get(_key(audience)) or _renew(audience)


def forget_token(audience: str) -> None:
    cache.delete(_key(audience))


def _renew(audience: str) -> str:
    """One thread of one process asks; the others wait for what it gets."""
    key = _key(audience)
    with _one_thread:
        while not cache.add(f"{key}:asking", True, timeout=_ASKING_TAKES):
            token = cache.get(key)
            if token:
                return token
            time.sleep(_LOOK_AGAIN)
        try:
            token = cache.get(key)
            if token is None:
                token, seconds = _fetch(audience)
                cache.set(key, token, timeout=max(seconds - _RENEW_EARLY, 1))
            return token
        finally:
            cache.delete(f"{key}:asking")


def _fetch(audience: str) -> tuple[str, int]:
    response = send(
        SSO,
        "POST",
        settings.SSO_TOKEN_URL,
        data={
            "grant_type": "client_credentials",
            "client_id": settings.SSO_CLIENT_ID,
            "client_secret": settings.SSO_CLIENT_SECRET,
            "audience": audience,
        },
    )
    if response.status_code >= 500:
        raise ServerError(SSO)
    if response.status_code != 200 or "html" in response.headers.get("Content-Type", "").lower():
        raise AuthenticationFailed(SSO)  # refused, or the login page for people
    try:
        answer = json.loads(response.content)
        token, seconds = answer["access_token"], int(answer.get("expires_in", 60))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as exc:
        raise UnexpectedAnswer(SSO) from exc
    if not isinstance(token, str) or not token:
        raise UnexpectedAnswer(SSO)
    return token, min(seconds, 24 * 3600)
