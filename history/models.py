"""What was changed, when, by whom and why. Entries are written once and outlive what they tell about."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone


class Action(models.TextChoices):
    BEFORE = "before", "As it was before its history was kept"
    CREATED = "created", "Certified"
    ANEW = "anew", "Certified anew"
    CHANGED = "changed", "Changed"
    REVERTED = "reverted", "An earlier version brought back"
    DELETED = "deleted", "Deleted"
    RESTORED = "restored", "Restored from the bin"
    UNDONE = "undone", "Undone"
    PURGED = "purged", "Deleted for ever"
    FACTS = "facts", "Facts typed by hand"
    UPDATED = "updated", "Facts updated"
    COMPLETED = "completed", "Completed"
    TAKEN = "taken", "Difference resolved: OMS's value taken"
    KEPT = "kept", "Difference resolved: typed value kept"
    PROPOSED = "proposed", "Another value proposed, to be decided"
    ACCEPTED = "accepted", "Difference resolved: the proposed value taken"
    DECLINED = "declined", "Difference resolved: the stored value kept"
    SETTLED = "settled", "Difference resolved: both values agree by now"
    WITHDRAWN = "withdrawn", "Proposal withdrawn"
    TURNED = "turned", "Verdict turned"
    MOVED = "moved", "Dataset chosen"
    LISTING = "listing", "Dataset in the Run Registry"
    ADMIN = "admin", "Changed in the admin"


class EntryQuerySet(models.QuerySet):
    def about(self, *subjects: str) -> EntryQuerySet:
        return self.filter(subject__in=subjects)


class Entry(models.Model):
    """One click on one subject.

    `subject`: "certification 325000 prompt", "run 325000" or "fill 7324": text, so that it outlives the row.
    `by` is None for what a service told; then `source` names it. `typed_by`: who had typed what `by` saved expressly.
    `changes`: field → [old, new]; `state`: field → value after it. `click` is shared by all that one click saved.
    """

    subject = models.CharField(max_length=60)
    row = models.BigIntegerField(null=True, help_text="Primary key of the certification, several may share a subject.")
    action = models.CharField(max_length=10, choices=Action.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    typed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=30, blank=True)
    at = models.DateTimeField(default=timezone.now)
    reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=0)
    state = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)
    click = models.UUIDField()

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["subject", "-id"]),
            models.Index(fields=["by", "-at"]),
            models.Index(fields=["click"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(by__isnull=False) | ~models.Q(source=""), name="by_somebody_or_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.get_action_display()}"

    @property
    def who(self) -> str:
        if not self.by_id:
            return self.source
        return f"{self.by}, typed by {self.typed_by}" if self.typed_by_id else str(self.by)

    @property
    def old(self) -> dict[str, Any]:
        return {field: pair[0] for field, pair in self.changes.items()}
