"""Storing searches, finding them again, and forgetting those that nobody uses."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.utils import timezone

from oms.run_numbers import same_lines
from searches.models import StoredSearch, key_of, today
from users.models import User

MOST_OF_A_GUEST = 50
_WITHIN = timedelta(days=1)
_KEY = re.compile(r"[0-9a-f]{32}")

logger = logging.getLogger(__name__)


class SearchRefused(Exception):
    """`status`: what an answer says by it."""

    status = 422


class SearchGone(SearchRefused):
    status = 404

    def __init__(self) -> None:
        super().__init__(
            "No search is stored under this address: it is cut off, or nobody has used it for 90 days. "
            "Paste the runs here once more, and you get a new one."
        )


class QuotaReached(SearchRefused):
    status = 429

    def __init__(self, free_at: str) -> None:
        super().__init__(
            f"This is not stored: guests store up to {MOST_OF_A_GUEST} new searches a day. What you typed is still "
            f"here; send it again after {free_at}, or use a search that you or others made before."
        )


def store(text: str, user: User) -> StoredSearch:
    """The search with this text, new or not. Raises QuotaReached for a guest's new one."""
    text = same_lines(text).strip()
    key = key_of(text)
    with transaction.atomic():
        found = StoredSearch.objects.filter(pk=key).first()
        if found is None:
            if not user.may_certify:
                _refuse_beyond_quota(user)
            found, _ = StoredSearch.objects.get_or_create(key=key, defaults={"text": text, "stored_by": user})
    _note_use(found)
    return found


def text_of(key: str) -> str:
    """Raises SearchGone."""
    found = StoredSearch.objects.filter(pk=key).first() if _KEY.fullmatch(key) else None
    if found is None:
        raise SearchGone
    _note_use(found)
    return found.text


def forget_the_outlived() -> int:
    """How many nobody had used for so long."""
    return StoredSearch.objects.outlived().delete()[0]


def _refuse_beyond_quota(guest: User) -> None:
    # One request of a person at a time counts and stores.
    User.objects.select_for_update().get(pk=guest.pk)
    of_late = StoredSearch.objects.filter(stored_by=guest, stored_at__gt=timezone.now() - _WITHIN)
    if of_late.count() >= MOST_OF_A_GUEST:
        free_at = timezone.localtime(of_late.earliest("stored_at").stored_at + _WITHIN)
        raise QuotaReached(f"{free_at:%d %b, %H:%M}")


def _note_use(found: StoredSearch) -> None:
    """Once a day; a page is shown even where nothing can be stored."""
    if found.last_used_on >= today():
        return
    try:
        with transaction.atomic():
            StoredSearch.objects.filter(pk=found.pk).update(last_used_on=today())
    except DatabaseError as exc:
        logger.warning("The use of a stored search is not noted: %s", exc)
