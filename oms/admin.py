from uuid import uuid4

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from oms.models import OmsFill, OmsRun, UpstreamFacts
from oms.typed import type_in
from oms.units import pretty


class UpstreamOwnedAdmin(admin.ModelAdmin):
    """Upstream owns the values: they are read here, and corrected where a shifter sees them, on the certify page."""

    editable: tuple[str, ...] = ()

    def get_readonly_fields(self, request: HttpRequest, obj: UpstreamFacts | None = None) -> list[str]:
        return [field.name for field in self.model._meta.fields if field.name not in self.editable]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(OmsRun)
class OmsRunAdmin(UpstreamOwnedAdmin):
    editable = ("run_type",)
    list_display = ("run_number", "run_type", "fill_number", "lumisections", "recorded", "era", "source", "fetched_at")
    list_filter = ("run_type", "source")
    search_fields = ("=run_number", "=fill_number", "hlt_key", "era")
    date_hierarchy = "start_time"

    def save_model(self, request: HttpRequest, obj: OmsRun, form: ModelForm, change: bool) -> None:
        # A person's choice, so that no answer of OMS overwrites it.
        stored = OmsRun.objects.get(pk=obj.pk)
        type_in(stored, {name: form.cleaned_data[name] for name in form.changed_data}, request.user, uuid4())

    @admin.display(description="recorded luminosity", ordering="recorded_lumi", empty_value="–")
    def recorded(self, run: OmsRun) -> str | None:
        return _with_unit(run.recorded_lumi, run.recorded_lumi_unit)


@admin.register(OmsFill)
class OmsFillAdmin(UpstreamOwnedAdmin):
    list_display = ("fill_number", "fill_type_runtime", "era", "peak", "source", "fetched_at")
    list_filter = ("source", "fill_type_runtime")
    search_fields = ("=fill_number", "era", "injection_scheme")
    date_hierarchy = "start_time"

    @admin.display(description="peak luminosity", ordering="peak_lumi", empty_value="–")
    def peak(self, fill: OmsFill) -> str | None:
        return _with_unit(fill.peak_lumi, fill.peak_lumi_unit)


def _with_unit(value: float | None, unit: str) -> str | None:
    return None if value is None else f"{value:g} {pretty(unit) or '(unit unknown)'}"
