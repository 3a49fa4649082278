"""What happened to somebody's certification without them: shown on their home page until they press "Seen"."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from history.models import Entry


class NoticeQuerySet(models.QuerySet):
    def unseen_by(self, user: settings.AUTH_USER_MODEL) -> NoticeQuerySet:
        return self.filter(user=user, seen_at=None)


class Notice(models.Model):
    """One entry of the history that `user` is to see. It outlives the certification, as the entry does."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["user", "entry"], name="one_notice_of_an_entry")]
        indexes = [models.Index(fields=["user", "-made_at"], name="unseen_notices", condition=models.Q(seen_at=None))]

    def __str__(self) -> str:
        return f"{self.user}: {self.entry}"
