"""The home page and what a load balancer asks."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from certhelper.readiness import watch
from certify import notices
from certify.differences import mark_rows, tasks_of
from certify.drafts import with_certified_since
from certify.models import Draft, TrackerCertification
from certify.standing import unsettled
from users.models import User

_LATEST = 5


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What to do next, for whoever asks."""
    user = request.user
    context = _day_of(user) if user.is_authenticated and user.may_certify else {}
    if user.is_authenticated:
        context["notices"] = notices.unseen_by(user)
    return render(request, "home.html", context)


@require_POST
@login_required
def seen(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The author has read one notice, or all."""
    notices.see(request.user, pk)
    return redirect("home")


def _day_of(user: User) -> dict[str, Any]:
    """What they certified, and for a shift leader what all did today."""
    tasks = tasks_of(user)
    todays = TrackerCertification.objects.of_day(timezone.localdate())
    day = {
        "drafts": with_certified_since(Draft.objects.filter(user=user)[:_LATEST]),
        "latest": TrackerCertification.objects.filter(author=user).with_rows_shown()[:_LATEST],
        "differences": tasks.filter(told_by=None).count(),
        "proposals": tasks.filter(told_by__isnull=False).count(),
        "unsettled": _unsettled(user),
        "mine_today": todays.filter(author=user).count(),
    }
    mark_rows(day["latest"])
    if user.is_shift_leader:
        day |= {"all_today": todays.count(), "good_today": todays.good().count()}
    return day


def _unsettled(user: User) -> dict[str, Any]:
    """Datasets that a person has to settle: a shift leader finds all of them, everybody else their own."""
    leads = user.is_shift_leader
    numbers = unsettled(None if leads else user)
    query = {
        "dataset_standing": [str(standing) for standing in numbers],
        **({} if leads else {"author": user.username}),
    }
    return {
        "number": sum(numbers.values()),
        "words": ", ".join(f"{standing.in_short}: {number}" for standing, number in numbers.items()),
        "url": f"{reverse('listruns:list')}?{urlencode(query, doseq=True)}",
    }


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether people can be sent here, and what they have to do without."""
    readiness = watch.readiness()
    return HttpResponse(str(readiness), content_type="text/plain", status=readiness.status)
