"""Claiming, releasing and assigning from the work list."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from certify import claims
from certify.exceptions import CertificationRefused
from certify.target import RECOS
from oms.models import MAX_RUN_NUMBER
from openruns.forms import AssignForm
from users.carry import safe_next

_BUTTONS = ("claim", "release", "assign")


@require_POST
@login_required
def change_claim(request: HttpRequest) -> HttpResponse:
    """The button that was pressed says what and, by its value "325000/express", which."""
    button = next((name for name in _BUTTONS if name in request.POST), None)
    if button is None:
        raise Http404
    run_number, reco = _work(request.POST[button])
    try:
        messages.success(request, _change(request, button, run_number, reco))
    except CertificationRefused as refusal:
        messages.warning(request, f"{refusal} {refusal.advice}")
    return redirect(safe_next(request, request.POST.get("next", "")) or "openruns:openruns")


def _change(request: HttpRequest, button: str, run_number: int, reco: str) -> str:
    if button == "claim":
        claims.claim(run_number, reco, request.user)
        return f"{run_number} {reco} is yours."
    if button == "release":
        claims.release(run_number, reco, request.user)
        return f"{run_number} {reco} is free again."
    form = AssignForm(request.POST)
    to = form.cleaned_data["to"] if form.is_valid() else None
    if to is None:
        raise NobodyChosen("Choose first to whom it is assigned.")
    claims.reassign(run_number, reco, to, request.user)
    return f"{run_number} {reco} is assigned to {to}."


class NobodyChosen(CertificationRefused):
    pass


def _work(value: str) -> tuple[int, str]:
    number, _, reco = value.partition("/")
    if reco not in RECOS or not number.isdecimal() or len(number) > 10 or not 0 < int(number) <= MAX_RUN_NUMBER:
        raise Http404
    return int(number), reco
