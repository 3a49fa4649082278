"""What OMS's answers can mean for a certification."""

from upstream.errors import TELL
from upstream.names import OMS


class OmsApiError(Exception):
    """OMS answered, but not with the facts asked for. `str()` is one sentence for the shifter; made from `args`."""

    service = OMS

    sentence = "OMS does not know {}."
    advice = "Check the number; OMS may still learn of it."

    def __str__(self) -> str:
        return self.sentence.format(*self.args)


class OmsApiRunNumberNotFound(OmsApiError):
    sentence = "OMS does not know run {}."


class OmsApiFillNumberNotFound(OmsApiError):
    sentence = "OMS does not know fill {}."


class OmsApiDataInvalid(OmsApiError):
    """About "run 325000"."""

    sentence = "OMS answered about {}, but not in a form that can be trusted."
    advice = TELL


class DecisionOvertaken(Exception):
    """A side of the difference has changed since the page was made. Made with the difference."""

    def __str__(self) -> str:
        difference = self.args[0]
        if difference.is_proposal:
            return f"Meanwhile the {difference.label} changed. Look at it and choose again."
        return f"Meanwhile OMS says something else of the {difference.label}. Look at it and choose again."
