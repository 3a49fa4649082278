"""The certification form, and the one object that validates all forms of the page or none, and saves them all."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Q
from django.forms.utils import ErrorDict
from django.http import QueryDict

from certify import writer
from certify.exceptions import FactsOvertaken
from certify.facts import is_news, refuse_newer, type_in
from certify.models import (
    COMPONENTS,
    LONGEST_COMMENT,
    DatasetStanding,
    RunReconstruction,
    TrackerCertification,
    TrackerMap,
    Verdict,
)
from certify.rules import broken_rules
from certify.snapshots import DECIDED
from certify.target import Target
from certify.ticks import ticks_of
from certify.workflow import CertificationContext
from certify.writer import Act, Identity
from oms.forms import OmsFillForm, OmsRunForm
from oms.models import Difference, OmsFill, OmsRun
from users.models import User


class ProblemsField(forms.ModelMultipleChoiceField):
    def _check_values(self, value: Any) -> Any:
        try:
            return super()._check_values(value)
        except OverflowError as exc:  # a number that no database column holds
            raise forms.ValidationError(self.error_messages["invalid_choice"] % {"value": "?"}) from exc


class CommentField(forms.CharField):
    """Browsers send CRLF; what is stored, and compared with what is sent, has LF."""

    def to_python(self, value: Any) -> str:
        return super().to_python(value).replace("\r\n", "\n")


class CertifyForm(forms.ModelForm):
    # Only for the page: it is disabled, so whatever a browser sends, the server's own finding counts.
    external_info_complete = forms.BooleanField(required=False, disabled=True, widget=forms.HiddenInput)
    comment = CommentField(
        required=False,
        max_length=LONGEST_COMMENT,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": LONGEST_COMMENT}),
    )

    class Meta:
        model = TrackerCertification
        fields = (
            *(field for name in COMPONENTS for field in (name, f"{name}_lowstat", f"{name}_problems")),
            "bad_reason",
            "reference_runreconstruction",
            "trackermap",
            "date",
            "comment",
            "external_info_complete",
        )
        field_classes = {f"{name}_problems": ProblemsField for name in COMPONENTS}
        widgets = {
            **{f"{name}_problems": forms.CheckboxSelectMultiple for name in COMPONENTS},
            # Rendered by the page as a searchable list: a thousand options would weigh on every page.
            "reference_runreconstruction": forms.HiddenInput,
            "date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(
        self, *args: Any, complete: bool, of: tuple[int, str], ticks: Mapping[str, str], **kwargs: Any
    ) -> None:
        """`ticks`: name → what the person must say that they know."""
        super().__init__(*args, **kwargs)
        self.of = of
        self.initial["external_info_complete"] = complete
        self.tick_names = tuple(ticks)
        for name, label in ticks.items():
            self.fields[name] = forms.BooleanField(
                label=label, error_messages={"required": "Tick this, if it is so; else look again."}
            )
        for name in COMPONENTS:
            self.fields[name] = _choice(Verdict, f"Choose good, bad or excluded for {name}.")
            self._offer_words(f"{name}_problems")
        self.fields["trackermap"] = _choice(TrackerMap, "Say whether the tracker map exists.")
        self.fields["trackermap"].label = "Tracker map"
        self._offer_words("bad_reason")
        self.fields["bad_reason"].empty_label = "No reason given"
        # Django compares fields with a callable default with the page's value; here the stored one counts.
        self.fields["date"].show_hidden_initial = False
        self._offer_references()

    @property
    def ticks(self) -> list[forms.BoundField]:
        return [self[name] for name in self.tick_names]

    def _offer_words(self, name: str) -> None:
        """Those in use, and the retired ones that this certification already has."""
        field = self.fields[name]
        wanted = Q(is_retired=False)
        if self.instance.pk:
            current = getattr(self.instance, name)
            ids = [word.pk for word in current.all()] if hasattr(current, "all") else [current.pk] if current else []
            wanted |= Q(pk__in=ids)
        field.queryset = field.queryset.filter(wanted)

    def _offer_references(self) -> None:
        field = self.fields["reference_runreconstruction"]
        wanted = Q(is_reference=True) | Q(pk=self.instance.reference_runreconstruction_id)
        field.queryset = RunReconstruction.objects.filter(wanted)
        field.error_messages["invalid_choice"] = "That is not a reference run any more. Choose another one."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        # Where it is gone by now the writer says so.
        stored = TrackerCertification.everything.filter(pk=self.instance.pk).first()
        for name, sentence in broken_rules(cleaned, self.of, stored).items():
            if name not in self.errors:
                self.add_error(name, sentence)
        return cleaned

    @property
    def values(self) -> dict[str, Any]:
        """What the writer stores. Only after is_valid()."""
        return {name: self.cleaned_data[name] for name in DECIDED}


def _choice(choices: Any, required: str) -> forms.ChoiceField:
    return forms.ChoiceField(choices=choices.choices, widget=forms.RadioSelect, error_messages={"required": required})


class CertificationForms:
    """The forms of one certify or update page.

    `run` and `fill` are None when a person has nothing to add to what OMS told, and nobody asked to correct it.
    """

    def __init__(
        self,
        context: CertificationContext,
        data: QueryDict | None = None,
        *,
        correct: bool = False,
        refreshed: bool = False,
    ) -> None:
        self.context = context
        run = context.run
        self.certify = CertifyForm(
            data,
            instance=copy.copy(context.certification),
            complete=context.info.complete,
            of=(context.target.run_number, context.target.reco),
            ticks=ticks_of(context),
        )
        self.run = self.fill = None
        # What was typed and somebody else decides, after `save`.
        self.proposed: list[Difference] = []
        typed = facts_are_typed(data)
        if correct or context.info.needs_typing or typed:
            # The pencil opens inputs that the page had not: they start from what is known.
            facts = None if correct and not typed else data
            hints = context.info.hints
            self.run = OmsRunForm(facts, instance=copy.copy(run), hints=hints)
            self.fill = OmsFillForm(facts, instance=copy.copy(_known_fill(run)), run=run, hints=hints)
        if correct:
            next(iter(self.run.fields.values())).widget.attrs["autofocus"] = True
        if refreshed and typed:
            self._show_the_news()

    def _show_the_news(self) -> None:
        """What she typed stays in its inputs; where she typed nothing they show what has just come."""
        if not self.context.info.needs_typing and not (self.run.changed_fields() or self.fill.changed_fields()):
            self.run = self.fill = None
            return
        for form in (self.run, self.fill):
            form.show_stored_where_untouched()

    def is_valid(self) -> bool:
        # A list, so that every form shows its errors at once.
        return all([form.is_valid() for form in (self.certify, self.run, self.fill) if form])  # noqa: C419

    @property
    def refusal_status(self) -> int:
        """Where nothing stands against it but facts that came meanwhile, the answer is that of a conflict."""
        invalid = [form for form in (self.certify, self.run, self.fill) if form and form.errors]
        return FactsOvertaken.status if all(getattr(form, "overtaken", None) for form in invalid) else 422

    @property
    def doubts(self) -> str:
        """What is odd of the typed facts, in words, "" where nothing is. It is stored all the same."""
        is_typed = self.run and {"energy", "run_type"} & set(self.run.changed_fields())
        return self.run.why_energy_is_odd() if is_typed else ""

    def hide_errors(self) -> None:
        """An unfinished draft is no mistake yet."""
        for form in filter(None, (self.certify, self.run, self.fill)):
            form._errors = ErrorDict()
            form.cleaned_data = {}

    def facts_differ(self, by: User) -> bool:
        """What is typed of the facts is neither stored nor proposed by them. Only after is_valid()."""
        if not self.run:
            return False
        run = self.context.run
        number = self.fill.cleaned_data.get("fill_number")
        fill = OmsFill.objects.filter(pk=number).first() or OmsFill()
        changes = self.run.changes(run)
        if number != run.number_of_its_fill:
            changes["fill_number"] = number
        return is_news(run, changes, by) or is_news(fill, self.fill.changes(fill), by)

    def save(self, act: Act, version: int | None = None) -> TrackerCertification:
        """Store everything in one transaction, or nothing. `version`: the one that the page was made with.

        Raises what certify.writer raises.
        """
        context = self.context
        with transaction.atomic():
            self._save_facts(act)
            if context.certification:
                saved = writer.change(
                    context.certification.pk, version, self.certify.values, act, complete=context.info.complete
                )
                if context.target.only_dataset:
                    writer.settle_dataset(saved.pk, DatasetStanding.CONFIRMED, context.target.only_dataset)
                    saved.refresh_from_db()
                return saved
            return writer.create(
                _identity(context.target),
                self.certify.values,
                act,
                complete=context.info.complete,
                beside_unnamed="dataset_unknown" in self.certify.tick_names,
            )

    def _save_facts(self, act: Act) -> OmsRun:
        number = self.context.target.run_number
        run, _ = OmsRun.objects.select_for_update(no_key=True).get_or_create(pk=number)
        if self.run:
            act = act.as_of_now()
            for form in (self.run, self.fill):
                refuse_newer(form, run)
            fill = self._save_fill(act)
            changes = self.run.changes(run)
            if "fill_number" in self.fill.changed_fields():
                changes |= _fill_changes(run, fill)
            if "fill" not in changes and fill and run.fill_number in (None, fill.pk):
                run.fill = fill  # the row of the number that stands, not of another that the page was made with
            self.proposed += type_in(run, changes, act.by, act.click, act.typed_by)
        return run

    def _save_fill(self, act: Act) -> OmsFill | None:
        number = self.fill.cleaned_data["fill_number"]
        is_typed = bool(self.fill.changed_fields())
        if number is None or not (is_typed or OmsFill.objects.filter(pk=number).exists()):
            return None  # there is nothing to say of the fill yet
        fill, is_new = OmsFill.objects.select_for_update(no_key=True).get_or_create(pk=number)
        if not is_new:
            refuse_newer(self.fill, fill)
        changes = self.fill.changes(fill)
        if changes or is_new:
            self.proposed += type_in(fill, changes, act.by, act.click, act.typed_by)
        return fill


def _identity(target: Target) -> Identity:
    standing = DatasetStanding.CONFIRMED if target.confirmed else DatasetStanding.UNCONFIRMED
    return Identity(target.run_number, target.reco, target.dataset, standing)


def _known_fill(run: OmsRun) -> OmsFill | None:
    return run.fill or OmsFill.objects.filter(pk=run.fill_number).first()


def _fill_changes(run: OmsRun, fill: OmsFill | None) -> dict[str, Any]:
    number = fill.pk if fill else None
    return {"fill": fill, "fill_number": number} if (run.fill_id, run.fill_number) != (number, number) else {}


def facts_are_typed(data: QueryDict | None) -> bool:
    """Whether the page that sent this had inputs for the facts."""
    return data is not None and any(name.startswith(("omsrun-", "omsfill-")) for name in data)
