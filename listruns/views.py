"""Reading what is certified."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from certify.models import TrackerCertification
from oms.presentation import fact_groups

PER_PAGE = 50


@dataclass(frozen=True)
class Page:
    """A page that knows its neighbours but not the total: counting a million rows is not worth it."""

    number: int
    rows: list[TrackerCertification]
    has_next: bool

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def following(self) -> int | None:
        return self.number + 1 if self.has_next else None


def page_of(certifications: QuerySet, asked: str) -> Page:
    """The page asked for, or the one nearest to it: the first for what is no page number, the last for too high."""
    page = _page(certifications, _page_number(asked))
    if page.rows or page.number == 1:
        return page
    # Only who asks for a page that is not there makes us count.
    return _page(certifications, max(1, ceil(certifications.count() / PER_PAGE)))


def _page(certifications: QuerySet, number: int) -> Page:
    start = (number - 1) * PER_PAGE
    rows = list(certifications[start : start + PER_PAGE + 1])
    return Page(number, rows[:PER_PAGE], len(rows) > PER_PAGE)


def _page_number(asked: str) -> int:
    # Beyond nine digits the database's own numbers end, and with them any page.
    return max(1, int(asked[:9])) if asked.isdecimal() else 1


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


@require_safe
@login_required
def detail(request: HttpRequest, run_number: int, reco: str) -> HttpResponse:
    """One certification and the facts it stands on."""
    of_run = TrackerCertification.objects.of(run_number, reco)
    certification = get_object_or_404(of_run.with_everything_shown())
    context = {
        "certification": certification,
        "may_edit": certification.can_be_edited_by(request.user),
        "fact_groups": fact_groups(certification.run_reconstruction.run),
        "components": [_component(certification, name) for name in ("pixel", "strip", "tracking")],
    }
    return render(request, "listruns/detail.html", context)


def _component(certification: TrackerCertification, name: str) -> dict[str, object]:
    return {
        "name": name.capitalize(),
        "verdict": getattr(certification, name),
        "label": getattr(certification, f"get_{name}_display")(),
        "lowstat": getattr(certification, f"{name}_lowstat"),
        "problems": list(getattr(certification, f"{name}_problems").all()),
    }
