from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row, Submit
from django import forms

from certify.models import CERTIFIED_RECONSTRUCTIONS
from certify.parameters import wrong_parameters
from oms.models import RunType
from oms.run_numbers import TextTooLong, TypedRuns, read_runs
from openruns.search import MOST_RUNS, Search
from searches.widgets import RunsInput
from users.models import User

SHOWN = {"all": "all", "free": "free", "mine": "mine"}
TYPES = {"": "any type", RunType.COLLISIONS: "collisions", RunType.COSMICS: "cosmics"}
_CHOICES = {"show": SHOWN, "type": TYPES}
_BOARD_PARAMETERS = ("search", "run_number", "reco", "refresh")
_LONGEST_NUMBER = 500  # characters, as of a link to OMS


class ChooseRunForm(forms.Form):
    """Which run to certify; without a reconstruction, the next uncertified one."""

    run_number = forms.CharField(
        label="Run number",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": _LONGEST_NUMBER}),
        error_messages={"required": "Enter the number of the run."},
    )
    reco = forms.ChoiceField(
        required=False,
        label="Reconstruction",
        choices=[("", "Next uncertified"), *((reco.value, reco.label) for reco in CERTIFIED_RECONSTRUCTIONS)],
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_method = "get"
        self.helper.disable_csrf = True
        self.helper.attrs = {"novalidate": ""}
        self.helper.layout = Layout(
            Row(
                Column("run_number", css_class="col-12 col-md-5"),
                Column("reco", css_class="col-12 col-md-5"),
                Column(Submit("", "Certify", css_class="w-100"), css_class="col-12 col-md-2 choose-submit"),
            )
        )

    def clean_run_number(self) -> int:
        """One run, in any writing that the other fields for runs understand."""
        text = self.cleaned_data["run_number"]
        is_one = len(text) <= _LONGEST_NUMBER and not text.startswith("-")
        only = read_runs(text).only if is_one else None
        if only is None:
            raise forms.ValidationError("That is not a run number. Enter six digits, for example 325000.")
        return only


class SearchForm(forms.Form):
    """Which runs to show. `complaint` names what is left out of a list that is good otherwise."""

    runs = forms.CharField(
        required=False,
        label="Runs",
        widget=RunsInput,
    )
    days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=60,
        label="Last days",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "Enter a number of days from 1 to 60."),
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.typed = TypedRuns()
        self.complaint = ""

    def clean_runs(self) -> str:
        text = self.cleaned_data["runs"]
        try:
            typed = read_runs(text)
        except TextTooLong as exc:
            raise forms.ValidationError(str(exc)) from exc
        if len(typed.singles) > MOST_RUNS:
            raise forms.ValidationError(
                f"These are {len(typed.singles)} runs. Up to {MOST_RUNS} go in one search: take some out."
            )
        if text.strip() and not typed.ranges:
            nothing = typed.complaint() or "There is no run number in it."
            raise forms.ValidationError(f"{nothing} Enter runs or ranges, for example 324970, 324998-325001.")
        if typed.junk or typed.duplicates:
            self.complaint = f"{typed.complaint()} The rest was searched and is in the field."
        self.typed = typed
        return text

    def clean(self) -> dict[str, object]:
        for sentence in wrong_parameters(self.data, [*self.fields, *_BOARD_PARAMETERS], _CHOICES):
            self.add_error(None, sentence)
        return self.cleaned_data

    def refuse(self, why: Exception) -> None:
        """It stays as it was typed."""
        self.complaint = ""
        self.add_error("runs", str(why))

    def keep_the_rest(self) -> None:
        """Its field shows what was searched for."""
        if self.complaint:
            self.data = self.data.copy()
            self.data["runs"] = self.typed.rest

    @property
    def search(self) -> Search:
        """Only after is_valid(). Numbers win over days."""
        return Search(self.typed, None if self.typed.ranges else self.cleaned_data.get("days"))


class AssignForm(forms.Form):
    """A shift leader's choice of who does it."""

    to = forms.ModelChoiceField(
        User.objects.none(), label="Assign to", required=False, error_messages={"invalid_choice": "Choose a shifter."}
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        may_certify = User.objects.with_perm(
            "certify.add_trackercertification", backend="django.contrib.auth.backends.ModelBackend"
        )
        self.fields["to"].queryset = may_certify.filter(is_active=True).order_by("username")
