"""Reading what is certified."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from certify.models import TrackerCertification
from listruns.paging import page_of


@require_safe
@login_required
def certifications(request: HttpRequest) -> HttpResponse:
    """Today's certifications, or with `?show=all` all of them, newest first."""
    shows_all = request.GET.get("show") == "all"
    found = TrackerCertification.objects.with_rows_shown()
    if not shows_all:
        found = found.of_day(timezone.localdate())
    page = page_of(found, request.GET.get("page", ""))
    for certification in page.rows:
        certification.may_edit = certification.can_be_edited_by(request.user)
    return render(request, "listruns/list.html", {"page": page, "shows_all": shows_all})
