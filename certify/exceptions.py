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

    def __init__(self, message: str, recos: tuple[str, ...], status: int, meanwhile: str = "") -> None:
        """`meanwhile`: what else can be done about it."""
        super().__init__(message)
        self.meanwhile = meanwhile
        self.advice = f"{meanwhile} {self.advice}".strip()
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


class AboutACertification(CertificationRefused):
    """`certification` is the one that stands in the way."""

    def __init__(self, certification: TrackerCertification, sentence: str) -> None:
        self.certification = certification
        super().__init__(sentence)


def _certified_by(certification: TrackerCertification) -> str:
    when = date_format(timezone.localtime(certification.created_at), "j F Y, H:i")
    return f"{certification.full_name} was certified by {certification.author} on {when}"


class RunReconstructionAlreadyCertified(AboutACertification):
    """Somebody, maybe the user, has certified this very dataset."""

    title = "Already certified"
    advice = "Ask the author or a shift leader if it must be corrected."

    def __init__(self, certification: TrackerCertification) -> None:
        super().__init__(certification, f"{_certified_by(certification)}.")


class SeveralDatasetsCertified(CertificationRefused):
    """All datasets of the reconstruction are certified, each on its own: one must be chosen."""

    title = "Several datasets are certified"
    advice = "Choose the dataset."

    def __init__(self, run_number: int, reco: str) -> None:
        self.run_number, self.reco = run_number, reco
        super().__init__(f"Several datasets of {run_number} {reco} are certified.")


class MadeForAnother(CertificationRefused):
    """A form was sent to the address of another run or reconstruction than it was made for."""

    status = 409
    title = "Made for another run"
    advice = "Open the page of what you looked at, and certify it there. What you typed is kept as a draft."
    may_go_on = False

    def __init__(self, made_for: str, sent_to: str) -> None:
        super().__init__(f"This form was made for {made_for} and sent to {sent_to}: nothing was stored.")


class DatasetsWaitForAName(AboutACertification):
    """What is left of the run may be what somebody certified without knowing the name of the dataset."""

    status = 409
    title = "Which dataset was certified?"
    advice = "Its author or a shift leader chooses the dataset on its page; then the next one is offered."
    may_go_on = False

    def __init__(self, certification: TrackerCertification) -> None:
        super().__init__(
            certification, f"{_certified_by(certification)}, dataset not known: what is left of the run may be that."
        )


class CertifiedWithAnotherDataset(AboutACertification):
    """The form is about one dataset and what is stored about another: they are never merged."""

    status = 409
    title = "Another dataset"
    advice = "Choose which of the two you mean."
    may_go_on = False

    def __init__(self, certification: TrackerCertification, looked_at: str | None) -> None:
        self.looked_at = looked_at
        stored = certification.dataset_name or "a dataset that is not known"
        mine = looked_at or "a dataset that is not known"
        by = certification.author
        super().__init__(certification, f"{certification} is certified with {stored} by {by}; you looked at {mine}.")


class DatasetNotToBeChosen(CertificationRefused):
    """The certification can't become one of that dataset."""

    status = 409
    title = "Not that dataset"
    advice = "Choose another one, or bin the certification that is not meant."
    may_go_on = False


class NeverCertified(CertificationRefused):
    status = 409
    title = "Never certified"
    advice = "Certify express, prompt or a ReReco of the run instead."
    may_go_on = False


class RulesBroken(CertificationRefused):
    """`errors`: field → sentence, of the rules that a page or a program must keep."""

    status = 422
    title = "Not like this"
    advice = "Correct it and send it again; nothing was stored."

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(" ".join(errors.values()))


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
        self.certification = certification
        super().__init__(
            f"The certification of {certification.full_name} was deleted by {certification.deleted_by}{why}."
        )


class CertificationOvertaken(CertificationRefused):
    """Somebody changed it after the page was made. `certification` is what is stored now."""

    status = 409
    may_go_on = False
    title = "Somebody changed it meanwhile"
    advice = "Look at what is stored now before you go on."

    def __init__(self, certification: TrackerCertification) -> None:
        self.certification = certification
        super().__init__(f"{certification.full_name} was changed after you opened the page.")


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
