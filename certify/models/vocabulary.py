"""The words that shifters choose from; experts keep them in the admin."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from certify.models.draft import Draft
from history.admin_changes import referring
from history.models import Entry


class Vocabulary(models.Model):
    """A word that shifters choose from. One that was used keeps its name and can't be deleted, only retired."""

    name = models.CharField(max_length=120, unique=True)
    is_retired = models.BooleanField(default=False, help_text="No longer offered; certifications that use it keep it.")

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        stored = type(self)._base_manager.filter(pk=self.pk).first() if self.pk else None
        if stored and stored.name != self.name and stored.is_used():
            raise ValidationError(f"“{stored.name}” is used, so its name stays: retire it and add a new one.")

    def is_used(self) -> bool:
        """By a certification, also one in the bin, by a version of one that can come back, or by a draft."""
        if referring(self):
            return True
        # What a certification, and so its history and its form, call the words of this kind.
        names = {relation.field.name for relation in self._meta.related_objects}
        return any(self._is_remembered(name) for name in names) or self._is_in_a_draft(names)

    def _is_remembered(self, name: str) -> bool:
        # SQLite can't search a list in JSON; few entries tell of any word.
        for told in ("state", "changes"):
            path = f"{told}__{name}"
            entries = Entry.objects.filter(**{f"{told}__has_key": name}).exclude(Q(**{path: None}) | Q(**{path: []}))
            if any(self._is_in(value) for value in entries.values_list(path, flat=True).iterator()):
                return True
        return False

    def _is_in(self, value: Any) -> bool:
        """In [primary key, name], or in any list of such pairs."""
        if not isinstance(value, list) or not value:
            return False
        if isinstance(value[0], int):
            return value[0] == self.pk
        return any(self._is_in(part) for part in value)

    def _is_in_a_draft(self, names: set[str]) -> bool:
        drafts = Draft.objects.values_list("fields", flat=True).iterator()
        return any(name in names and value == str(self.pk) for fields in drafts for name, value in fields)


class PixelProblem(Vocabulary):
    pass


class StripProblem(Vocabulary):
    pass


class TrackingProblem(Vocabulary):
    pass


class BadReason(Vocabulary):
    pass
