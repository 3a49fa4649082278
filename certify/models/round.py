from __future__ import annotations

from django.db import models
from django.utils import timezone


class RoundManager(models.Manager):
    def note(self, runs: int, completed: int) -> None:
        self.update_or_create(pk=1, defaults={"ended_at": timezone.now(), "runs": runs, "completed": completed})


class Round(models.Model):
    """The last round of the workers, so that people see whether one is running. One row."""

    ended_at = models.DateTimeField()
    runs = models.PositiveIntegerField()
    completed = models.PositiveIntegerField()

    objects = RoundManager()

    def __str__(self) -> str:
        return f"round of {self.ended_at}"
