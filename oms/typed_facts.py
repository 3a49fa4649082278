"""Who typed a fact of a run or fill, and when: for as long as their value is the one in force."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime


class TypedFactQuerySet(models.QuerySet):
    def about(self, run: models.Model) -> TypedFactQuerySet:
        """Of the run and of its fill."""
        return self.filter(models.Q(run=run) | models.Q(fill__isnull=False, fill=run.fill_id))


class TypedFact(models.Model):
    """One field that a person typed. Services never overwrite it; the history tells what it was before."""

    run = models.ForeignKey("oms.OmsRun", on_delete=models.PROTECT, null=True, related_name="typed_facts")
    fill = models.ForeignKey("oms.OmsFill", on_delete=models.PROTECT, null=True, related_name="typed_facts")
    name = models.CharField(max_length=40)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    by_name = models.CharField(max_length=150, blank=True, help_text="Of a person who has no account any more.")
    at = models.DateTimeField(default=timezone.now, null=True)

    objects = TypedFactQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(run__isnull=True, fill__isnull=False)
                | models.Q(run__isnull=False, fill__isnull=True),
                name="typed_of_a_run_or_a_fill",
            ),
            models.CheckConstraint(
                condition=models.Q(by__isnull=True) | models.Q(by_name=""), name="typed_by_key_or_by_name"
            ),
            models.UniqueConstraint(fields=["run", "name"], name="typed_once_of_a_run"),
            models.UniqueConstraint(fields=["fill", "name"], name="typed_once_of_a_fill"),
        ]

    def __str__(self) -> str:
        return f"{self.name} typed by {self.who}"

    @property
    def who(self) -> str:
        return str(self.by) if self.by_id else self.by_name

    @property
    def stamp(self) -> dict[str, Any]:
        """As the history keeps it."""
        at = self.at.isoformat(timespec="seconds") if self.at else None
        return {"by": self.by_id, "at": at, **({"name": self.by_name} if self.by_name else {})}

    @classmethod
    def from_stamp(cls, name: str, stamp: dict[str, Any]) -> TypedFact:
        """The history's older stamps name the person by their user name, and nobody keeps an account for ever."""
        people = cls._meta.get_field("by").related_model.objects
        by, at = stamp.get("by"), parse_datetime(stamp.get("at") or "")
        person = people.filter(**{"username" if isinstance(by, str) else "pk": by}).first() if by else None
        known_as = by if isinstance(by, str) else stamp.get("name", "")
        return cls(name=name, by=person, by_name="" if person else known_as, at=at)
