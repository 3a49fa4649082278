"""Asking the services for a run's facts at once."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from certify.completion import refresh
from certify.models import TrackerCertification
from oms.client import OmsClient
from oms.models import Difference
from runregistry.client import RunRegistryClient


@require_POST
@login_required
def refresh_now(request: HttpRequest, run_number: int, reco: str) -> HttpResponse:
    """What the workers do, for this run and now."""
    certification = (
        TrackerCertification.everything.of(run_number, reco).select_related("run_reconstruction__run").first()
    )
    if certification is None:
        raise Http404
    refreshed = refresh(run_number, OmsClient(), RunRegistryClient())
    for failure in refreshed.failures:
        messages.warning(request, f"{failure} What was known before stays.")
    if not refreshed.failures:
        differ = Difference.objects.open().about(certification.run_reconstruction.run).count()
        also = f" OMS says otherwise about {differ} of the facts typed." if differ else ""
        messages.success(request, f"The facts of run {run_number} are of this moment.{also}")
    return redirect("listruns:detail", run_number, reco)
