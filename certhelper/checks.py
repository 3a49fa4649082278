"""What `manage.py check --deploy` finds in the settings of a server, besides what Django itself looks for."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_ADDRESSES = ("OMS_API_URL", "RUN_REGISTRY_API_URL", "SSO_TOKEN_URL")

Found = Iterator[tuple[str, str]]


@register(Tags.security, deploy=True)
def deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [
        Warning(sentence, hint=hint, id=f"certhelper.W{number:03}")
        for number, look in enumerate(_LOOKS, start=1)
        for sentence, hint in look()
    ]


def _secrets_in_clear() -> Found:
    for name in _ADDRESSES if settings.SSO_CLIENT_SECRET else ():
        url = urlsplit(getattr(settings, name))
        if url.scheme != "https" and url.hostname not in _LOOPBACK:
            yield f"{name} is not an https:// address: secrets and tokens are sent there in clear.", "Use https://."


def _open_redis() -> Found:
    cache = settings.CACHES["default"]
    url = urlsplit(str(cache.get("LOCATION", "")))
    if url.scheme not in ("redis", "rediss") or url.hostname in _LOOPBACK:
        return
    if not url.password:
        yield "CACHE_URL names a Redis without a password.", "rediss://user:password@host:6379/0"
    if url.scheme == "redis":
        yield "CACHE_URL names a Redis on another machine without TLS.", "Use rediss://."


def _proxies() -> Found:
    if settings.SECURE_PROXY_SSL_HEADER and not settings.TRUSTED_PROXIES:
        yield (
            "X-Forwarded-Proto is believed from whoever sends it.",
            "Set TRUSTED_PROXIES to the addresses of the proxies in front, or to unix.",
        )


def _debug_with_real_sign_in() -> Found:
    if settings.DEBUG and settings.SSO_CLIENT_ID and urlsplit(settings.SSO_TOKEN_URL).hostname not in _LOOPBACK:
        yield "DEBUG is on while the SSO is a real one: error pages show its secrets.", "Unset DEBUG."


def _forgotten_database() -> Found:
    name = str(settings.DATABASES["default"].get("NAME", ""))
    if name == str(settings.BASE_DIR / "db.sqlite3"):
        yield "DATABASE_URL is not set: everything goes into a file of the checkout.", "Name a PostgreSQL database."


def _certificates() -> Found:
    bundle = settings.UPSTREAM_CA_BUNDLE
    if not bundle:
        return
    try:
        if Path(bundle).is_dir():
            # OpenSSL finds them there by the hash of their names, one of which it adds a number to.
            if not any(Path(bundle).glob("????????.[0-9]*")):
                raise FileNotFoundError
            return
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cafile=bundle)
        if not context.get_ca_certs():
            raise ssl.SSLError
    except (OSError, ssl.SSLError) as exc:
        yield (
            f"UPSTREAM_CA_BUNDLE names no certificate ({type(exc).__name__}): no service will be reached.",
            "Name a PEM file with the certificates of CERN's authority.",
        )


_LOOKS: tuple[Callable[[], Found], ...] = (
    _secrets_in_clear,
    _open_redis,
    _proxies,
    _debug_with_real_sign_in,
    _forgotten_database,
    _certificates,
)
