"""Deleting, restoring, undoing: each by POST, each told in the history."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certify import corrections
from certify.chronicle import subject
from certify.exceptions import CertificationRefused
from certify.models import TrackerCertification
from history.models import Action, Entry
from listruns.forms import DeleteForm
from listruns.paging import page_of
from users.served import taken_over_from


def tells_refusals(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A refusal becomes a page that says what to do next."""

    @wraps(view)
    def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except CertificationRefused as refusal:
            return render(request, "certify/refused.html", {"refusal": refusal}, status=refusal.status)

    return told


@require_safe
@login_required
def deleted(request: HttpRequest) -> HttpResponse:
    """What is in the bin, last deleted first."""
    found = TrackerCertification.everything.in_bin().with_rows_shown().select_related("deleted_by")
    page = page_of(found.order_by("-deleted_at", "-id"), request.GET.get("page", ""))
    for certification in page.rows:
        certification.may_edit = certification.can_be_edited_by(request.user)
    may_purge = request.user.has_perm("certify.delete_trackercertification")
    links = {"newer": f"?page={page.previous}", "older": f"?page={page.following}"}
    return render(request, "listruns/bin.html", {"page": page, "may_purge": may_purge, **links})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@tells_refusals
def delete(request: HttpRequest, run_number: int, reco: str) -> HttpResponse:
    """Ask why, then move it to the bin."""
    certification = get_object_or_404(TrackerCertification.objects.of(run_number, reco).with_rows_shown())
    if not certification.can_be_edited_by(request.user):
        raise PermissionDenied(
            f"{certification} was certified by {certification.author}: only she and shift leaders can delete it."
        )
    form = DeleteForm(request.POST or None, initial={"version": certification.version})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        typed_by = taken_over_from(request.POST, request.user)
        corrections.delete(certification.pk, request.user, said["reason"], said["version"], typed_by)
        messages.success(request, f"{certification} is in the bin.")
        return redirect("listruns:list")
    context = {"form": form, "certification": certification}
    return render(request, "listruns/delete.html", context, status=422 if form.is_bound else 200)


@require_POST
@login_required
@tells_refusals
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    certification = corrections.restore(pk, request.user)
    messages.success(request, f"{certification} is restored.")
    return _to(certification)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@tells_refusals
def purge(request: HttpRequest, pk: int) -> HttpResponse:
    """Administrators only, and only what is in the bin already."""
    if not request.user.has_perm("certify.delete_trackercertification"):
        raise PermissionDenied("Only administrators delete for ever.")
    certification = get_object_or_404(TrackerCertification.everything.in_bin().with_rows_shown(), pk=pk)
    if request.method == "POST":
        name = corrections.purge(pk, request.user)
        messages.success(request, f"{name} is deleted for ever; its history is kept.")
        return redirect("listruns:bin")
    return render(request, "listruns/purge.html", {"certification": certification})


@require_POST
@login_required
@tells_refusals
def bring_back(request: HttpRequest, run_number: int, reco: str, pk: int) -> HttpResponse:
    """An earlier version, as a new one."""
    certification = get_object_or_404(TrackerCertification.objects.of(run_number, reco).with_rows_shown())
    earlier = Entry.objects.about(subject(certification.run_reconstruction)).exclude(state={})
    entry = get_object_or_404(earlier, pk=pk, row=certification.pk)
    certification, gone = corrections.bring_back(entry, request.user)
    messages.success(
        request, f"Version {entry.version} of {certification} is back, as version {certification.version}."
    )
    if gone:
        messages.warning(request, f"Not brought back, because these words exist no more: {', '.join(gone)}.")
    return _to(certification)


@require_POST
@login_required
@tells_refusals
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own last save or deletion."""
    certification, undone = corrections.undo(pk, request.user)
    if undone in (Action.CREATED, Action.ANEW):
        messages.success(request, f"Undone: {certification} is not certified; what you saved is in the bin.")
        return redirect("listruns:bin")
    messages.success(request, f"Undone: {certification} is as it was before.")
    return _to(certification)


def _to(certification: TrackerCertification) -> HttpResponse:
    of = certification.run_reconstruction
    return redirect("listruns:detail", of.run_id, of.reconstruction)
