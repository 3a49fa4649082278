"""Deleting, restoring, undoing: each by POST, each told in the history."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certify import writer
from certify.chronicle import subject
from certify.differences import mark_rows
from certify.exceptions import CertificationOvertaken, MayNotCorrect
from certify.links import short_url_of, url_of
from certify.models import TrackerCertification
from certify.writer import Act
from history.models import Action, Entry
from listruns.addressing import certification_of, certification_to_change, tells_refusals, version_of
from listruns.forms import DeleteForm
from listruns.paging import page_of
from users.served import typist_of


@require_safe
@login_required
def deleted(request: HttpRequest) -> HttpResponse:
    """What is in the bin, last deleted first."""
    found = TrackerCertification.everything.in_bin().with_rows_shown().select_related("deleted_by")
    page = page_of(found.order_by("-deleted_at", "-id"), request.GET.get("page", ""))
    mark_rows(page.rows)
    for certification in page.rows:
        certification.may_restore = certification.can_be_restored_by(request.user)
    may_purge = request.user.has_perm("certify.delete_trackercertification")
    links = {"newer": f"?page={page.previous}", "older": f"?page={page.following}"}
    return render(request, "listruns/bin.html", {"page": page, "may_purge": may_purge, **links})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@tells_refusals
def delete(request: HttpRequest, run_number: int, reco: str) -> HttpResponse:
    """Ask why, then move it to the bin."""
    certification = certification_to_change(request, run_number, reco, "delete it")
    form = DeleteForm(request.POST or None, initial=DeleteForm.made_from(certification))
    if request.method == "POST" and form.is_valid():
        return _deleted(request, certification, form)
    return _ask_why(request, certification, form, status=422 if form.is_bound else 200)


def _deleted(request: HttpRequest, certification: TrackerCertification, form: DeleteForm) -> HttpResponse:
    act = Act(request.user, form.cleaned_data["reason"], typist_of(request))
    try:
        writer.delete(certification.pk, version_of(request, certification.pk), act)
    except CertificationOvertaken as overtaken:
        if overtaken.certification.deleted_at:
            raise
        return _ask_why(request, overtaken.certification, form.again(overtaken), status=409)
    messages.success(request, f"{certification.full_name} is in the bin.")
    return redirect("listruns:list")


def _ask_why(request: HttpRequest, certification: TrackerCertification, form: DeleteForm, status: int) -> HttpResponse:
    mark_rows([certification])
    context = {"form": form, "certification": certification, "detail_url": url_of(certification)}
    return render(request, "listruns/delete.html", context, status=status)


@require_POST
@login_required
@tells_refusals
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    certification = writer.restore(pk, version_of(request, pk), Act(request.user, typed_by=typist_of(request)))
    messages.success(request, f"{certification.full_name} is restored.")
    return redirect(short_url_of(certification))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@tells_refusals
def purge(request: HttpRequest, pk: int) -> HttpResponse:
    """Administrators only, and only what is in the bin already."""
    if not request.user.has_perm("certify.delete_trackercertification"):
        raise MayNotCorrect("Only administrators delete for ever.")
    certification = get_object_or_404(TrackerCertification.everything.in_bin().with_rows_shown(), pk=pk)
    if request.method == "POST":
        name = writer.purge(pk, version_of(request, pk), Act(request.user, typed_by=typist_of(request)))
        messages.success(request, f"{name} is deleted for ever; its history is kept.")
        return redirect("listruns:bin")
    mark_rows([certification])
    return render(request, "listruns/purge.html", {"certification": certification})


@require_POST
@login_required
@tells_refusals
def bring_back(request: HttpRequest, run_number: int, reco: str, pk: int) -> HttpResponse:
    """An earlier version, as a new one."""
    certification = certification_of(request, run_number, reco)
    earlier = Entry.objects.about(subject(certification.run_reconstruction)).exclude(state={})
    entry = get_object_or_404(earlier, pk=pk, row=certification.pk)
    certification, gone = writer.bring_back(
        entry, version_of(request, certification.pk), Act(request.user, typed_by=typist_of(request))
    )
    messages.success(
        request, f"Version {entry.version} of {certification.full_name} is back, as version {certification.version}."
    )
    if gone:
        messages.warning(request, f"Not brought back, because these words exist no more: {', '.join(gone)}.")
    return redirect(short_url_of(certification))


@require_POST
@login_required
@tells_refusals
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own last save or deletion."""
    undone = writer.undo(pk, request.user, typist_of(request))
    name = undone.certification.full_name
    if undone.staying:
        stay = ", ".join(undone.staying)
        messages.warning(request, f"Certifications of others depend on them by now, so these stay: {stay}.")
    if undone.action in (Action.CREATED, Action.ANEW):
        messages.success(request, f"Undone: {name} is not certified; what you saved is in the bin.")
        return redirect("listruns:bin")
    messages.success(request, f"Undone: {name} is as it was before.")
    return redirect(short_url_of(undone.certification))
