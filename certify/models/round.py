from __future__ import annotations

from django.db import models
from django.utils import timezone


class RoundManager(models.Manager):
    def note(self, runs: int, completed: int) -> Round:
        told = {"ended_at": timezone.now(), "runs": runs, "completed": completed}
        return self.update_or_create(pk=1, defaults=told)[0]


class Round(models.Model):
    """The last round of the workers, so that people see whether one is running. One row."""

    ended_at = models.DateTimeField()
    runs = models.PositiveIntegerField()
    completed = models.PositiveIntegerField()

    objects = RoundManager()

    def __str__(self) -> str:
        return f"{self.runs} runs asked for, {self.completed} certifications completed."
