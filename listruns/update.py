"""Correcting a certification: the certify page with another way to find what it is about."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from certify import workflow
from certify.addressed import CERTIFICATION, living
from certify.exceptions import CertificationRefused, CertifiedWithAnotherDataset, SeveralDatasetsCertified
from certify.forms import CertificationForms, facts_are_typed
from certify.handover import UpdateHandover
from certify.links import address, url_of
from certify.models import TrackerCertification
from certify.page import CertificationPage
from certify.siblings import datasets_to_choose, siblings_of
from certify.versions import read_version
from listruns.addressing import may_not, nothing_at
from oms.client import OmsClient
from runregistry.client import RunRegistryClient


class UpdateRunView(CertificationPage):
    """For the author and shift leaders; the author stays who they are."""

    handover = UpdateHandover()

    def resolve(self, run_number: int, reco: str) -> workflow.CertificationContext:
        try:
            certification = living(run_number, reco, self.asked_dataset)
        except TrackerCertification.DoesNotExist as exc:
            raise nothing_at(self.request, run_number, reco) from exc
        if not certification.can_be_edited_by(self.request.user):
            raise may_not(certification, "change it")
        if not self.is_about(certification):
            raise CertifiedWithAnotherDataset(certification, self.looked_at or None)
        return workflow.open_existing(
            certification,
            oms=OmsClient(),
            registry=RunRegistryClient(),
            seal=self.request.POST.get("seal", ""),
            facts_are_typed=facts_are_typed(self.request.POST),
            anew=self.asks_anew,
        )

    def refuse(self, refusal: CertificationRefused) -> HttpResponse:
        if isinstance(refusal, SeveralDatasetsCertified) and self.request.method != "POST":
            return redirect("listruns:detail", refusal.run_number, refusal.reco)
        return super().refuse(refusal)

    def page(self, forms: CertificationForms) -> dict[str, Any]:
        certification = self.context.certification
        of = certification.run_reconstruction
        may_choose = certification.dataset_id is None and datasets_to_choose(
            certification, siblings_of(of.run_id, of.reconstruction), self.request.user
        )
        return {
            **super().page(forms),
            "others_certification_by": certification.author if certification.author != self.request.user else None,
            **self.made_from(certification),
            "choose_url": url_of(certification) if may_choose else "",
            "change_reason": (self.typed or {}).get("change_reason", ""),
        }

    def made_from(self, certification: TrackerCertification) -> dict[str, Any]:
        """What the form says stays, or an old one would pass for one of what is stored now."""
        said = self.typed or {}
        version = read_version(said.get("version", ""))
        key = version and said.get(CERTIFICATION)
        return {"version": version or certification.version, "made_from": key or certification.pk}

    def canonical_url(self) -> str:
        target = self.context.target
        return address("update", target.run_number, target.reco, target.dataset)

    def saved_message(self, saved: TrackerCertification) -> str:
        return f"The changes to {saved.full_name} are saved: {'good' if saved.is_good else 'bad'}."
