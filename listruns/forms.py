from __future__ import annotations

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms

from certify.addressed import CERTIFICATION
from certify.exceptions import CertificationOvertaken
from certify.models import LONGEST_REASON, TrackerCertification


class DeleteForm(forms.Form):
    """`version` of `certification` is what the page showed; the writer judges it."""

    reason = forms.CharField(
        max_length=LONGEST_REASON,
        label="Why is it deleted?",
        help_text="It goes to the bin and can be restored; the reason stands in its history.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={"required": "Say why, so that the author and the shift leaders understand it."},
    )
    version = forms.CharField(required=False, widget=forms.HiddenInput)
    certification = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": "", "autocomplete": "off"}
        self.helper.add_input(Submit("", "Move it to the bin", css_class="btn-danger"))

    @staticmethod
    def made_from(certification: TrackerCertification) -> dict[str, str]:
        return {"version": str(certification.version), CERTIFICATION: str(certification.pk)}

    def again(self, overtaken: CertificationOvertaken) -> DeleteForm:
        """The same reason, for what is stored by now."""
        form = DeleteForm({"reason": self.cleaned_data["reason"], **self.made_from(overtaken.certification)})
        form.add_error(None, f"{overtaken} Look at it below; press the button again to delete it as it is now.")
        return form
