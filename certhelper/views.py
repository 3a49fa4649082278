"""The home page and what a load balancer asks."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from certify.models import TrackerCertification


def home(request: HttpRequest) -> HttpResponse:
    """What to do next, for whoever asks."""
    if not request.user.is_authenticated:
        return render(request, "home.html")
    mine = TrackerCertification.objects.filter(author=request.user).with_everything_shown()
    todays = TrackerCertification.objects.of_day(timezone.localdate())
    context = {
        "latest": mine[:5],
        "mine_today": todays.filter(author=request.user).count(),
        "all_today": todays.count(),
    }
    return render(request, "home.html", context)


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers too."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("the database does not answer", content_type="text/plain", status=503)
    return HttpResponse("ready", content_type="text/plain")
