"""For what has a page of its own, or is nobody's to change: the admin shows it."""

from django.db.models import Model
from django.http import HttpRequest

from history.odd_values_admin import OddValuesAdmin


class ReadOnlyAdmin(OddValuesAdmin):
    """Not for a superuser either: the rules of the pages hold for everybody."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
