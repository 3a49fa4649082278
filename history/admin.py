from django.contrib import admin
from django.http import HttpRequest

from history.models import Entry


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    """To be read: history is written by what people do."""

    list_display = ("at", "subject", "action", "by", "reason")
    list_filter = ("action",)
    list_select_related = ("by",)
    search_fields = ("subject", "reason", "by__username")
    date_hierarchy = "at"
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False
