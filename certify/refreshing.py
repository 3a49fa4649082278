"""Asking the services at once, because a person wants it: who may, and how often."""

from __future__ import annotations

import time

from django.conf import settings
from django.core.cache import cache

from certify.exceptions import CertificationRefused
from users.models import User


class MayNotRefresh(CertificationRefused):
    title = "Asking the services needs the shifter role"
    advice = "What is shown is what they said last; an administrator can give you the role."
    may_go_on = False


class AskedAMomentAgo(CertificationRefused):
    """`seconds`: until one may ask again."""

    status = 429
    title = "Asked a moment ago"
    may_go_on = False

    def __init__(self, seconds: int) -> None:
        self.advice = f"You can ask again in {seconds} second{'' if seconds == 1 else 's'}."
        super().__init__("You asked the services a moment ago. What is shown is what they said.")


def ask_anew(user: User) -> None:
    """To be called before the services are. Raises MayNotRefresh and AskedAMomentAgo."""
    if not user.may_certify:
        raise MayNotRefresh("Without the shifter role the services are not asked.")
    pause, key = settings.REFRESH_PAUSE, f"asked-anew:{user.pk}"
    if not cache.add(key, time.time(), pause):
        left = (cache.get(key) or 0) + pause - time.time()
        raise AskedAMomentAgo(min(max(round(left), 1), pause))
