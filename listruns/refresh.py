"""Asking the services for a run's facts at once."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from certify.addressed import to_be_shown
from certify.completion import refresh
from certify.links import short_url_of
from certify.models import TrackerCertification
from certify.refreshing import AskedAMomentAgo, ask_anew
from certify.refusals import in_one_message
from listruns.addressing import nothing_at, tells_refusals
from oms.client import OmsClient
from oms.models import Difference
from runregistry.client import RunRegistryClient


@require_POST
@login_required
@tells_refusals
def refresh_now(request: HttpRequest, run_number: int, reco: str) -> HttpResponse:
    """What the workers do, for this run and now."""
    try:
        certification = to_be_shown(run_number, reco, request.GET.get("dataset"))
    except TrackerCertification.DoesNotExist as exc:
        raise nothing_at(request, run_number, reco) from exc
    try:
        ask_anew(request.user)
    except AskedAMomentAgo as refusal:
        messages.warning(request, in_one_message(refusal, request.user))
        return redirect(short_url_of(certification))
    refreshed = refresh(run_number, OmsClient(), RunRegistryClient())
    for failure in refreshed.failures:
        messages.warning(request, f"{failure.sentence} What was known before stays. {failure.advice}".strip())
    if not refreshed.failures:
        differ = Difference.objects.open().about(certification.run_reconstruction.run).count()
        also = f" OMS says otherwise about {differ} of the facts typed." if differ else ""
        messages.success(request, f"The facts of run {run_number} are of this moment.{also}")
    # Refreshing may have given it a dataset; meanwhile it may have been deleted for ever.
    everything = TrackerCertification.everything.select_related("run_reconstruction", "dataset")
    stored = everything.filter(pk=certification.pk).first()
    return redirect(short_url_of(stored)) if stored else redirect("listruns:list")
