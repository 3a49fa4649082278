"""The certification form, and the one object that validates all forms of the page or none, and saves them all."""

from __future__ import annotations

import copy
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils import timezone

from certify.chronicle import record
from certify.corrections import locked
from certify.exceptions import CertificationOvertaken, RunReconstructionAlreadyCertified
from certify.facts import is_news, refuse_newer, type_in
from certify.models import (
    COMPONENTS,
    Claim,
    Dataset,
    RunReconstruction,
    TrackerCertification,
    TrackerMap,
    Verdict,
)
from certify.snapshots import State, snapshot
from certify.workflow import CertificationContext
from history.models import Action
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
        required=False, max_length=10_000, strip=False, widget=forms.Textarea(attrs={"rows": 4, "maxlength": 10_000})
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

    def __init__(self, *args: Any, complete: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["external_info_complete"] = complete
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

    def clean_date(self) -> Any:
        date = self.cleaned_data["date"]
        if date > timezone.localdate():
            raise forms.ValidationError("The date is in the future. Give the day of your shift.")
        if date.year < 2008:
            raise forms.ValidationError("CMS took no data before 2008. Check the year.")
        return date


def _choice(choices: Any, required: str) -> forms.ChoiceField:
    return forms.ChoiceField(choices=choices.choices, widget=forms.RadioSelect, error_messages={"required": required})


class CertificationForms:
    """The forms of one certify or update page.

    `run` and `fill` are None when OMS told everything and nobody asked to correct it.
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
        self.certify = CertifyForm(data, instance=copy.copy(context.certification), complete=context.info.complete)
        self.run = self.fill = None
        # What was typed and somebody else decides, after `save`.
        self.proposed: list[Difference] = []
        typed = facts_are_typed(data)
        if correct or not context.info.complete or typed:
            # The pencil opens inputs that the page had not: they start from what is known.
            facts = None if correct and not typed else data
            self.run = OmsRunForm(facts, instance=copy.copy(run), run_class=context.target.run_class)
            self.fill = OmsFillForm(facts, instance=copy.copy(_known_fill(run)), run=run)
        if refreshed and typed:
            self._show_the_news()

    def _show_the_news(self) -> None:
        """What she typed stays in its inputs; where she typed nothing they show what has just come."""
        if self.context.info.complete and not (self.run.changed_fields() or self.fill.changed_fields()):
            self.run = self.fill = None
            return
        for form in (self.run, self.fill):
            form.show_stored_where_untouched()

    def is_valid(self) -> bool:
        # A list, so that every form shows its errors at once.
        return all([form.is_valid() for form in (self.certify, self.run, self.fill) if form])  # noqa: C419

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
        if number != (run.fill_id or run.fill_number):
            changes["fill_number"] = number
        return is_news(run, changes, by) or is_news(fill, self.fill.changes(fill), by)

    def save(self, by: User, version: int | None = None, reason: str = "") -> TrackerCertification:
        """Store everything in one transaction, or nothing. `version`: the one that the page was made with.

        Raises RunReconstructionAlreadyCertified when somebody was faster, and CertificationOvertaken.
        """
        try:
            with transaction.atomic():
                before = self._lock(version)
                click = uuid4()
                run = self._save_facts(by, click)
                saved = self._save_certification(run, by)
                Claim.objects.of(run.pk, self.context.target.reco).delete()
                record(saved, self._action(saved), by, before=before, click=click, reason=reason)
                return saved
        except IntegrityError as exc:
            target = self.context.target
            first = TrackerCertification.objects.of(target.run_number, target.reco).with_everything_shown().first()
            if first is None or self.context.certification:
                raise
            raise RunReconstructionAlreadyCertified(first) from exc

    def _lock(self, version: int | None) -> State:
        """What is stored now, {} for a new certification."""
        if not self.context.certification:
            return {}
        stored = locked(self.context.certification.pk, version)
        if stored.deleted_at:
            raise CertificationOvertaken(stored)
        self.certify.instance.version = stored.version
        return snapshot(stored)

    def _action(self, saved: TrackerCertification) -> Action:
        if self.context.certification:
            return Action.CHANGED
        earlier = TrackerCertification.everything.filter(run_reconstruction=saved.run_reconstruction).in_bin()
        return Action.ANEW if earlier.exists() else Action.CREATED

    def _save_facts(self, by: User, click: UUID) -> OmsRun:
        number = self.context.target.run_number
        run, _ = OmsRun.objects.select_for_update().get_or_create(pk=number)
        if self.run:
            refuse_newer(self.run, run)
            fill = self._save_fill(by, click)
            changes = self.run.changes(run)
            if "fill_number" in self.fill.changed_fields():
                changes |= _fill_changes(run, fill)
            if "fill" not in changes and fill and run.fill_number in (None, fill.pk):
                run.fill = fill  # the row of the number that stands, not of another that the page was made with
            self.proposed += type_in(run, changes, by, click)
        return run

    def _save_fill(self, by: User, click: UUID) -> OmsFill | None:
        number = self.fill.cleaned_data["fill_number"]
        is_typed = bool(self.fill.changed_fields())
        if number is None or not (is_typed or OmsFill.objects.filter(pk=number).exists()):
            return None  # there is nothing to say of the fill yet
        fill, is_new = OmsFill.objects.select_for_update().get_or_create(pk=number)
        if not is_new:
            refuse_newer(self.fill, fill)
        changes = self.fill.changes(fill)
        if changes or is_new:
            self.proposed += type_in(fill, changes, by, click)
        return fill

    def _save_certification(self, run: OmsRun, by: User) -> TrackerCertification:
        certification = self.certify.save(commit=False)
        target = self.context.target
        if certification.pk is None:
            certification.author = by
            certification.run_reconstruction, _ = RunReconstruction.objects.get_or_create(
                run=run, reconstruction=target.reco
            )
        if target.dataset and not certification.dataset_id:
            certification.dataset, _ = Dataset.objects.get_or_create(name=target.dataset)
        certification.external_info_complete = self.context.info.complete
        certification.save()
        self.certify.save_m2m()
        certification.run_reconstruction.run = run
        return certification


def _known_fill(run: OmsRun) -> OmsFill | None:
    return run.fill or OmsFill.objects.filter(pk=run.fill_number).first()


def _fill_changes(run: OmsRun, fill: OmsFill | None) -> dict[str, Any]:
    number = fill.pk if fill else None
    return {"fill": fill, "fill_number": number} if (run.fill_id, run.fill_number) != (number, number) else {}


def facts_are_typed(data: QueryDict | None) -> bool:
    """Whether the page that sent this had inputs for the facts."""
    return data is not None and any(name.startswith(("omsrun-", "omsfill-")) for name in data)
