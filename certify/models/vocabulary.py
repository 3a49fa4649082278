"""The words that shifters choose from; experts keep them in the admin."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q

from certify.models.draft import Draft
from history.admin_changes import referring
from history.models import Entry


class WordKeepsItsName(ValidationError):
    """A word was about to be renamed under those who used it, or who have a form open that shows it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}” keeps its name: retire it, or delete it if it is not used, and add a new one.")


class VocabularyQuerySet(models.QuerySet):
    """Renames no word, whichever way rows are changed at once."""

    def update(self, **values: Any) -> int:
        if "name" not in values:
            return super().update(**values)
        with transaction.atomic(using=self.db):
            # An expression may be any name.
            for word in self.order_by().select_for_update():
                word.refuse_to_be(values["name"])
            return super().update(**values)

    update.alters_data = True

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if "name" in (kwargs.get("update_fields") or ()):
            raise TypeError("Words keep their names: retire one and add a new one.")
        return super().bulk_create(objs, *args, **kwargs)

    bulk_create.alters_data = True


class Vocabulary(models.Model):
    """A word that shifters choose from. It keeps its name; one that was used can't be deleted, only retired.

    A form carries its key alone, so another name would be another verdict than its author chose.
    """

    name = models.CharField(max_length=120, unique=True)
    is_retired = models.BooleanField(default=False, help_text="No longer offered; certifications that use it keep it.")

    objects = VocabularyQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["name"]
        base_manager_name = "objects"

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        names = kwargs.get("update_fields")
        with transaction.atomic():
            if self.pk and (names is None or "name" in names):
                self._refuse_another_name(type(self).objects.select_for_update())
            super().save(*args, **kwargs)

    def clean(self) -> None:
        if self.pk:
            self._refuse_another_name(type(self).objects.all())

    def _refuse_another_name(self, words: VocabularyQuerySet) -> None:
        stored = words.filter(pk=self.pk).first()
        if stored:
            stored.refuse_to_be(self.name)

    def refuse_to_be(self, name: Any) -> None:
        """Raises WordKeepsItsName where `name` is another one."""
        if name != self.name:
            raise WordKeepsItsName(self.name)

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
