"""Settings from the environment, read exactly: what is not understood is refused by name, and its value not shown."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env, validate

env = Env()
_REDIS = {"rediscache": "redis", "redis": "redis", "rediss": "rediss", "rediscaches": "rediss", "unix": "unix"}


def words(name: str, default: list[str]) -> list[str]:
    """Separated by commas, with or without blanks around them."""
    return [word.strip() for word in env.list(name, default) if word.strip()]


def networks(name: str) -> list[IPv4Network | IPv6Network | str]:
    """Addresses and networks; "unix" is a socket on this machine."""
    try:
        return [word if word == "unix" else ip_network(word) for word in words(name, [])]
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name} can't be read: {exc}. It is 10.1.2.3, 10.1.0.0/16 or unix.") from None


def positive(name: str, default: float) -> float:
    return env.float(name, default, validate=validate.Range(min=0, min_inclusive=False))


def whole(name: str, default: int) -> int:
    return env.int(name, default, validate=validate.Range(min=0))


def database(name: str, default: str) -> dict[str, Any]:
    """The settings of one database. A password with special characters must be percent-encoded."""
    url = env.str(name, "") or default
    try:
        if urlsplit(url).fragment or url.count("@") > 1:
            raise ValueError
        found = dj_database_url.parse(url)
    except (ValueError, KeyError):
        raise ImproperlyConfigured(
            f"{name} can't be read. It is postgres://user:password@host:5432/name; "
            "special characters of the password are percent-encoded, # is %23."
        ) from None
    return dict(found)


def cache(name: str) -> dict[str, Any]:
    """The settings of the cache: the memory of each process, or Redis."""
    url = env.str(name, "") or "locmemcache://"
    scheme, _, place = url.partition("://")
    if scheme == "locmemcache":
        return {"BACKEND": "certhelper.cache.ProcessCache", "LOCATION": place or "default"}
    if scheme not in _REDIS or not place or "#" in place:
        raise ImproperlyConfigured(
            f"{name} can't be read. It is locmemcache:// or rediscache://user:password@host:6379/0 (TLS: rediss); "
            "special characters of the password are percent-encoded, # is %23."
        )
    return {"BACKEND": "certhelper.cache.SharedCache", "LOCATION": f"{_REDIS[scheme]}://{place}"}
