"""The certify page, and the references it searches."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from certify import workflow
from certify.exceptions import (
    CertificationRefused,
    CertifiedWithAnotherDataset,
    RunReconstructionAllDatasetsCertified,
    RunReconstructionAlreadyCertified,
    SeveralDatasetsCertified,
)
from certify.forms import CertificationForms, facts_are_typed
from certify.links import certify_url, short_url_of
from certify.models import TrackerCertification
from certify.page import CertificationPage
from certify.references import PAGE, references_for
from certify.refusals import all_certified, ways_on
from certify.siblings import has_uncertified
from certify.target import RECOS
from oms.client import OmsClient
from oms.models import MAX_RUN_NUMBER, OmsRun
from runregistry.client import RunRegistryClient


class CertifyView(CertificationPage):
    """Certify what is not certified yet."""

    def resolve(self, run_number: int, reco: str = "") -> workflow.CertificationContext:
        return workflow.open_new(
            run_number,
            reco,
            self.request.GET.get("dataset", ""),
            self.request.user,
            oms=OmsClient(),
            registry=RunRegistryClient(anew=self.is_submit or self.asks_anew),
            seal=self.request.POST.get("seal", ""),
            facts_are_typed=facts_are_typed(self.request.POST),
            is_starting=self.request.method != "POST",
            anew=self.asks_anew,
        )

    def page(self, forms: CertificationForms) -> dict[str, Any]:
        target = self.context.target
        in_bin = TrackerCertification.everything.in_bin().maybe_of(target.run_number, target.reco, target.dataset)
        in_bin = in_bin.select_related("author", "deleted_by")
        for certification in in_bin:
            certification.may_restore = certification.can_be_restored_by(self.request.user)
        return {**super().page(forms), "in_bin": in_bin}

    def refuse(self, refusal: CertificationRefused) -> HttpResponse:
        if isinstance(refusal, RunReconstructionAllDatasetsCertified):
            messages.info(self.request, all_certified(str(refusal), refusal.run_number))
            return redirect("openruns:openruns")
        if isinstance(refusal, RunReconstructionAlreadyCertified):
            return self.already_certified(refusal)
        if isinstance(refusal, SeveralDatasetsCertified):
            return redirect("listruns:detail", refusal.run_number, refusal.reco)
        return super().refuse(refusal)

    def already_certified(self, refusal: RunReconstructionAlreadyCertified) -> HttpResponse:
        """To the update page for those who may; whoever submits sees who was first, with her own input."""
        first = refusal.certification
        may_edit = first.can_be_edited_by(self.request.user)
        if self.request.method != "POST":
            opened = {"draft": self.draft.pk} if self.draft else {}
            return redirect(short_url_of(first, "update", **opened)) if may_edit else super().refuse(refusal)
        if not self.is_about(first):
            return self.another_dataset(CertifiedWithAnotherDataset(first, self.looked_at or None))
        self.context = workflow.open_conflicting(first)
        if may_edit:
            return self.choose_between(first, refusal)
        ways = {"in_the_way": ways_on(refusal, self.request.user)}
        return self.render(self.forms(), status=409, **ways, conflict=refusal, action=self.request.get_full_path())

    def saved_message(self, saved: TrackerCertification) -> str:
        run_number, told = saved.run_reconstruction.run_id, super().saved_message(saved)
        told = format_html('{} <a class="alert-link" href="{}">Certify next</a>', told, reverse("openruns:next"))
        if not has_uncertified(run_number):
            return told
        of_run = (certify_url(run_number, ""), run_number)
        return format_html('{} · <a class="alert-link" href="{}">Certify the next dataset of {}</a>', told, *of_run)


@require_safe
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
