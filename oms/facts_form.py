"""What a person types where OMS can't say it, or says it wrongly.

Both forms know which fields she *changed* since the page was made (each field travels with its hidden initial
value), because only those are hers: everything else stays as upstream gave it.
"""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Field, Layout, Row
from django import forms
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from oms.hints import Hints, told_by_copy
from oms.models import OmsFill, OmsRun, RunType
from oms.units import INSTANTANEOUS_UNITS, INTEGRATED_UNITS, is_integrated, pretty, usual_units

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
    """Base of the two: changed fields, limits on what is typed, units beside luminosities, facts that came meanwhile.

    `run` is the run that the facts are about, `hints` what the Run Registry tells beside its copy of them.
    """

    def __init__(self, *args: Any, run: OmsRun, hints: Hints, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The facts that have changed since the page was made.
        self.overtaken: list[str] = []
        self._usual_units = usual_units(
            run.particles or hints.particles,
            year=run.start_time.year if run.start_time else None,
            run_number=run.run_number,
        )
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
            self._explain(name, told_by_copy(self.instance, name))
        for name in self._luminosities():
            self._offer_units(name)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(*self._layout())

    def _luminosities(self) -> list[str]:
        return [name for name in _LUMINOSITIES if name in self.fields]

    def _explain(self, name: str, *sentences: str) -> None:
        """Beside the input, below what is said there already. crispy takes help for HTML."""
        told = [self.fields[name].help_text, *sentences]
        self.fields[name].help_text = format_html_join(" ", "{}", ((each,) for each in told if each))

    def _offer_units(self, name: str) -> None:
        is_summed = name in _INTEGRATED
        stored = getattr(self.instance, f"{name}_unit")
        units = INTEGRATED_UNITS if is_summed else INSTANTANEOUS_UNITS
        # As upstream spells it, also where that is one of ours.
        offered = dict.fromkeys([stored if stored and pretty(unit) == pretty(stored) else unit for unit in units])
        is_known = getattr(self.instance, name) is not None
        self.fields[f"{name}_unit"] = forms.ChoiceField(
            choices=[
                ("", "not known" if is_known else "Choose …"),
                *((unit, pretty(unit)) for unit in [*offered, *({stored} - {"", *offered})]),
            ],
            required=False,
            label="Unit",
            widget=forms.Select(attrs={"aria-label": f"Unit of {self.fields[name].label.lower()}"}),
        )
        self.fields[f"{name}_unit"].show_hidden_initial = True
        # A guess would look like a fact: before a number is typed its unit is chosen only where it is always the same.
        usual = self._usual_units[0 if is_summed else 1]
        self.initial[f"{name}_unit"] = stored or ("" if is_known else usual)

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
        self.overtaken.clear()
        for name in self.changed_fields():
            low, high = _LIMITS.get(name, (None, None))
            value = cleaned.get(name)
            if low is not None and value is not None and not low <= value <= high:
                self.add_error(name, f"Enter a number from {low} to {high}.")
        for name in self._luminosities():
            unit_asked = self.add_prefix(f"{name}_unit") in self.data
            typed = name in self.changed_fields() and cleaned.get(name) is not None
            if typed and unit_asked:
                self._check_unit(name, cleaned.get(f"{name}_unit") or "")
        return cleaned

    def _check_unit(self, name: str, unit: str) -> None:
        if not unit:
            self.add_error(f"{name}_unit", f"Choose the unit of the {self.fields[name].label.lower()}.")
        elif name in _INTEGRATED and not is_integrated(unit):
            self.add_error(f"{name}_unit", f"CertHelper does not know “{unit}”. Choose one that it can convert.")

    def tell_of_newer(self, stored: OmsRun | OmsFill) -> None:
        """Whoever types over a value that their page was not made with is told once, and sees it then.

        The page remembers what it was made with, so the same input, sent again, is meant. One that does not say
        what it was made with has not shown any value: it may fill in what nobody knows.
        """
        for name, typed in self.changes(stored).items():
            self._tell_if_newer(name, typed, getattr(stored, name))

    def _tell_if_newer(self, name: str, typed: Any, current: Any) -> None:
        current = "" if current in (None, RunType.UNKNOWN) else current
        if self._was_made_with(name, current):
            return
        self.data = self.data.copy()
        self.data[self.add_initial_prefix(name)] = str(current)
        self.overtaken.append(name)
        became = f"it became {_in_words(name, current)}" if current != "" else "it was emptied"
        mine = f"You typed {_in_words(name, typed)}" if typed not in (None, "") else "You emptied it"
        self.add_error(name, f"Meanwhile {became}. {mine}: submit again to store yours.")

    def _was_made_with(self, name: str, current: Any) -> bool:
        sent = self.data.get(self.add_initial_prefix(name), "")
        if current == "" and name.endswith("_unit"):
            return True  # the form presets a unit where none is stored
        read = self.fields[name].to_python
        try:
            return sent == current or read(sent) == read(str(current))
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


def _in_words(name: str, value: Any) -> str:
    if name == "run_type":
        return RunType(value).label.lower()
    return pretty(value) if name.endswith("_unit") else str(value)
