"""What a person types where OMS can't say it, or says it wrongly.

Both forms know which fields she *changed* since the page was made (each field travels with its hidden initial
value), because only those are hers: everything else stays as upstream gave it.
"""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Field, Layout, Row
from django import forms
from django.db.models import Q
from django.utils.safestring import SafeString, mark_safe

from oms.models import OmsFill, OmsRun, RunType
from oms.units import INSTANTANEOUS_UNITS, INTEGRATED_UNITS, pretty

_INTEGRATED = ("delivered_lumi", "recorded_lumi")
_LUMINOSITIES = (*_INTEGRATED, "init_lumi", "end_lumi", "peak_lumi")

# What can be typed; upstream may say anything. Field: lowest, highest.
_LIMITS = {
    "lumisections": (1, 3300),
    "b_field": (0, 4),
    "energy": (0, 10_000),
    "bunches_colliding": (0, 3564),
    "peak_pileup": (0, 1_000),
    **dict.fromkeys(_LUMINOSITIES, (0, 1_000_000_000)),
}


def _number_input() -> forms.TextInput:
    # type=number would throw away what it can't read, and with it what was typed.
    return forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})


class FactsForm(forms.ModelForm):
    """Base of the two: changed fields, limits on what is typed, units beside luminosities."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.show_hidden_initial = True
            field.required = field.required and name == "run_type"
            if isinstance(field, forms.FloatField | forms.IntegerField):
                field.widget = _number_input()
                field.error_messages["invalid"] = "Enter a number, for example 3.8."
            if isinstance(field, forms.CharField):
                field.max_length = 200
                field.validators.append(forms.fields.validators.MaxLengthValidator(200))
                field.widget.attrs["maxlength"] = 200
        for name in self._luminosities():
            self._offer_units(name)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(*self._layout())

    def _luminosities(self) -> list[str]:
        return [name for name in _LUMINOSITIES if name in self.fields]

    def _offer_units(self, name: str) -> None:
        units = INTEGRATED_UNITS if name in _INTEGRATED else INSTANTANEOUS_UNITS
        stored = getattr(self.instance, f"{name}_unit")
        offered = dict.fromkeys([*units, stored] if stored else units)
        self.fields[f"{name}_unit"] = forms.ChoiceField(
            choices=[("", "unknown"), *((unit, pretty(unit)) for unit in offered)],
            required=False,
            label="Unit",
            widget=forms.Select(attrs={"aria-label": f"Unit of {self.fields[name].label.lower()}"}),
        )
        self.fields[f"{name}_unit"].show_hidden_initial = True
        # Where nothing is known, the usual unit is the best guess; it stands beside the number, where it is seen.
        nothing_known = getattr(self.instance, name) is None and not stored
        self.initial[f"{name}_unit"] = units[0] if nothing_known else stored

    def _layout(self) -> list[Any]:
        rows: list[Any] = []
        for name in self.fields:
            if name.endswith("_unit"):
                continue
            if name in _LUMINOSITIES:
                rows.append(
                    Row(Column(Field(name), css_class="col-7"), Column(Field(f"{name}_unit"), css_class="col-5"))
                )
            else:
                rows.append(Field(name))
        return rows

    @property
    def hidden_initials(self) -> SafeString:
        """The values the page was made with, for `changes` to compare with."""
        return mark_safe("".join(bound.as_hidden(only_initial=True) for bound in self))

    def validate_unique(self) -> None:
        """A run or fill we know already is corrected, not refused."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in self.changed_fields():
            low, high = _LIMITS.get(name, (None, None))
            value = cleaned.get(name)
            if low is not None and value is not None and not low <= value <= high:
                self.add_error(name, f"Enter a number from {low} to {high}.")
        for name in self._luminosities():
            unit_asked = self.add_prefix(f"{name}_unit") in self.data
            typed = name in self.changed_fields() and cleaned.get(name) is not None
            if typed and unit_asked and not cleaned.get(f"{name}_unit"):
                self.add_error(f"{name}_unit", "Choose the unit.")
        return cleaned

    def tell_of_newer(self, stored: OmsRun | OmsFill) -> None:
        """Whoever types over a value that their page was not made with is told once, and sees it then.

        The page remembers what it was made with, so the same input, sent again, is meant. One that does not say
        what it was made with has not shown any value.
        """
        for name in self.changes(stored):
            self._tell_if_newer(name, getattr(stored, name))

    def _tell_if_newer(self, name: str, current: Any) -> None:
        made_with = self.add_initial_prefix(name)
        if current in (None, "", RunType.UNKNOWN) or self._was_made_with(name, current):
            return
        self.data = self.data.copy()
        self.data[made_with] = str(current)
        self.add_error(name, f"Meanwhile it became {current}. Submit again to store yours, or type that.")

    def _was_made_with(self, name: str, value: Any) -> bool:
        try:
            return self.fields[name].to_python(self.data.get(self.add_initial_prefix(name))) == value
        except forms.ValidationError:
            return False

    def show_stored_where_untouched(self) -> None:
        """Inputs that nobody changed get what is stored by now, as if the page had been made with it."""
        self.data = self.data.copy()
        for name in set(self.fields) - set(self.changed_fields()):
            stored = self[name].initial
            for key in (self.add_prefix(name), self.add_initial_prefix(name)):
                self.data[key] = "" if stored is None else str(stored)
        self.__dict__.pop("changed_data", None)

    def changed_fields(self) -> list[str]:
        """Fields that the person changed since the page was made; a field that was not sent is not changed."""
        return [
            name
            for name in self.changed_data
            if not self.fields[name].widget.value_omitted_from_data(self.data, self.files, self.add_prefix(name))
        ]

    def changes(self, stored: OmsRun | OmsFill) -> dict[str, Any]:
        """Field → value for what the person changed and `stored` does not say already. Only after is_valid()."""
        changed = set(self.changed_fields())
        for name in self._luminosities():
            if name in changed and self.add_prefix(f"{name}_unit") in self.data:
                changed.add(f"{name}_unit")
            elif self.cleaned_data.get(name) is None:
                changed.discard(f"{name}_unit")  # the unit of nothing
        fields = {field.name for field in stored._meta.concrete_fields}
        return {
            name: self.cleaned_data[name]
            for name in self.fields
            if name in changed & fields and getattr(stored, name) != self.cleaned_data[name]
        }


