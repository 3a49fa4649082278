"""The certification that a page of the list is about, and what becomes of a refusal."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from certify import addressed
from certify.addressed import living
from certify.exceptions import CertificationRefused, MayNotCorrect, NotCertifiedYet, SeveralDatasetsCertified
from certify.models import TrackerCertification
from certify.refusals import ways_on
from certify.target import RECOS
from oms.models import MAX_RUN_NUMBER
from runregistry.names import is_dataset_of


def nothing_at(request: HttpRequest, run_number: int, reco: str) -> CertificationRefused | Http404:
    """What is to be raised where nothing is certified: what can be is not certified yet, all else is not found."""
    if reco not in RECOS or not 0 < run_number <= MAX_RUN_NUMBER:
        return Http404()
    dataset = request.GET.get("dataset", "")
    return NotCertifiedYet(run_number, reco, dataset if is_dataset_of(reco, dataset) else "")


def certification_of(request: HttpRequest, run_number: int, reco: str) -> TrackerCertification:
    """The living one that the URL means, with its `?dataset=`. Raises Http404 and CertificationRefused."""
    try:
        return living(run_number, reco, request.GET.get("dataset"))
    except TrackerCertification.DoesNotExist as exc:
        raise nothing_at(request, run_number, reco) from exc


def certification_to_change(request: HttpRequest, run_number: int, reco: str, what: str) -> TrackerCertification:
    """As `certification_of`, for its author and shift leaders. `what`: "delete it". Raises MayNotCorrect too."""
    certification = certification_of(request, run_number, reco)
    if not certification.can_be_edited_by(request.user):
        raise may_not(certification, what)
    return certification


def may_not(certification: TrackerCertification, what: str) -> MayNotCorrect:
    """To be raised; `what`: "delete it"."""
    by = f"{certification.full_name} was certified by {certification.author}"
    return MayNotCorrect(f"{by}: only {certification.correctors} can {what}.", of=certification)


def version_of(request: HttpRequest, pk: int) -> int | None:
    """The stored version that the page was made with, None where the form does not say it of this certification."""
    return addressed.version_of(request.POST, pk)


def tells_refusals(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A refusal becomes a page that says what to do next."""

    @wraps(view)
    def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except SeveralDatasetsCertified as several:
            return redirect("listruns:detail", several.run_number, several.reco)
        except CertificationRefused as refusal:
            context = ways_on(refusal, request.user)
            return render(request, "certify/refused.html", context, status=refusal.status)

    return told
