"""The one place that speaks HTTP: pooled connections, limits on time and size, errors in our own words."""

import time
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from random import uniform
from typing import Any

import requests
import urllib3
from django.conf import settings

from upstream.budget import remaining
from upstream.errors import AnswerBrokenOff, AnswerTooBig, TimedOut, Unreachable
from upstream.reasons import failure_of

BIGGEST_ANSWER = 20 * 1024 * 1024  # bytes; a dataset of the Run Registry is about 5 kB
_HICCUPS = (502, 503, 504)
_PAUSE = (0.05, 0.2)  # seconds; not the same for all, so that they do not come back all at once
_ANOTHER_TRY = 1  # seconds that must be left


@lru_cache(maxsize=1)
def session() -> requests.Session:
    """Shared by all threads. Without cookies, netrc or proxies of the environment: only what we send counts."""
    shared = requests.Session()
    shared.trust_env = False
    shared.verify = settings.UPSTREAM_CA_BUNDLE or True
    shared.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = requests.adapters.HTTPAdapter(pool_connections=8, pool_maxsize=32)
    shared.mount("https://", adapter)
    shared.mount("http://", adapter)
    shared.headers["User-Agent"] = "CertHelper"
    return shared


def send(service: str, method: str, url: str, **options: Any) -> requests.Response:
    """One request, answered in full within UPSTREAM_READ_TIMEOUT and the page's budget. Redirects are never followed.

    All we send are questions, so one that met a broken connection or a gateway's hiccup is sent once more.
    Raises Unreachable, CertificateNotTrusted, TimedOut, AnswerBrokenOff or AnswerTooBig.
    """
    deadline = time.monotonic() + min(settings.UPSTREAM_READ_TIMEOUT, remaining())
    try:
        response = _send(service, method, url, deadline, **options)
        if response.status_code not in _HICCUPS or not _is_worth_another_try(deadline):
            return response
    except (Unreachable, AnswerBrokenOff):
        if not _is_worth_another_try(deadline):
            raise
    time.sleep(uniform(*_PAUSE))
    return _send(service, method, url, deadline, **options)


def _is_worth_another_try(deadline: float) -> bool:
    return deadline - time.monotonic() > _ANOTHER_TRY


def _send(service: str, method: str, url: str, deadline: float, **options: Any) -> requests.Response:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimedOut(service)
    timeout = (min(settings.UPSTREAM_CONNECT_TIMEOUT, left), left)
    try:
        with session().request(method, url, timeout=timeout, allow_redirects=False, stream=True, **options) as response:
            response._content = _read(service, response, deadline)
            return response
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as exc:
        raise failure_of(exc, service) from exc


def _read(service: str, response: requests.Response, deadline: float) -> bytes:
    """The body. A service that drips bytes never trips the socket's own time-out, so the clock is read here."""
    if (response.raw.length_remaining or 0) > BIGGEST_ANSWER:
        raise AnswerTooBig(service)
    parts, size = [], 0
    while part := response.raw.read1(65536, decode_content=True):
        size += len(part)
        if size > BIGGEST_ANSWER:
            raise AnswerTooBig(service)
        if time.monotonic() > deadline:
            raise TimedOut(service)
        parts.append(part)
    return b"".join(parts)