class OmsRunForm(FactsForm):
    run_type = forms.ChoiceField(
        choices=[("", "Choose …"), *((kind.value, kind.label) for kind in (RunType.COLLISIONS, RunType.COSMICS))],
        error_messages={"required": "Choose whether these are collisions or cosmics."},
    )

    class Meta:
        model = OmsRun
        fields = (
            "run_type",
            "lumisections",
            "b_field",
            "energy",
            "fill_type_runtime",
            "hlt_key",
            "delivered_lumi",
            "recorded_lumi",
            "init_lumi",
            "end_lumi",
        )
        labels = {"b_field": "B field / T", "energy": "Energy / GeV"}
        help_texts = {"b_field": "", "energy": ""}

    def __init__(self, *args: Any, run_class: str = "", **kwargs: Any) -> None:
        super().__init__(*args, prefix="omsrun", **kwargs)
        if self.instance.run_type == RunType.UNKNOWN:
            self.initial["run_type"] = ""
        if run_class:
            self.fields["run_type"].help_text = f"The Run Registry's class is {run_class}."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors:
            self.tell_of_newer(self.instance)
        return cleaned


class OmsFillForm(FactsForm):
    """`run` is the run being certified. Facts of a fill that other runs share need `shared_seen`: see `clean`."""

    fill_number = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=2_147_483_647,
        help_text="Empty for a run without a fill.",
    )
    field_order = ("fill_number",)

    class Meta:
        model = OmsFill
        fields = (
            "fill_type_runtime",
            "injection_scheme",
            "bunches_colliding",
            "delivered_lumi",
            "recorded_lumi",
            "init_lumi",
            "peak_lumi",
            "peak_pileup",
        )

    def __init__(self, *args: Any, run: OmsRun, **kwargs: Any) -> None:
        self.run = run
        super().__init__(*args, prefix="omsfill", **kwargs)
        self.initial["fill_number"] = self.instance.pk or run.fill_number

    @property
    def shared_runs(self) -> list[int]:
        """Other runs of the fill that the form is about, newest first."""
        number = self.shared_seen
        shares = Q(fill_id=number) | Q(fill__isnull=True, fill_number=number)
        others = OmsRun.objects.filter(shares).exclude(pk=self.run.pk)
        return list(others.values_list("pk", flat=True)) if number else []

    @property
    def shared_seen(self) -> int | None:
        """The fill whose other runs this page names: travels in a hidden input."""
        typed = getattr(self, "cleaned_data", {}).get("fill_number")
        return typed or self.initial["fill_number"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        number = cleaned.get("fill_number")
        if number is None and "fill_number" not in self.errors and set(self.changed_fields()) & set(self.Meta.fields):
            self.add_error("fill_number", "Give the number of the fill that these facts belong to.")
        if "fill_number" in self.changed_fields() and number != self.run.fill_number and not self.errors:
            self._tell_if_newer("fill_number", self.run.fill_number)
        stored = OmsFill.objects.filter(pk=number).first() if number else None
        if stored and not self.errors:
            self.tell_of_newer(stored)
        if stored and not self.errors and self.changes(stored) and self.shared_runs:
            seen = self.data.get(self.add_prefix("shared_seen"), "")
            if seen != str(number):
                self.add_error(
                    None,
                    f"Fill {number} is known already and other runs share it (named below). "
                    "Check what you typed; submit again to change it for them all.",
                )
        return cleaned
