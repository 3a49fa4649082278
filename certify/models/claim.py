"""Who is at which dataset, so that two shifters don't do the same work."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from certify.models.reconstruction import CERTIFIED_RECONSTRUCTIONS, Reconstruction
from runregistry.names import LONGEST_NAME
from users.models import User


def claim_expiry() -> datetime:
    return timezone.now() + timedelta(minutes=settings.CLAIM_MINUTES)


class ClaimQuerySet(models.QuerySet):
    def in_force(self) -> ClaimQuerySet:
        return self.filter(expires_at__gt=timezone.now())

    def of(self, run_number: int, reco: str, dataset: str | None = None) -> ClaimQuerySet:
        """Those that hold the dataset: one without a name holds all of the reconstruction, and is held by any."""
        found = self.filter(run_number=run_number, reconstruction=reco)
        return found.filter(dataset__in=("", dataset)) if dataset else found


class Claim(models.Model):
    """`run_number` is no foreign key: a run may be claimed before anybody has asked OMS for it.

    Without a `dataset` it holds all datasets of the reconstruction. `is_assigned`: a shift leader gave it to `user`.
    """

    run_number = models.PositiveIntegerField()
    reconstruction = models.CharField(max_length=10, choices=Reconstruction.choices)
    dataset = models.CharField(max_length=LONGEST_NAME, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="claims")
    claimed_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=claim_expiry)
    is_assigned = models.BooleanField(default=False)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        ordering = ["claimed_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["run_number", "reconstruction", "dataset"], name="one_claim"),
            models.CheckConstraint(
                condition=Q(reconstruction__in=[str(reco) for reco in CERTIFIED_RECONSTRUCTIONS]),
                name="claim_certifiable",
            ),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.run_number), self.reconstruction, self.dataset)))

    def can_be_given_away_by(self, user: User) -> bool:
        return user.is_shift_leader or (user.may_certify and self.user_id == user.pk)
