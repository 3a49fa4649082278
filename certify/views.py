"""The certify page. `CertificationPage` is the part that certifying and updating share."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views import View
from django.views.decorators.http import require_GET

from certify import workflow
from certify.exceptions import (
    CertificationRefused,
    RunReconstructionAllDatasetsCertified,
    RunReconstructionAlreadyCertified,
)
from certify.forms import CertificationForms, facts_are_typed
from certify.models import Reconstruction, TrackerCertification
from certify.references import PAGE, references_for
from certify.target import RECOS
from oms.client import OmsClient
from oms.models import MAX_RUN_NUMBER, OmsRun
from oms.presentation import fact_groups
from runregistry.client import RunRegistryClient
from users.carry import sign_in_and_carry, typed_fields

# Buttons of the page that want it back as it is, with nothing saved.
_NOT_YET = ("review", "correct", "search")


class CertificationPage(View):
    """Shows (GET) and saves (POST) the forms of `self.context`, which a subclass finds in `resolve`."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _sign_in_first(request)
        try:
            self.context = self.resolve(**kwargs)
            return super().dispatch(request, *args, **kwargs)
        except CertificationRefused as refusal:  # by resolve, and by save when somebody was faster
            return self.refuse(refusal)

    def resolve(self, **kwargs: Any) -> workflow.CertificationContext:
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render(self.forms())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        forms = self.forms()
        if any(button in request.POST for button in _NOT_YET):
            return self.render(forms)
        if not forms.is_valid():
            return self.render(forms, status=422)
        saved = forms.save(by=request.user)
        messages.success(request, self.saved_message(saved))
        return redirect("listruns:list")

    def forms(self) -> CertificationForms:
        data = self.request.POST if self.request.method == "POST" else None
        wants_correction = "correct" in (data if data is not None else self.request.GET)
        return CertificationForms(self.context, data, correct=wants_correction)

    def refuse(self, refusal: CertificationRefused) -> HttpResponse:
        typed = typed_fields(self.request.POST)
        context = {
            "refusal": refusal,
            "recos": _labelled(refusal.recos or (RECOS if typed else ())),
            "run_number": self.kwargs.get("run_number"),
            "typed": typed,
        }
        return render(self.request, "certify/refused.html", context, status=refusal.status)

    def saved_message(self, saved: TrackerCertification) -> str:
        unconfirmed = "" if saved.dataset_id else " Its dataset is not confirmed yet."
        return f"The certification of {saved} is saved: {'good' if saved.is_good else 'bad'}.{unconfirmed}"

    def render(self, forms: CertificationForms, status: int = 200, **more: Any) -> HttpResponse:
        return render(self.request, "certify/certify.html", {**self.page(forms), **more}, status=status)

    def page(self, forms: CertificationForms) -> dict[str, Any]:
        context = self.context
        search = self.request.POST.get("reference_search", "")
        chosen = str(forms.certify["reference_runreconstruction"].value() or "")
        return {
            "form": forms.certify,
            "omsrun_form": forms.run,
            "omsfill_form": forms.fill,
            "run": context.run,
            "run_number": context.target.run_number,
            "reco": context.target.reco,
            "reco_name": Reconstruction(context.target.reco).label,
            "dataset": context.target.dataset,
            "certification": context.certification,
            "external_info_complete": context.info.complete,
            "warnings": context.warnings,
            "fact_groups": fact_groups(context.run),
            "references": references_for(context.run, context.target.reco, query=search, chosen=chosen),
            "reference_search": search,
            "seal": context.target.seal,
            "action": self.canonical_url(),
        }

    def canonical_url(self) -> str:
        """Where the form is sent: it names all that was found, so that nothing else is found the second time."""
        target = self.context.target
        url = reverse("certify:certify", args=[target.run_number, target.reco])
        dataset = target.dataset or target.asked
        return f"{url}?{urlencode({'dataset': dataset})}" if dataset else url


class CertifyView(CertificationPage):
    """Certify what is not certified yet."""

    def resolve(self, run_number: int, reco: str = "") -> workflow.CertificationContext:
        return workflow.open_new(
            run_number,
            reco,
            self.request.GET.get("dataset", ""),
            self.request.user,
            oms=OmsClient(),
            registry=RunRegistryClient(),
            seal=self.request.POST.get("seal", ""),
            facts_are_typed=facts_are_typed(self.request.POST),
        )

    def refuse(self, refusal: CertificationRefused) -> HttpResponse:
        if isinstance(refusal, RunReconstructionAllDatasetsCertified):
            messages.info(self.request, str(refusal))
            return redirect("openruns:openruns")
        if isinstance(refusal, RunReconstructionAlreadyCertified):
            return self.already_certified(refusal)
        return super().refuse(refusal)

    def already_certified(self, refusal: RunReconstructionAlreadyCertified) -> HttpResponse:
        """To the update page for those who may; whoever submits sees who was first, with her own input."""
        first = refusal.certification
        may_edit = first.can_be_edited_by(self.request.user)
        update = reverse(
            "listruns:update", args=[first.run_reconstruction.run_id, first.run_reconstruction.reconstruction]
        )
        if self.request.method != "POST":
            return redirect(update) if may_edit else super().refuse(refusal)
        self.context = workflow.open_conflicting(first)
        forms = self.forms()
        if first.author == self.request.user and forms.says_the_same():
            messages.info(self.request, f"The certification of {first} was saved already; nothing was changed.")
            return redirect("listruns:list")
        action = update if may_edit else self.request.get_full_path()
        return self.render(forms, status=409, conflict=refusal, may_replace=may_edit, action=action)

    def saved_message(self, saved: TrackerCertification) -> str:
        run_number = saved.run_reconstruction.run_id
        return format_html(
            '{} <a class="alert-link" href="{}">Certify the next dataset of {}</a>',
            super().saved_message(saved),
            reverse("certify:certify", args=[run_number]),
            run_number,
        )


@require_GET
@login_required
def references(request: HttpRequest) -> HttpResponse:
    """A page of reference choices for `?run=&reco=&q=&chosen=&page=`, as a piece of HTML."""
    try:
        run_number, page = int(request.GET["run"]), int(request.GET.get("page", 1))
    except (KeyError, ValueError) as exc:
        raise Http404 from exc
    if not (0 < run_number <= MAX_RUN_NUMBER and 0 < page <= 10_000):
        raise Http404
    run = OmsRun.objects.filter(pk=run_number).first() or OmsRun(run_number=run_number)
    query, chosen = request.GET.get("q", ""), request.GET.get("chosen", "")
    reco = request.GET.get("reco", "")
    found = references_for(run, reco if reco in RECOS else "", query=query, chosen=chosen, page=page, size=PAGE)
    return render(request, "certify/includes/_reference_choices.html", {"references": found})


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    """A lost session must not cost what was typed."""
    if request.method == "POST":
        return sign_in_and_carry(request)
    return redirect_to_login(request.get_full_path())


def _labelled(recos: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(reco, Reconstruction(reco).label) for reco in recos]
