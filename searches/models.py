"""What people search for, under an address that is short enough to be shared."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone

from oms.run_numbers import LONGEST_TEXT

KEPT = timedelta(days=90)  # after its last use
_LONGEST_KEY = 32


def today() -> date:
    return timezone.localdate()


def key_of(text: str) -> str:
    """The same for the same text, and by accident of no other."""
    return hashlib.sha256(text.encode()).hexdigest()[:_LONGEST_KEY]


class StoredSearchQuerySet(models.QuerySet):
    def outlived(self) -> StoredSearchQuerySet:
        return self.filter(last_used_on__lt=today() - KEPT)


class StoredSearch(models.Model):
    """`key`: made of the text. `last_used_on`: a day, so that reading writes no more than once a day."""

    key = models.CharField(primary_key=True, max_length=_LONGEST_KEY)
    text = models.TextField()
    stored_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    stored_at = models.DateTimeField(default=timezone.now)
    last_used_on = models.DateField(default=today, db_index=True)

    objects = StoredSearchQuerySet.as_manager()

    class Meta:
        ordering = ["-stored_at"]
        indexes = [models.Index(fields=["stored_by", "stored_at"], name="searches_of_a_person")]
        constraints = [
            models.CheckConstraint(condition=~models.Q(text=""), name="search_says_something"),
            models.CheckConstraint(
                condition=models.Q(LessThanOrEqual(Length("text"), LONGEST_TEXT)), name="search_is_not_too_long"
            ),
        ]

    def __str__(self) -> str:
        return self.key
