"""Saying which dataset was looked at, where nobody or the wrong one is named."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from certify import writer
from certify.exceptions import DatasetNotToBeChosen
from certify.links import short_url_of
from certify.listed import listed_now_or_last
from certify.writer import Act
from listruns.addressing import certification_of, tells_refusals, version_of
from runregistry.client import RunRegistryClient
from users.served import typist_of


@require_POST
@login_required
@tells_refusals
def move(request: HttpRequest, run_number: int, reco: str) -> HttpResponse:
    """The dataset in `to` becomes that of the certification; `?dataset=` is the one that the page showed."""
    certification = certification_of(request, run_number, reco)
    to = request.POST.get("to", "")
    # Who may not is refused by the writer, and asks nobody.
    is_listed = certification.can_be_moved_by(request.user) and _is_listed(run_number, to)
    act = Act(request.user, typed_by=typist_of(request))
    version, moved_from = version_of(request, certification.pk), request.GET.get("dataset")
    moved = writer.move(certification.pk, version, to, act, moved_from=moved_from, is_listed=is_listed)
    messages.success(request, f"{moved} is the certification of {to} now.")
    return redirect(short_url_of(moved))


def _is_listed(run_number: int, dataset: str) -> bool:
    """Whether the Run Registry lists it now; its last answer is enough to choose it, not to confirm it.

    Raises DatasetNotToBeChosen.
    """
    listing, is_of_now = listed_now_or_last(run_number, RunRegistryClient())
    if listing.named(dataset) is None:
        raise DatasetNotToBeChosen(f"“{dataset[:80]}” is not a dataset of run {run_number} in the Run Registry.")
    return is_of_now
