"""Claiming, releasing and assigning from the work list."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from certify import claims
from certify.exceptions import CertificationRefused
from certify.refusals import in_one_message
from certify.target import RECOS
from oms.models import MAX_RUN_NUMBER
from openruns.forms import AssignForm
from runregistry.client import RunRegistryClient
from runregistry.models import KnownDataset
from runregistry.names import is_dataset_of
from users.carry import onward, safe_next
from users.models import User

# Run, reconstruction and dataset; "" is all datasets of the reconstruction.
Work = tuple[int, str, str]

_LET_GO = "let_go"  # from the list of claims
_BUTTONS = ("claim", "release", "assign", _LET_GO)


@require_POST
@login_required
def change_claim(request: HttpRequest) -> HttpResponse:
    """The button that was pressed says what and, by its value, which: "325000/express//Express/…/DQM" or a claim."""
    button = next((name for name in _BUTTONS if name in request.POST), None)
    if button is None:
        raise Http404
    value = request.POST[button]
    try:
        done = _let_go(value, request.user) if button == _LET_GO else _change(request, button, _work(value))
        messages.success(request, done)
    except CertificationRefused as refusal:
        messages.warning(request, in_one_message(refusal, request.user))
    return onward(request, safe_next(request, request.POST.get("next", "")) or reverse("openruns:openruns"))


def _let_go(value: str, by: User) -> str:
    if not value.isdecimal() or len(value) > 18:
        raise Http404
    return f"{claims.let_go(int(value), by)} is free again."


def _change(request: HttpRequest, button: str, work: Work) -> str:
    name = _name(work)
    if button != "release":
        claims.refuse_if_unlisted(*work, request.user, RunRegistryClient())
    if button == "claim":
        claims.claim(*work, request.user)
        return f"{name} is yours."
    if button == "release":
        claims.release(*work, request.user)
        return f"{name} is free again."
    form = AssignForm(request.POST)
    to = form.cleaned_data["to"] if form.is_valid() else None
    if to is None:
        raise NobodyChosen("Choose first to whom it is assigned.")
    claims.reassign(*work, to, request.user)
    return f"{name} is assigned to {to}."


def _name(work: Work) -> str:
    """With the dataset where the reconstruction has more than one."""
    run_number, reco, dataset = work
    others = KnownDataset.objects.filter(run_id=run_number, reco=reco).exclude(name=dataset)
    return f"{run_number} {reco} ({dataset})" if dataset and others.exists() else f"{run_number} {reco}"


class NobodyChosen(CertificationRefused):
    pass


def _work(value: str) -> Work:
    number, _, rest = value.partition("/")
    reco, _, dataset = rest.partition("/")
    if reco not in RECOS or not number.isdecimal() or len(number) > 10 or not 0 < int(number) <= MAX_RUN_NUMBER:
        raise Http404
    if dataset and not is_dataset_of(reco, dataset):
        raise Http404
    return int(number), reco, dataset
