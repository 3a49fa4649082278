"""Reading what is certified, on the screen and as a file."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from certify.differences import mark_rows
from listruns import export, spreadsheet
from listruns.listing import Listing
from listruns.paging import page_of
from searches.addresses import RUNS, is_long
from searches.handover import SearchHandover
from searches.keeping import QuotaReached, SearchRefused
from users.carry import onward, sent_query

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
    "trackermap",
    "bad_reason",
    "fill",
    "incomplete",
)
_BOXES = ("dataset_standing",)
_FORMATS = {"csv": (export.as_csv, "text/csv; charset=utf-8"), "json": (export.as_json, "application/json")}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def certifications(request: HttpRequest) -> HttpResponse:
    """Filtered and sorted as the URL says. Filters that are sent get an address of their own."""
    if request.method == "POST":
        return _to_its_address(request)
    return _page(request, Listing(request.GET, request.user))


certifications.handover = SearchHandover()


def _to_its_address(request: HttpRequest) -> HttpResponse:
    listing = Listing(sent_query(request), request.user)
    if not listing.is_valid:
        return _page(request, listing)
    try:
        listing.shorten(request.user)
    except SearchRefused as refusal:
        listing.form.add_error(RUNS if isinstance(refusal, QuotaReached) else None, str(refusal))
        return _page(request, listing, refusal.status)
    return redirect(f"{reverse('listruns:list')}{listing.url()}")


def _page(request: HttpRequest, listing: Listing, status: int = 0) -> HttpResponse:
    """`status`: of what refused it."""
    groups = {"common": _COMMON, "rare": _RARE, "boxes": _BOXES}
    context = {
        "listing": listing,
        "is_long": is_long(request),
        **{name: listing.fields(fields) for name, fields in groups.items()},
    }
    if not listing.is_valid:
        return render(request, "listruns/list.html", context, status=status or listing.address.status)
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
        return _page(request, listing)
    write, content_type = _FORMATS[ending]
    answer = StreamingHttpResponse(write(listing.certifications), content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{export.file_name(ending)}"'
    return answer


@require_safe
@login_required
def export_workbook(request: HttpRequest) -> HttpResponseBase:
    """The same for Excel."""
    listing = Listing(request.GET, request.user)
    if not listing.is_valid:
        return _page(request, listing)
    try:
        file = spreadsheet.as_xlsx(listing.certifications)
    except spreadsheet.TooManyForASheet as refusal:
        messages.warning(request, str(refusal))
        return onward(request, f"{reverse('listruns:list')}{listing.url()}")
    name = export.file_name("xlsx")
    return FileResponse(file, as_attachment=True, filename=name, content_type=spreadsheet.CONTENT_TYPE)
