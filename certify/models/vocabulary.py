"""The words that shifters choose from; experts keep them in the admin."""

from django.db import models


class Vocabulary(models.Model):
    """A word that shifters choose from. One that was used can't be deleted, only retired."""

    name = models.CharField(max_length=120, unique=True)
    is_retired = models.BooleanField(default=False, help_text="No longer offered; certifications that use it keep it.")

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PixelProblem(Vocabulary):
    pass


class StripProblem(Vocabulary):
    pass


class TrackingProblem(Vocabulary):
    pass


class BadReason(Vocabulary):
    pass
