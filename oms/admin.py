from django.contrib import admin

from oms.models import OmsFill, OmsRun


class UpstreamOwnedAdmin(admin.ModelAdmin):
    """Upstream owns the values: they are read here, and corrected where a shifter sees them, on the certify page."""

    def get_readonly_fields(self, request, obj=None):
        return [field.name for field in self.model._meta.fields if field.name not in self.editable]

    def has_add_permission(self, request):
        return False


@admin.register(OmsRun)
class OmsRunAdmin(UpstreamOwnedAdmin):
    editable = ("run_type",)
    list_display = ("run_number", "run_type", "fill_number", "lumisections", "recorded_lumi", "source", "fetched_at")
    list_filter = ("run_type", "source")
    search_fields = ("=run_number", "=fill_number", "hlt_key", "era")
    date_hierarchy = "start_time"

    def save_model(self, request, obj, form, change):
        # A person's choice, so that no answer of OMS overwrites it.
        obj.type_in({name: form.cleaned_data[name] for name in form.changed_data}, by=request.user)
        super().save_model(request, obj, form, change)


@admin.register(OmsFill)
class OmsFillAdmin(UpstreamOwnedAdmin):
    editable = ()
    list_display = ("fill_number", "fill_type_runtime", "era", "peak_lumi", "peak_lumi_unit", "source", "fetched_at")
    list_filter = ("source", "fill_type_runtime")
    search_fields = ("=fill_number", "era", "injection_scheme")
    date_hierarchy = "start_time"
