"""Reading what is certified, on the screen and as a file."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from certify.differences import mark_rows
from listruns import export
from listruns.listing import Listing
from listruns.paging import page_of

_COMMON = ("runs", "date_from", "date_to", "reco", "verdict")
_RARE = (
    "run_type",
    "pixel",
    "strip",
    "tracking",
    "lowstat",
    "author",
    "reference",
    "problem",
    "dataset",
    "comment",
    "incomplete",
)
_BOXES = ("dataset_standing",)
_FORMATS = {"csv": (export.as_csv, "text/csv; charset=utf-8"), "json": (export.as_json, "application/json")}


@require_safe
@login_required
def certifications(request: HttpRequest) -> HttpResponse:
    """Filtered and sorted as the URL says."""
    listing = Listing(request.GET, request.user)
    groups = {"common": _COMMON, "rare": _RARE, "boxes": _BOXES}
    context = {"listing": listing, **{name: listing.fields(fields) for name, fields in groups.items()}}
    if not listing.is_valid:
        return render(request, "listruns/list.html", context, status=422)
    page = page_of(listing.certifications.with_rows_shown(), request.GET.get("page", ""))
    mark_rows(page.rows)
    for certification in page.rows:
        certification.may_edit = certification.can_be_edited_by(request.user)
    before, after = (listing.url(page=str(number or "")) for number in (page.previous, page.following))
    return render(request, "listruns/list.html", {**context, "page": page, "newer": before, "older": after})


@require_safe
@login_required
def export_as(request: HttpRequest, ending: str) -> HttpResponseBase:
    """What the list with the same URL shows on all its pages."""
    listing = Listing(request.GET, request.user)
    if not listing.is_valid:
        return certifications(request)
    write, content_type = _FORMATS[ending]
    answer = StreamingHttpResponse(write(listing.certifications), content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{export.file_name(ending)}"'
    return answer
