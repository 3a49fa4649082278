from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person who signs in. What she may do comes from her groups, see `users.roles`."""

    @property
    def may_certify(self) -> bool:
        return self.has_perm("certify.add_trackercertification")

    @property
    def is_shift_leader(self) -> bool:
        """May correct what others certified."""
        return self.has_perm("certify.change_others_certification")
