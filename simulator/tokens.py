"""The API tokens of the simulated SSO."""

import base64
import secrets
import threading
import time
from collections.abc import Callable
from urllib.parse import parse_qs

from simulator.answers import Answer, Request, json_answer, not_found

PATH = "/token"
AUDIENCES = {"oms": "cmsoms-prod", "runregistry": "cmsrunregistry-sso-proxy"}


class Tokens:
    """`lifetime` in seconds; `clock` counts seconds and is replaced in tests."""

    def __init__(self, lifetime: int = 1200, clock: Callable[[], float] = time.monotonic) -> None:
        self.lifetime = lifetime
        self.clock = clock
        self._lock = threading.Lock()
        self._issued: dict[str, tuple[str, float]] = {}

    def answer(self, request: Request) -> Answer:
        if request.method != "POST" or request.path.rstrip("/") != PATH:
            return not_found(request)
        form = {name: values[-1] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        form |= _basic(request)
        if form.get("grant_type") != "client_credentials":
            return _refused(400, "unsupported_grant_type", "Unsupported grant_type")
        if not form.get("client_id", "").strip() or not form.get("client_secret", "").strip():
            return _refused(401, "unauthorized_client", "Invalid client or Invalid client credentials")
        if not form.get("audience"):
            return _refused(400, "invalid_request", "Missing parameter: audience")
        token = self.issue(form["audience"])
        return json_answer({"access_token": token, "expires_in": self.lifetime, "token_type": "Bearer"})

    def issue(self, audience: str) -> str:
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._issued = {known: what for known, what in self._issued.items() if what[1] > self.clock()}
            self._issued[token] = (audience, self.clock() + self.lifetime)
        return token

    def is_valid(self, token: str, target: str) -> bool:
        with self._lock:
            audience, expiry = self._issued.get(token, ("", 0.0))
        return audience == AUDIENCES[target] and expiry > self.clock()

    def revoke(self, target: str) -> None:
        """All tokens issued so far for `target`; for "sso" all there are."""
        with self._lock:
            audience = AUDIENCES.get(target)
            kept = {token: what for token, what in self._issued.items() if audience and what[0] != audience}
            self._issued = kept


def bearer(request: Request) -> str:
    """The token that the request brings, "" without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _basic(request: Request) -> dict[str, str]:
    """The client's credentials where they come by HTTP Basic instead of in the form, as `cernrequests` sends them."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        client_id = secret = ""
    return {"client_id": client_id, "client_secret": secret}


def _refused(status: int, error: str, description: str) -> Answer:
    return json_answer({"error": error, "error_description": description}, status)
