from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row, Submit
from django import forms

from certify.models import CERTIFIED_RECONSTRUCTIONS
from oms.models import MAX_RUN_NUMBER


class ChooseRunForm(forms.Form):
    """Which run to certify; without a reconstruction, the next uncertified one."""

    run_number = forms.IntegerField(
        min_value=1,
        max_value=MAX_RUN_NUMBER,
        label="Run number",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "autofocus": True}),
        error_messages={
            "invalid": "That is not a run number. Enter six digits, for example 325000.",
            "required": "Enter the number of the run.",
            "min_value": "Run numbers are positive and have six digits.",
            "max_value": "That is more than any run number. Enter six digits.",
        },
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
