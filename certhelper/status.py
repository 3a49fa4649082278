"""How the services outside are, in one line on every page and in full on a page of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_POST, require_safe

from certhelper.readiness import worker_is_missing
from certhelper.services import ping
from certify.models import Round, TrackerCertification
from certify.refreshing import AskedAMomentAgo, MayNotRefresh, ask_anew
from certify.refusals import in_one_message
from oms.models import Difference
from upstream import names
from upstream.health import Health, health_of_all
from upstream.tokens import expiry_of_token

_MEANWHILE = {
    names.OMS: "What OMS does not say can be typed by hand; it is compared when OMS is back.",
    names.RUN_REGISTRY: "Datasets are the last ones known; what is certified meanwhile is confirmed later.",
    names.SSO: "Without its tokens OMS and the Run Registry can't be asked.",
}


@dataclass(frozen=True)
class ServiceStatus:
    """`token_until` is None without a token; `has_token` is false for the service that makes them."""

    health: Health
    meanwhile: str
    has_token: bool
    token_until: datetime | None


def ill_services(request: HttpRequest) -> dict[str, Any]:
    """For the templates; looked up where a page says it, after the page itself may have asked."""
    return {"ill_services": SimpleLazyObject(lambda: [health for health in health_of_all() if health.is_ill])}


@require_safe
@login_required
def status(request: HttpRequest) -> HttpResponse:
    """Each service, and what waits for it."""
    certifications = TrackerCertification.objects
    context = {
        "services": _services(),
        "needs_token": bool(settings.SSO_CLIENT_ID),
        "incomplete": certifications.filter(external_info_complete=False).count(),
        "unnamed": certifications.filter(dataset=None).count(),
        "oldest": certifications.waiting().order_by("created_at").with_rows_shown().first(),
        "differences": Difference.objects.open().count(),
        "round": Round.objects.first(),
        "worker_is_missing": worker_is_missing(),
    }
    return render(request, "status.html", context)


@require_POST
@login_required
def ask_now(request: HttpRequest) -> HttpResponse:
    """One small question to each service, so that its state is of this moment."""
    try:
        ask_anew(request.user)
        ping()
    except AskedAMomentAgo as refusal:
        messages.warning(request, in_one_message(refusal, request.user))
    except MayNotRefresh as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    return redirect("status")


def _services() -> list[ServiceStatus]:
    audiences = {names.OMS: settings.OMS_API_AUDIENCE, names.RUN_REGISTRY: settings.RUN_REGISTRY_AUDIENCE}
    return [
        ServiceStatus(
            health,
            _MEANWHILE[health.service],
            health.service in audiences,
            expiry_of_token(audiences[health.service]) if health.service in audiences else None,
        )
        for health in health_of_all()
    ]
