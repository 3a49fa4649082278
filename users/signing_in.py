"""What a sign-in leaves behind."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from users.models import User


def note_sign_in(sender: type[User], user: User, **kwargs: Any) -> None:
    """When it was, as long as there is the account."""
    user.last_login = timezone.now()
    User.objects.filter(pk=user.pk).update(last_login=user.last_login)
