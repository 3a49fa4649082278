from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from certify.models import TrackerCertification
from openruns.forms import ChooseRunForm

_RECENT = 20


@require_safe
@login_required
def openruns(request: HttpRequest) -> HttpResponse:
    """Where a shifter starts: name a run and go."""
    is_asked = "run_number" in request.GET and request.user.may_certify
    form = ChooseRunForm(request.GET if is_asked else None)
    if form.is_valid():
        reco = form.cleaned_data["reco"]
        return redirect("certify:certify", form.cleaned_data["run_number"], *([reco] if reco else []))
    recent = TrackerCertification.objects.with_rows_shown()[:_RECENT]
    context = {"form": form, "recent": recent}
    return render(request, "openruns/openruns.html", context, status=422 if form.is_bound else 200)
