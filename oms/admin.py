from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from oms.models import OmsFill, OmsRun, UpstreamFacts
from oms.units import pretty


class UpstreamOwnedAdmin(admin.ModelAdmin):
    """Upstream owns the values: they are read here, and corrected where a shifter sees them, on the certify page.

    There it is found whose verdicts hang on them.
    """

    def has_change_permission(self, request: HttpRequest, obj: UpstreamFacts | None = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(OmsRun)
class OmsRunAdmin(UpstreamOwnedAdmin):
    list_display = ("run_number", "run_type", "fill_number", "lumisections", "recorded", "era", "source", "fetched_at")
    list_filter = ("run_type", "source")
    search_fields = ("=run_number", "=fill_number", "hlt_key", "era")
    date_hierarchy = "start_time"
    readonly_fields = ("corrected_on",)

    @admin.display(description="corrected on")
    def corrected_on(self, run: OmsRun) -> str:
        url = f"{reverse('listruns:list')}?show=all&runs={run.pk}"
        return format_html('<a href="{}">the update page of a certification of {}</a>', url, run)

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
