"""The forms of a certification that somebody else sends than who they were served to: kept as a draft of the typist."""

from __future__ import annotations

from certify import drafts
from certify.buttons import BUTTONS
from certify.models import TrackerCertification
from users.carry import Fields
from users.handover import Asked, Handover
from users.models import User


def opening_of(run_number: int, page: str) -> str:
    """One opening of a form. Its address changes, as from certifying to correcting; its run does not."""
    return f"{run_number} {page}"


class CertificationHandover(Handover):
    shows_again = True
    buttons = BUTTONS

    def form(self, asked: Asked, fields: Fields) -> str:
        return opening_of(asked.kwargs["run_number"], dict(fields).get(drafts.PAGE, ""))

    def keep(self, typist: User, asked: Asked, fields: Fields) -> bool:
        page = drafts.page_of(dict(fields).get(drafts.PAGE, ""))
        run_number, reco = asked.kwargs["run_number"], asked.kwargs.get("reco", "")
        dataset = asked.query.get("dataset", "")
        return drafts.keep(typist, run_number, reco, dataset, page, fields, makes_room=False)

    def may_take_over(self, user: User, asked: Asked) -> bool:
        return user.may_certify


class UpdateHandover(CertificationHandover):
    def may_take_over(self, user: User, asked: Asked) -> bool:
        run_number, reco, dataset = asked.kwargs["run_number"], asked.kwargs["reco"], asked.query.get("dataset")
        stored = TrackerCertification.objects.of(run_number, reco)
        if dataset is not None:
            stored = TrackerCertification.objects.of_dataset(run_number, reco, dataset or None)
        return any(certification.can_be_edited_by(user) for certification in stored)


class DraftHandover(CertificationHandover):
    """The page sends what is typed by itself, and shows the answer in its state line."""

    is_background = True
