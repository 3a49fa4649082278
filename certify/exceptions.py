"""What ends a certification before its form is shown. `str()` is for the shifter, `advice` says what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format

if TYPE_CHECKING:
    from certify.models import TrackerCertification


class CertificationRefused(Exception):
    """`status`: the HTTP status of the page. `recos`: reconstructions to offer for a new try."""

    status = 403
    title = "This can't be certified"
    advice = ""
    recos: tuple[str, ...] = ()


class MayNotCertify(CertificationRefused):
    title = "Certifying needs the shifter role"
    advice = "Ask a shift leader or an administrator for it; you can read all certifications meanwhile."


class RunNumberImpossible(CertificationRefused):
    status = 404
    title = "No such run"
    advice = "Run numbers have six digits. Check it and try again."


class ReconstructionUnknown(CertificationRefused):
    status = 404
    title = "No such reconstruction"
    advice = "Choose one of these:"


class ReconstructionNotToBeFound(CertificationRefused):
    """The Run Registry has no answer to which reconstruction comes next. `run_number`: to offer the choice."""

    title = "Which reconstruction?"
    advice = "If you know which reconstruction you looked at, choose it and go on by hand:"

    def __init__(self, message: str, recos: tuple[str, ...], status: int) -> None:
        super().__init__(message)
        self.recos = recos
        self.status = status


class DatasetRefused(CertificationRefused):
    status = 404
    title = "Not a dataset of this run"
    advice = "Go back to the open runs and choose the dataset there, or start from the run number alone."


class RunReconstructionAllDatasetsCertified(CertificationRefused):
    status = 200
    title = "Nothing left to certify"

    def __init__(self, run_number: int) -> None:
        super().__init__(f"All datasets of run {run_number} are certified.")


class RunReconstructionAlreadyCertified(CertificationRefused):
    """Somebody, maybe the user herself, has certified it."""

    title = "Already certified"
    advice = "Ask the author or a shift leader if it must be corrected."

    def __init__(self, certification: TrackerCertification) -> None:
        self.certification = certification
        when = date_format(timezone.localtime(certification.created_at), "j F Y, H:i")
        super().__init__(f"{certification} was certified by {certification.author} on {when}.")
