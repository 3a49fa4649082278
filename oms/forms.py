"""What a person types where OMS can't say it, or says it wrongly: of the run, and of its fill."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q

from oms.facts_form import FactsForm
from oms.hints import NO_HINTS, Hints
from oms.models import OmsFill, OmsRun, RunType
from oms.oddities import why_odd


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

    def __init__(self, *args: Any, instance: OmsRun, hints: Hints = NO_HINTS, **kwargs: Any) -> None:
        super().__init__(*args, prefix="omsrun", instance=instance, run=instance, hints=hints, **kwargs)
        if self.instance.run_type == RunType.UNKNOWN:
            self.initial["run_type"] = ""
        self._explain("run_type", hints.of_the_run_type)
        self._explain("energy", self.why_energy_is_odd())

    def why_energy_is_odd(self) -> str:
        """Of what is typed, or else of what is known."""
        try:
            return why_odd("energy", float(self["energy"].value()), self["run_type"].value())
        except (TypeError, ValueError):
            return ""

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

    def __init__(self, *args: Any, run: OmsRun, hints: Hints = NO_HINTS, **kwargs: Any) -> None:
        self.run = run
        super().__init__(*args, prefix="omsfill", run=run, hints=hints, **kwargs)
        self.initial["fill_number"] = self.instance.pk or run.number_of_its_fill

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

    def tell_of_newer(self, stored: OmsRun | OmsFill) -> None:
        """The facts of a fill; of the run, which fill it has."""
        if isinstance(stored, OmsFill):
            super().tell_of_newer(stored)
            return
        number, current = self.cleaned_data.get("fill_number"), stored.number_of_its_fill
        if "fill_number" in self.changed_fields() and number != current:
            self._tell_if_newer("fill_number", number, current)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        number = cleaned.get("fill_number")
        if number is None and "fill_number" not in self.errors and set(self.changed_fields()) & set(self.Meta.fields):
            self.add_error("fill_number", "Give the number of the fill that these facts belong to.")
        stored = OmsFill.objects.filter(pk=number).first() if number else None
        for owner in filter(None, (self.run, stored)):
            if not self.errors:
                self.tell_of_newer(owner)
        if stored and not self.errors and self.changes(stored) and self.shared_runs:
            seen = self.data.get(self.add_prefix("shared_seen"), "")
            if seen != str(number):
                self.add_error(
                    None,
                    f"Fill {number} is known already and other runs share it (named below). "
                    "Check what you typed; submit again to change it for them all.",
                )
        return cleaned
