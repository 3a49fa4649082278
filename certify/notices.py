"""Telling authors what others, or services, did to their certifications."""

from __future__ import annotations

from certify.models import Notice, TrackerCertification
from history.models import Entry


def notify(entry: Entry, certification: TrackerCertification) -> None:
    """The author finds it on their home page, unless they did it themself."""
    if entry.by_id != certification.author_id:
        Notice.objects.get_or_create(user_id=certification.author_id, entry=entry)
