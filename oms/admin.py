from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from history.read_only_admin import ReadOnlyAdmin
from oms.models import OmsFill, OmsRun
from oms.units import pretty

_LINKED = 20


@admin.register(OmsRun)
class OmsRunAdmin(ReadOnlyAdmin):
    """Upstream owns the values: they are read here, and corrected where a shifter sees them, on the certify page."""

    list_display = ("run_number", "run_type", "fill_number", "lumisections", "recorded", "era", "source", "fetched_at")
    list_filter = ("run_type", "source")
    search_fields = ("=run_number", "=fill_number", "hlt_key", "era")
    date_hierarchy = "start_time"
    readonly_fields = ("pages",)

    @admin.display(description="where its facts are corrected")
    def pages(self, run: OmsRun) -> str:
        return format_html(
            '<a href="{}?runs={}">With its certifications</a> · <a href="{}?correct=1">Certifying it</a>',
            reverse("listruns:list"),
            run.pk,
            reverse("certify:certify", args=[run.pk]),
        )

    @admin.display(description="recorded luminosity", ordering="recorded_lumi", empty_value="–")
    def recorded(self, run: OmsRun) -> str | None:
        return _with_unit(run.recorded_lumi, run.recorded_lumi_unit)


@admin.register(OmsFill)
class OmsFillAdmin(ReadOnlyAdmin):
    """Corrected on the certify page of one of its runs."""

    list_display = ("fill_number", "fill_type_runtime", "era", "peak", "source", "fetched_at")
    list_filter = ("source", "fill_type_runtime")
    search_fields = ("=fill_number", "era", "injection_scheme")
    date_hierarchy = "start_time"
    readonly_fields = ("pages",)

    @admin.display(description="where its facts are corrected")
    def pages(self, fill: OmsFill) -> str:
        runs = list(fill.runs.values_list("pk", flat=True)[:_LINKED])
        links = [(reverse("certify:certify", args=[run]), run) for run in runs]
        return format_html_join(" · ", '<a href="{}?correct=1">Certifying {}</a>', links) or "No run of it is stored."

    @admin.display(description="peak luminosity", ordering="peak_lumi", empty_value="–")
    def peak(self, fill: OmsFill) -> str | None:
        return _with_unit(fill.peak_lumi, fill.peak_lumi_unit)


def _with_unit(value: float | None, unit: str) -> str | None:
    return None if value is None else f"{value:g} {pretty(unit) or '(unit unknown)'}"
