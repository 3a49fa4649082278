"""What the list of certifications can be filtered by. All of it stands in the URL."""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.text import capfirst

from certify.models import (
    CERTIFIED_RECONSTRUCTIONS,
    COMPONENTS,
    BadReason,
    CertificationQuerySet,
    Dataset,
    DatasetStanding,
    PixelProblemSeen,
    RunReconstruction,
    StripProblemSeen,
    TrackerCertification,
    TrackerMap,
    TrackingProblemSeen,
    Verdict,
)
from certify.parameters import wrong_parameters
from oms.models import OmsRun, RunType
from oms.run_numbers import TextTooLong, TypedRuns, read_runs
from searches.widgets import RunsInput
from users.models import User

_GOOD_OR_BAD = [("good", "Good"), ("bad", "Bad")]
_LOWSTAT = [("any", "Any component"), *((name, name.capitalize()) for name in COMPONENTS)]
_STANDINGS = [(standing.value, capfirst(standing.label.replace(": ", ", "))) for standing in DatasetStanding]
_INCOMPLETE = [("1", "Incomplete"), ("0", "Complete")]
# So many rows the database fetches by their keys faster than it finds them on its way through the newest.
_FEW = 5_000
_DATE_ERRORS = {"invalid": "Give the date as in 2026-11-24."}


def _date(lookup: str, label: str) -> filters.DateFilter:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return filters.DateFilter("date", lookup, label=label, widget=widget, error_messages=_DATE_ERRORS)


def _words(label: str, method: str, placeholder: str = "") -> filters.CharFilter:
    widget = forms.TextInput(attrs={"autocomplete": "off", "placeholder": placeholder})
    return filters.CharFilter(label=label, method=method, widget=widget, max_length=20_000)


class _Boxes(forms.CheckboxSelectMultiple):
    def value_from_datadict(self, *args: Any) -> list[str]:
        """An empty value in the URL asks for nothing."""
        return [value for value in super().value_from_datadict(*args) if value.strip()]


SHOWS = ("today", "all")


class FilterForm(forms.Form):
    sorts: Collection[str] = ()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        choices = {"show": SHOWS, "sort": self.sorts}
        for sentence in wrong_parameters(self.data, [*self.fields, "page", "search"], choices):
            self.add_error(None, sentence)
        first, last = cleaned.get("date_from"), cleaned.get("date_to")
        if first and last and last < first:
            self.add_error("date_to", f"This is before {first:%Y-%m-%d}, so no day lies between.")
        return cleaned

    def clean_fill(self) -> str:
        text = (self.cleaned_data.get("fill") or "").strip()
        if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
            raise ValidationError("Enter the number of one fill, for example 7324.")
        return text

    def clean_runs(self) -> str:
        text = self.cleaned_data.get("runs") or ""
        try:
            typed = read_runs(text)
        except TextTooLong as exc:
            raise ValidationError(str(exc)) from exc
        if typed.junk:
            wrong = TypedRuns(junk=typed.junk).complaint()
            raise ValidationError(f"{wrong} Enter runs or ranges, for example 324970, 324998-325001.")
        return text

    def clean_reference(self) -> str:
        text = (self.cleaned_data.get("reference") or "").strip()
        if text and not text.split()[0].isdecimal():
            raise ValidationError("Enter the run of the reference, for example 325000 or 325000 prompt.")
        return text


