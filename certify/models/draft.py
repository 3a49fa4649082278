"""What somebody has typed and not submitted."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from certify.models.reconstruction import Reconstruction
from certify.versions import read_version
from runregistry.names import LONGEST_NAME


class Draft(models.Model):
    """`page` is one opening of the form, so that two tabs don't overwrite each other.

    `fields`: [[name, value], …], as the browser would send them.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    run_number = models.PositiveIntegerField()
    reconstruction = models.CharField(max_length=10, choices=Reconstruction.choices)
    dataset = models.CharField(max_length=LONGEST_NAME, blank=True)
    page = models.CharField(max_length=40)
    fields = models.JSONField(default=list)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "run_number", "reconstruction", "dataset", "page"], name="one_draft_of_a_page"
            )
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.run_number), self.reconstruction, self.dataset)))

    @property
    def is_of_update(self) -> bool:
        return self.version is not None

    @property
    def version(self) -> int | None:
        """Of the certification that it changes; None for a new one."""
        return read_version(dict(self.fields).get("version", ""))

    @property
    def summary(self) -> str:
        """Its verdicts and the beginning of its comment, to tell one draft from another."""
        typed = {name: value for name, value in self.fields if value}
        said = [f"{name} {typed[name]}" for name in ("pixel", "strip", "tracking") if name in typed]
        comment = " ".join(typed.get("comment", "").split())
        if comment:
            said.append(f"“{comment[:60]}{'…' if len(comment) > 60 else ''}”")
        return " · ".join(said) or "nothing chosen yet"
