"""Correcting a certification: the certify page with another way to find what it is about."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import reverse

from certify import workflow
from certify.exceptions import CertificationDeleted
from certify.forms import CertificationForms, facts_are_typed
from certify.handover import UpdateHandover
from certify.models import TrackerCertification
from certify.page import CertificationPage
from oms.client import OmsClient
from runregistry.client import RunRegistryClient


class UpdateRunView(CertificationPage):
    """For the author and shift leaders; the author stays who she is."""

    handover = UpdateHandover()

    def resolve(self, run_number: int, reco: str) -> workflow.CertificationContext:
        in_bin = TrackerCertification.everything.in_bin().of(run_number, reco)
        certifications = TrackerCertification.objects.of(run_number, reco).with_everything_shown()
        if in_bin.exists() and not certifications.exists():
            raise CertificationDeleted(in_bin.latest("deleted_at"))
        certification = get_object_or_404(certifications)
        if not certification.can_be_edited_by(self.request.user):
            raise PermissionDenied(
                f"{certification} was certified by {certification.author}: only she and shift leaders can change it."
            )
        return workflow.open_existing(
            certification,
            oms=OmsClient(),
            registry=RunRegistryClient(),
            seal=self.request.POST.get("seal", ""),
            facts_are_typed=facts_are_typed(self.request.POST),
            anew=self.asks_anew,
        )

    def page(self, forms: CertificationForms) -> dict[str, Any]:
        certification = self.context.certification
        return {
            **super().page(forms),
            "others_certification_by": certification.author if certification.author != self.request.user else None,
            "version": self.version or certification.version,
            "change_reason": (self.typed or {}).get("change_reason", ""),
        }

    def canonical_url(self) -> str:
        target = self.context.target
        return reverse("listruns:update", args=[target.run_number, target.reco])

    def saved_message(self, saved: TrackerCertification) -> str:
        return f"The changes to {saved} are saved: {'good' if saved.is_good else 'bad'}."
