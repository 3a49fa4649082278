"""API tokens of CERN's SSO: fetched once per audience, kept in the cache until shortly before they expire."""

import json

from django.conf import settings
from django.core.cache import cache

from upstream.errors import AuthenticationFailed, ServerError, UnexpectedAnswer
from upstream.http import send

SSO = "CERN's SSO"
_RENEW_EARLY = 30  # seconds


def _key(audience: str) -> str:
    return f"sso-token:{settings.SSO_CLIENT_ID}:{audience}"


def bearer_token(audience: str) -> str | None:
    """The token for one audience; None when CertHelper has no credentials and can only ask without.

    Raises an UpstreamError named after the SSO.
    """
    if not settings.SSO_CLIENT_ID:
        return None
    token = cache.get(_key(audience))
    if token is None:
        token, seconds = _fetch(audience)
        cache.set(_key(audience), token, timeout=max(seconds - _RENEW_EARLY, 1))
    return token


def forget_token(audience: str) -> None:
    cache.delete(_key(audience))


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
