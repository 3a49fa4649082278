"""What ends a certification before its form is shown. `str()` is for the shifter, `advice` says what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format

from users.roles import GIVERS

if TYPE_CHECKING:
    from certify.models import TrackerCertification
    from oms.models import Difference
    from users.models import User


class CertificationRefused(Exception):
    """`status`: the HTTP status of the page. `recos`: reconstructions to offer for a new try.

    `may_go_on`: what was typed may be sent again for another reconstruction. `leads_to_next`: there may be other work.
    """

    status = 403
    title = "This can't be certified"
    advice = ""
    recos: tuple[str, ...] = ()
    may_go_on = True
    leads_to_next = False

    def advice_for(self, user: User) -> str:
        """What this person can do next."""
        return self.advice


class MayNotCertify(CertificationRefused):
    title = "Certifying needs the shifter role"
    advice = f"Ask {GIVERS} for it; you can read all certifications meanwhile."
    may_go_on = False


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
        self.run_number = run_number
        super().__init__(f"All datasets of run {run_number} are certified.")


class AboutACertification(CertificationRefused):
    """`certification` is the one that stands in the way. `what_for`: why somebody should be asked about it."""

    what_for = "if it must be corrected"

    def __init__(self, certification: TrackerCertification, sentence: str) -> None:
        self.certification = certification
        super().__init__(sentence)

    def advice_for(self, user: User) -> str:
        """Whom they can ask: an author may have lost their role since."""
        if self.certification.can_be_edited_by(user):
            return self.advice or "You can correct it."
        author = self.certification.author
        asked = f"{author} or a shift leader" if self.certification.can_be_edited_by(author) else "a shift leader"
        return f"Ask {asked} {self.what_for}."


def _certified_by(certification: TrackerCertification) -> str:
    when = date_format(timezone.localtime(certification.created_at), "j F Y, H:i")
    return f"{certification.full_name} was certified by {certification.author} on {when}"


class RunReconstructionAlreadyCertified(AboutACertification):
    """Somebody, maybe the user, has certified this very dataset."""

    title = "Already certified"

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
    advice = "Choose the dataset on its page; then the next one is offered."
    what_for = "to choose the dataset on its page; then the next one is offered"
    may_go_on = False

    def __init__(self, certification: TrackerCertification) -> None:
        super().__init__(
            certification, f"{_certified_by(certification)}, dataset not known: what is left of the run may be that."
        )


class NotCertifiedYet(CertificationRefused):
    """`dataset`: the one that was asked for, "" where none was or it is none."""

    status = 404
    title = "Not certified yet"
    may_go_on = False

    def __init__(self, run_number: int, reco: str, dataset: str = "") -> None:
        self.run_number, self.reco, self.dataset = run_number, reco, dataset
        super().__init__(f"{' '.join(filter(None, (str(run_number), reco, dataset)))} is not certified yet.")

    def advice_for(self, user: User) -> str:
        return "" if user.may_certify else f"Shifters certify it; {GIVERS} can give you that role."


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
    """`advice`: whom to ask instead. `certification`: the one that it is about, if any."""

    title = "This is not yours to change"
    may_go_on = False

    def __init__(self, sentence: str, advice: str = "Ask one of them.", of: TrackerCertification | None = None) -> None:
        super().__init__(sentence)
        self.advice = advice
        self.certification = of


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
    advice = "The reconstruction can be certified anew."


class CertificationDeleted(CertificationRefused):
    status = 410
    title = "It is in the bin"
    may_go_on = False

    def __init__(self, certification: TrackerCertification) -> None:
        why = f": “{certification.delete_reason}”" if certification.delete_reason else ""
        self.certification = certification
        super().__init__(
            f"The certification of {certification.full_name} was deleted by {certification.deleted_by}{why}."
        )

    def advice_for(self, user: User) -> str:
        if self.certification.can_be_restored_by(user):
            return "Restore it from the bin, or certify it anew."
        anew = "Certify it anew, or ask" if user.may_certify else "Ask"
        return f"{anew} a shift leader to restore it."


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

    def __init__(self, difference: Difference, who: str) -> None:
        """`who` decides, in words."""
        about = str(difference).capitalize()
        super().__init__(f"{about} is not yours to decide ({who}); what you chose was not stored.")
