"""The home page and what a load balancer asks."""

from typing import Any

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from certify.differences import tasks_of
from certify.models import Draft, TrackerCertification
from users.models import User

_LATEST = 5


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What to do next, for whoever asks."""
    context = _day_of(request.user) if request.user.is_authenticated and request.user.may_certify else {}
    return render(request, "home.html", context)


def _day_of(user: User) -> dict[str, Any]:
    """What she certified, and for a shift leader what all did today."""
    todays = TrackerCertification.objects.of_day(timezone.localdate())
    day = {
        "drafts": Draft.objects.filter(user=user)[:_LATEST],
        "latest": TrackerCertification.objects.filter(author=user).with_rows_shown()[:_LATEST],
        "differences": tasks_of(user).count(),
        "mine_today": todays.filter(author=user).count(),
    }
    if user.is_shift_leader:
        day |= {"all_today": todays.count(), "good_today": todays.good().count()}
    return day


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers too."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return HttpResponse("the database does not answer", content_type="text/plain", status=503)
    return HttpResponse("ready", content_type="text/plain")