class CertificationFilter(filters.FilterSet):
    """Names in a filter are resolved to keys first, so that the database plans with numbers it has statistics of."""

    runs = filters.CharFilter(label="Runs", method="by_runs", widget=RunsInput)
    date_from = _date("gte", "From")
    date_to = _date("lte", "To")
    reco = filters.ChoiceFilter(
        "reconstruction",
        label="Reconstruction",
        choices=[(reco.value, reco.label) for reco in CERTIFIED_RECONSTRUCTIONS],
        empty_label="any",
    )
    verdict = filters.ChoiceFilter(label="Verdict", choices=_GOOD_OR_BAD, empty_label="any", method="by_verdict")
    run_type = filters.ChoiceFilter(
        "run_reconstruction__run__run_type", label="Run type", choices=RunType.choices, empty_label="any"
    )
    pixel = filters.ChoiceFilter(choices=Verdict.choices, empty_label="any", label="Pixel")
    strip = filters.ChoiceFilter(choices=Verdict.choices, empty_label="any", label="Strip")
    tracking = filters.ChoiceFilter(choices=Verdict.choices, empty_label="any", label="Tracking")
    lowstat = filters.ChoiceFilter(choices=_LOWSTAT, empty_label="–", label="Low stat", method="by_lowstat")
    author = _words("Author", "by_author", "user name")
    reference = _words("Reference", "by_reference", "325000 prompt")
    problem = _words("Problem", "by_problem")
    dataset = _words("Dataset", "by_dataset", "part of its name")
    dataset_standing = filters.MultipleChoiceFilter(
        label="Dataset is", choices=_STANDINGS, widget=_Boxes({"class": "form-check-input"}), distinct=False
    )
    comment = _words("Comment", "by_comment", "part of its text")
    trackermap = filters.ChoiceFilter(choices=TrackerMap.choices, empty_label="–", label="Tracker map")
    bad_reason = _words("Bad reason", "by_bad_reason")
    fill = _words("Fill", "by_fill", "7324")
    incomplete = filters.ChoiceFilter(choices=_INCOMPLETE, empty_label="–", label="Facts", method="by_incomplete")

    class Meta:
        model = TrackerCertification
        form = FilterForm
        fields: list[str] = []

    def by_runs(self, found: QuerySet, name: str, value: str) -> QuerySet:
        return found.filter(read_runs(value).as_condition("run_reconstruction__run_id"))

    def by_verdict(self, found: CertificationQuerySet, name: str, value: str) -> QuerySet:
        return found.good() if value == "good" else found.bad()

    def by_lowstat(self, found: QuerySet, name: str, value: str) -> QuerySet:
        wanted = COMPONENTS if value == "any" else (value,)
        return found.filter(_any(Q(**{f"{component}_lowstat": True}) for component in wanted))

    def by_author(self, found: QuerySet, name: str, value: str) -> QuerySet:
        return found.filter(author__in=_keys(User.objects.filter(username__iexact=value.strip())))

    def by_reference(self, found: QuerySet, name: str, value: str) -> QuerySet:
        number, *reco = value.split()
        if len(number) > 10:
            return found.none()
        references = RunReconstruction.objects.filter(run_id=int(number), is_reference=True)
        references |= RunReconstruction.objects.filter(run_id=int(number), referenced_by__isnull=False)
        if reco:
            references = references.filter(reconstruction=reco[0].lower())
        return found.filter(reference_runreconstruction__in=_keys(references.distinct()))

    def by_problem(self, found: QuerySet, name: str, value: str) -> QuerySet:
        """Noted for any component, with these letters in its name."""
        seen = []
        for model in (PixelProblemSeen, StripProblemSeen, TrackingProblemSeen):
            words = _keys(model._meta.get_field("problem").related_model.objects.filter(name__icontains=value.strip()))
            seen.append(model.objects.filter(problem__in=words))
        keys = [each.values_list("certification_id", flat=True) for each in seen]
        few = list(keys[0].union(*keys[1:])[: _FEW + 1])
        if len(few) <= _FEW:
            return found.filter(pk__in=few)
        # Of many, the newest are found soonest by going through the newest certifications.
        return found.filter(_any(Q(Exists(each.filter(certification=OuterRef("pk")))) for each in seen))

    def by_dataset(self, found: QuerySet, name: str, value: str) -> QuerySet:
        return found.filter(dataset__in=_keys(Dataset.objects.filter(name__icontains=value.strip())))

    def by_bad_reason(self, found: QuerySet, name: str, value: str) -> QuerySet:
        return found.filter(bad_reason__in=_keys(BadReason.objects.filter(name__icontains=value.strip())))

    def by_fill(self, found: QuerySet, name: str, value: str) -> QuerySet:
        runs = OmsRun.objects.filter(Q(fill=int(value)) | Q(fill_number=int(value)))
        return found.filter(run_reconstruction__run__in=_keys(runs))

    def by_comment(self, found: QuerySet, name: str, value: str) -> QuerySet:
        return found.filter(comment__icontains=value)

    def by_incomplete(self, found: QuerySet, name: str, value: str) -> QuerySet:
        return found.filter(external_info_complete=value == "0")


def _any(conditions: Any) -> Q:
    return reduce(or_, conditions)


def _keys(found: QuerySet) -> list[int]:
    return list(found.values_list("pk", flat=True)[:5000])
