from typing import Any
from uuid import uuid4

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from certify import corrections, models
from certify.chronicle import record
from certify.snapshots import snapshot
from history.models import Action


@admin.register(models.PixelProblem, models.StripProblem, models.TrackingProblem, models.BadReason)
class VocabularyAdmin(admin.ModelAdmin):
    list_display = ("name", "is_retired")
    list_filter = ("is_retired",)
    search_fields = ("name",)
    actions = ("retire", "offer_again")

    @admin.action(description="Retire: no longer offer it", permissions=["change"])
    def retire(self, request: HttpRequest, words: QuerySet) -> None:
        words.update(is_retired=True)

    @admin.action(description="Offer it again", permissions=["change"])
    def offer_again(self, request: HttpRequest, words: QuerySet) -> None:
        words.update(is_retired=False)


@admin.register(models.Dataset)
class DatasetAdmin(admin.ModelAdmin):
    list_display = ("name",)
    search_fields = ("name",)


@admin.register(models.RunReconstruction)
class RunReconstructionAdmin(admin.ModelAdmin):
    list_display = ("run_id", "reconstruction", "run_type", "is_reference")
    list_display_links = ("run_id", "reconstruction")
    list_filter = ("is_reference", "reconstruction", "run__run_type")
    list_select_related = ("run",)
    search_fields = ("=run__run_number", "reconstruction")
    autocomplete_fields = ("run",)
    actions = ("make_reference", "make_no_reference")

    @admin.action(description="Make it a reference", permissions=["change"])
    def make_reference(self, request: HttpRequest, reconstructions: QuerySet) -> None:
        reconstructions.update(is_reference=True)

    @admin.action(description="Make it no reference any more", permissions=["change"])
    def make_no_reference(self, request: HttpRequest, reconstructions: QuerySet) -> None:
        reconstructions.update(is_reference=False)

    def get_readonly_fields(self, request: HttpRequest, obj: models.RunReconstruction | None = None) -> tuple[str, ...]:
        # Another run or reconstruction would carry the certification over to what nobody looked at.
        return ("run", "reconstruction") if obj else ()

    @admin.display(description="type", ordering="run__run_type")
    def run_type(self, of: models.RunReconstruction) -> str:
        return of.run.get_run_type_display()


class ProblemSeenInline(admin.TabularInline):
    """Part of the certification: whoever may do something with that may do it with its problems."""

    extra = 0
    autocomplete_fields = ("problem",)

    def has_add_permission(self, request: HttpRequest, obj: models.TrackerCertification | None = None) -> bool:
        return _may_write(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: models.TrackerCertification | None = None) -> bool:
        return _may_write(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.TrackerCertification | None = None) -> bool:
        return _may_write(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: models.TrackerCertification | None = None) -> bool:
        return request.user.has_perm("certify.view_trackercertification")


def _may_write(request: HttpRequest, certification: models.TrackerCertification | None) -> bool:
    """The rule of the update page holds here too."""
    return request.user.may_certify if certification is None else certification.can_be_edited_by(request.user)


def _inline(seen: type) -> type:
    words = seen._meta.get_field("problem").related_model._meta.verbose_name_plural
    return type(f"{seen.__name__}Inline", (ProblemSeenInline,), {"model": seen, "verbose_name_plural": words})


@admin.register(models.TrackerCertification)
class TrackerCertificationAdmin(admin.ModelAdmin):
    list_display = (
        "run_reconstruction",
        "is_good",
        "pixel",
        "strip",
        "tracking",
        "author",
        "date",
        "external_info_complete",
    )
    list_filter = (
        ("deleted_at", admin.EmptyFieldListFilter),
        "external_info_complete",
        "pixel",
        "strip",
        "tracking",
        "run_reconstruction__reconstruction",
    )
    search_fields = ("=run_reconstruction__run__run_number", "author__username", "dataset__name", "comment")
    date_hierarchy = "date"
    list_select_related = ("run_reconstruction__run", "author")
    autocomplete_fields = ("run_reconstruction", "dataset", "reference_runreconstruction")
    readonly_fields = (
        "author",
        "external_info_complete",
        "created_at",
        "updated_at",
        "deleted_at",
        "deleted_by",
        "delete_reason",
    )
    inlines = [_inline(m) for m in (models.PixelProblemSeen, models.StripProblemSeen, models.TrackingProblemSeen)]

    def get_readonly_fields(
        self, request: HttpRequest, obj: models.TrackerCertification | None = None
    ) -> tuple[str, ...]:
        # A verdict holds for what its author looked at.
        return (*self.readonly_fields, "run_reconstruction") if obj else self.readonly_fields

    def has_change_permission(self, request: HttpRequest, obj: models.TrackerCertification | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.can_be_edited_by(request.user))

    def delete_model(self, request: HttpRequest, obj: models.TrackerCertification) -> None:
        """Into the bin first; from there, for ever."""
        if obj.deleted_at:
            corrections.purge(obj.pk, request.user)
        else:
            corrections.delete(obj.pk, request.user, "In the admin.")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for certification in queryset:
            self.delete_model(request, certification)

    def save_model(self, request: HttpRequest, obj: models.TrackerCertification, form: ModelForm, change: bool) -> None:
        if not change:
            obj.author = request.user
        form.before = snapshot(corrections.locked(obj.pk)) if change else {}
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: list[Any], change: bool) -> None:
        super().save_related(request, form, formsets, change)
        action = Action.CHANGED if change else Action.CREATED
        record(form.instance, action, request.user, before=form.before, click=uuid4(), reason="In the admin.")

    @admin.display(description="good", boolean=True)
    def is_good(self, certification: models.TrackerCertification) -> bool:
        return certification.is_good
