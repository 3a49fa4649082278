"""One small question to the services, to learn how they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.conf import settings

from oms.client import OmsClient
from oms.exceptions import OmsApiError
from runregistry.client import RunRegistryClient
from runregistry.exceptions import RunRegistryDataInvalid
from upstream import names
from upstream.errors import UpstreamError
from upstream.health import health_of_all
from upstream.threads import Pool
from upstream.tokens import renew_token

_pings = Pool("ping")


def ping(services: Iterable[str] = names.ALL) -> None:
    """Ask all of them side by side; what comes of it stands in their health. Raises nothing they may do wrong."""
    asked = [_pings.submit(question) for name, question in _questions().items() if name in services]
    for answer in asked:
        try:
            answer.result()
        except (UpstreamError, OmsApiError, RunRegistryDataInvalid):
            continue  # remembered as its health, where it is told


def _questions() -> dict[str, Callable[[], object]]:
    questions: dict[str, Callable[[], object]] = {
        names.OMS: OmsClient().ping,
        names.RUN_REGISTRY: RunRegistryClient().ping,
    }
    if settings.SSO_CLIENT_ID:
        questions[names.SSO] = lambda: renew_token(settings.OMS_API_AUDIENCE)
    return questions


def ping_the_ill() -> None:
    ping([health.service for health in health_of_all() if health.is_ill])
