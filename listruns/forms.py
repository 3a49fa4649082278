from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms


class DeleteForm(forms.Form):
    """`version` is the one that the page showed."""

    reason = forms.CharField(
        max_length=500,
        label="Why is it deleted?",
        help_text="It goes to the bin and can be restored; the reason stands in its history.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={"required": "Say why, so that the author and the shift leaders understand it."},
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": "", "autocomplete": "off"}
        self.helper.add_input(Submit("", "Move it to the bin", css_class="btn-danger"))
