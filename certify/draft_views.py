"""What the page sends while one types, and throwing a draft away."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from certify import drafts
from certify.buttons import BUTTONS
from certify.handover import DraftHandover
from certify.models import Draft
from users.carry import onward, safe_next, typed_fields


@require_POST
def save_draft(request: HttpRequest, run_number: int, reco: str) -> HttpResponse:
    """204 when it is kept; 403 when she is signed out, 422 for what is no form of ours."""
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    dataset, page = request.GET.get("dataset", ""), request.POST.get(drafts.PAGE, "")
    is_kept = drafts.keep(request.user, run_number, reco, dataset, page, typed_fields(request.POST, BUTTONS))
    return HttpResponse(status=204 if is_kept else 422)


save_draft.handover = DraftHandover()


@require_POST
@login_required
def throw_away(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own draft, then back to where one was."""
    draft = Draft.objects.filter(pk=pk, user=request.user).first()
    if draft:
        draft.delete()
    messages.info(request, "The draft is thrown away." if draft else "That draft was gone already.")
    return onward(request, safe_next(request, request.POST.get("next", "")) or reverse("home"))
