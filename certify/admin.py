from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode

from certify import models
from certify.exceptions import CertificationRefused
from certify.links import url_of
from certify.reference_marks import REFERENCE, set_reference, why_no_reference
from certify.vocabulary import set_retired
from history.read_only_admin import ReadOnlyAdmin
from history.recorded_admin import MadeFromForm, RecordedAdmin
from users.served import typist_of


@admin.register(models.PixelProblem, models.StripProblem, models.TrackingProblem, models.BadReason)
class VocabularyAdmin(RecordedAdmin):
    list_display = ("name", "is_retired")
    list_filter = ("is_retired",)
    search_fields = ("name",)
    actions = (*RecordedAdmin.actions, "retire", "offer_again")

    @admin.action(description="Retire: no longer offer it", permissions=["change"])
    def retire(self, request: HttpRequest, words: QuerySet) -> None:
        self.message_user(request, f"{set_retired(words, True, request.user, typist_of(request))} retired.")

    @admin.action(description="Offer it again", permissions=["change"])
    def offer_again(self, request: HttpRequest, words: QuerySet) -> None:
        self.message_user(request, f"{set_retired(words, False, request.user, typist_of(request))} offered again.")

    def get_readonly_fields(self, request: HttpRequest, obj: models.Vocabulary | None = None) -> tuple[str, ...]:
        return ("name",) if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: models.Vocabulary | None = None) -> list[Any]:
        (first, options), *rest = super().get_fieldsets(request, obj)
        if obj:
            kept = "A word keeps its name: retire it, or delete it if it is not used, and add a new one."
            options = {**options, "description": kept}
        return [(first, options), *rest]

    def why_kept(self, row: models.Vocabulary) -> str:
        return (
            f"“{row}” is used, so it is not deleted. Retire it, and it is no longer offered." if row.is_used() else ""
        )


@admin.register(models.Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    """The Run Registry gives the names; a certification is moved to another one on its own page."""

    list_display = ("name",)
    search_fields = ("name",)
    readonly_fields = ("pages",)

    @admin.display(description="where it is used")
    def pages(self, dataset: models.Dataset) -> str:
        where = urlencode({"show": "all", "dataset": dataset.name})
        return format_html('<a href="{}?{}">Its certifications</a>', reverse("listruns:list"), where)


class ReferenceForm(MadeFromForm):
    kind = REFERENCE

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        refusal = why_no_reference(self.instance) if cleaned.get("is_reference") else ""
        if refusal and not self.instance.is_reference:
            raise ValidationError(refusal)
        return cleaned


@admin.register(models.RunReconstruction)
class RunReconstructionAdmin(RecordedAdmin):
    """Only the mark is to be changed here: another run would carry the certifications to what nobody looked at."""

    form = ReferenceForm
    list_display = ("run_id", "reconstruction", "run_type", "is_reference")
    list_display_links = ("run_id", "reconstruction")
    list_filter = ("is_reference", "reconstruction", "run__run_type")
    list_select_related = ("run",)
    search_fields = ("=run__run_number", "reconstruction")
    readonly_fields = ("run", "reconstruction")
    actions = ("make_reference", "make_no_reference")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.RunReconstruction | None = None) -> bool:
        return False

    @admin.action(description="Make it a reference", permissions=["change"])
    def make_reference(self, request: HttpRequest, reconstructions: QuerySet) -> None:
        self.message_user(request, f"{self._mark(request, reconstructions, True)} are references now.")

    @admin.action(description="Make it no reference any more", permissions=["change"])
    def make_no_reference(self, request: HttpRequest, reconstructions: QuerySet) -> None:
        self.message_user(request, f"{self._mark(request, reconstructions, False)} are no references any more.")

    def _mark(self, request: HttpRequest, reconstructions: QuerySet, is_reference: bool) -> int:
        """How many changed; of the others the page says why not."""
        act, changed = {"click": uuid4(), "typed_by": typist_of(request)}, 0
        for of in reconstructions:
            try:
                changed += set_reference(of, is_reference, request.user, **act)
            except CertificationRefused as exc:
                self.message_user(request, str(exc), messages.WARNING)
        return changed

    def save_model(self, request: HttpRequest, obj: models.RunReconstruction, form: ModelForm, change: bool) -> None:
        set_reference(obj, obj.is_reference, request.user, typed_by=typist_of(request))

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: list[Any], change: bool) -> None:
        """`set_reference` has written the entry."""

    @admin.display(description="type", ordering="run__run_type")
    def run_type(self, of: models.RunReconstruction) -> str:
        return of.run.get_run_type_display()


@admin.register(models.TrackerCertification)
class TrackerCertificationAdmin(ReadOnlyAdmin):
    """To find and to read, those in the bin too. They are written on their own pages."""

    list_display = (
        "run_reconstruction",
        "dataset",
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
    list_select_related = ("run_reconstruction__run", "author", "dataset")

    def get_fields(self, request: HttpRequest, obj: models.TrackerCertification | None = None) -> list[str]:
        opts = self.model._meta
        stored = [field.name for field in (*opts.concrete_fields, *opts.many_to_many) if not field.primary_key]
        return ["pages", *stored]

    def get_readonly_fields(self, request: HttpRequest, obj: models.TrackerCertification | None = None) -> list[str]:
        return self.get_fields(request, obj)

    @admin.display(description="where it is changed")
    def pages(self, certification: models.TrackerCertification) -> str:
        links = [(url_of(certification), "Its page")]
        if certification.deleted_at:
            links.append((reverse("listruns:bin"), "The bin"))
        else:
            links.append((url_of(certification, "update"), "Change it"))
        return format_html_join(" · ", '<a href="{}">{}</a>', links)

    @admin.display(description="good", boolean=True)
    def is_good(self, certification: models.TrackerCertification) -> bool:
        return certification.is_good
