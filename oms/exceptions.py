"""What OMS's answers can mean for a certification."""


class OmsApiError(Exception):
    """OMS answered, but not with the facts asked for. `str()` is one sentence for the shifter."""

    advice = "Type in what you know; it can be corrected later."


class OmsApiRunNumberNotFound(OmsApiError):
    def __init__(self, run_number: int) -> None:
        super().__init__(f"OMS does not know run {run_number}.")


class OmsApiFillNumberNotFound(OmsApiError):
    def __init__(self, fill_number: int) -> None:
        super().__init__(f"OMS does not know fill {fill_number}.")


class OmsApiDataInvalid(OmsApiError):
    def __init__(self, what: str) -> None:
        super().__init__(f"OMS answered about {what}, but not in a form that can be trusted.")
