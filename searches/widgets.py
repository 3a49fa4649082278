from django import forms


class RunsInput(forms.Textarea):
    """Looks like a line, but keeps the lines of a pasted column: in a line alone a browser joins their numbers."""

    def __init__(self) -> None:
        placeholder = "324970, 324998-325001"
        super().__init__(
            {"rows": 1, "placeholder": placeholder, "autocomplete": "off", "spellcheck": "false", "data-lines": ""}
        )
