"""What ends a certification before its form is shown. `str()` is for the shifter, `advice` says what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format

if TYPE_CHECKING:
    from certify.models import TrackerCertification
    from oms.models import Difference


class CertificationRefused(Exception):
    """`status`: the HTTP status of the page. `recos`: reconstructions to offer for a new try.

    `may_go_on`: what was typed may be sent again for another reconstruction.
    """

    status = 403
    title = "This can't be certified"
    advice = ""
    recos: tuple[str, ...] = ()
    may_go_on = True


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


class MayNotCorrect(CertificationRefused):
    title = "This is not yours to change"
    advice = "Ask the author or a shift leader."


class NotInTheBin(CertificationRefused):
    status = 409
    title = "It is not in the bin"
    advice = "Somebody may have restored it meanwhile: look at the list."


class NothingToUndo(CertificationRefused):
    status = 409
    title = "Nothing to undo"
    advice = "Its history shows every version; a shift leader can bring an earlier one back."


class CertificationGone(CertificationRefused):
    status = 404
    title = "It is gone"
    advice = "What you typed is kept as a draft; the reconstruction can be certified anew."


class CertificationDeleted(CertificationRefused):
    status = 410
    title = "It is in the bin"
    advice = "It can be restored from the bin, or certified anew. What you typed is kept as a draft."
    may_go_on = False

    def __init__(self, certification: TrackerCertification) -> None:
        why = f": “{certification.delete_reason}”" if certification.delete_reason else ""
        super().__init__(f"The certification of {certification} was deleted by {certification.deleted_by}{why}.")


class CertificationOvertaken(CertificationRefused):
    """Somebody changed it after the page was made. `certification` is what is stored now."""

    status = 409
    may_go_on = False
    title = "Somebody changed it meanwhile"
    advice = "Look at what is stored now before you go on."

    def __init__(self, certification: TrackerCertification) -> None:
        self.certification = certification
        super().__init__(f"{certification} was changed after you opened the page.")


class FactsOvertaken(CertificationRefused):
    """Facts that were typed over have changed since the page was made; the forms say which."""

    status = 409
    title = "Facts of the run changed meanwhile"
    advice = "Look at what is stored now before you go on."
    may_go_on = False


class MayNotDecide(CertificationRefused):
    """Made with the difference."""

    title = "This is not yours to decide"
    advice = "Ask those whose certifications depend on it, or a shift leader."

    def __init__(self, difference: Difference) -> None:
        super().__init__(f"{str(difference).capitalize()} is not yours to decide; what you chose was not stored.")
