from django.contrib import admin

from certify import models


@admin.register(models.PixelProblem, models.StripProblem, models.TrackingProblem, models.BadReason)
class VocabularyAdmin(admin.ModelAdmin):
    list_display = ("name", "is_retired")
    list_editable = ("is_retired",)
    list_filter = ("is_retired",)
    search_fields = ("name",)


@admin.register(models.Dataset)
class DatasetAdmin(admin.ModelAdmin):
    search_fields = ("name",)


@admin.register(models.RunReconstruction)
class RunReconstructionAdmin(admin.ModelAdmin):
    list_display = ("run_id", "reconstruction", "is_reference")
    list_display_links = ("run_id", "reconstruction")
    list_editable = ("is_reference",)
    list_filter = ("is_reference", "reconstruction")
    search_fields = ("=run__run_number", "reconstruction")
    autocomplete_fields = ("run",)


class ProblemSeenInline(admin.TabularInline):
    extra = 0
    autocomplete_fields = ("problem",)


def _inline(seen: type) -> type:
    return type(f"{seen.__name__}Inline", (ProblemSeenInline,), {"model": seen})


@admin.register(models.TrackerCertification)
class TrackerCertificationAdmin(admin.ModelAdmin):
    list_display = ("run_reconstruction", "pixel", "strip", "tracking", "author", "date", "external_info_complete")
    list_filter = ("external_info_complete", "pixel", "strip", "tracking", "run_reconstruction__reconstruction")
    search_fields = ("=run_reconstruction__run__run_number", "author__username", "dataset__name", "comment")
    date_hierarchy = "date"
    list_select_related = ("run_reconstruction", "author")
    autocomplete_fields = ("run_reconstruction", "dataset", "author", "reference_runreconstruction", "bad_reason")
    readonly_fields = ("external_info_complete", "created_at", "updated_at")
    inlines = [_inline(m) for m in (models.PixelProblemSeen, models.StripProblemSeen, models.TrackingProblemSeen)]
