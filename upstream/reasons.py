"""Why a service could not be asked, read from what the HTTP library raised."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import requests
from urllib3 import exceptions

from upstream.errors import AnswerBrokenOff, CertificateNotTrusted, TimedOut, Unreachable, UpstreamError

# By OpenSSL's number of what is wrong with a certificate.
_CERTIFICATES = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    **dict.fromkeys((18, 19, 20, 21), "its certificate is of an unknown authority; see UPSTREAM_CA_BUNDLE"),
    **dict.fromkeys((62, 64), "its certificate is for another host name"),
}
# The first that is found in the chain of what was raised counts.
_KINDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], type[UpstreamError], str], ...] = (
    (exceptions.NameResolutionError, Unreachable, "its host name does not resolve"),
    (requests.ConnectTimeout, TimedOut, "no connection in time"),
    ((requests.Timeout, exceptions.ReadTimeoutError), TimedOut, "connected, but no answer in time"),
    (ConnectionRefusedError, Unreachable, "connection refused"),
    ((exceptions.IncompleteRead, exceptions.InvalidChunkLength), AnswerBrokenOff, "its answer is clipped"),
    (exceptions.DecodeError, AnswerBrokenOff, "its answer can't be unpacked"),
    (ConnectionResetError, Unreachable, "it closed the connection"),
    (exceptions.ProtocolError, Unreachable, "it closed the connection, or does not speak HTTP"),
)


def failure_of(raised: Exception, service: str) -> UpstreamError:
    """What is to be raised about `service`, with its reason in words that hold nothing of what was sent."""
    chain = list(_chain(raised))
    kind, reason = _of_certificates(chain) or _of_kinds(chain)
    failure = kind(service)
    failure.reason = reason
    return failure


def _chain(error: BaseException) -> Iterator[BaseException]:
    """What was raised, and all that it wraps, in the several ways in which the libraries do."""
    waiting, seen = [error], set()
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        wrapped = (*each.args, getattr(each, "reason", None), each.__cause__, each.__context__)
        waiting += [other for other in wrapped if isinstance(other, BaseException)]


def _of_certificates(chain: list[BaseException]) -> tuple[type[UpstreamError], str] | None:
    for each in chain:
        if isinstance(each, ssl.SSLCertVerificationError):
            return CertificateNotTrusted, _CERTIFICATES.get(each.verify_code, each.verify_message)
        if isinstance(each, ssl.SSLError) and each.reason == "NO_CERTIFICATE_OR_CRL_FOUND":
            return CertificateNotTrusted, "UPSTREAM_CA_BUNDLE holds no certificate"
        if type(each) is OSError and "CA certificate bundle" in str(each):
            return CertificateNotTrusted, "UPSTREAM_CA_BUNDLE names no file"
    return None


def _of_kinds(chain: list[BaseException]) -> tuple[type[UpstreamError], str]:
    for kinds, failure, reason in _KINDS:
        if any(isinstance(each, kinds) for each in chain):
            return failure, reason
    of_the_system = next((each.strerror for each in chain if isinstance(each, OSError) and each.strerror), "")
    return Unreachable, of_the_system or type(chain[-1]).__name__
