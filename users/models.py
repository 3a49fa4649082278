from __future__ import annotations

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person who signs in. What she may do comes from her groups, see `users.roles`."""

    def as_of_now(self) -> User:
        """Themselves with the rights of this moment: a role may be taken away while a request waits for its turn."""
        now = type(self).objects.filter(pk=self.pk).first()
        return now or type(self)(pk=self.pk, username=self.username, is_active=False)

    @property
    def may_certify(self) -> bool:
        return self.has_perm("certify.add_trackercertification")

    @property
    def is_shift_leader(self) -> bool:
        """May correct what others certified."""
        return self.has_perm("certify.change_others_certification")
