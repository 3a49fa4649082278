from django.contrib import admin

from history.models import Entry
from history.read_only_admin import ReadOnlyAdmin


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """To be read: history is written by what people do."""

    list_display = ("at", "subject", "action", "who", "reason")
    list_filter = ("action",)
    list_select_related = ("by", "typed_by")
    search_fields = ("subject", "reason", "by__username", "typed_by__username")
    date_hierarchy = "at"
    show_full_result_count = False

    @admin.display(description="by", ordering="by")
    def who(self, entry: Entry) -> str:
        return entry.who
