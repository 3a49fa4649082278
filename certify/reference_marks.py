"""Which reconstructions others may be compared with: only what somebody certified as good."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from certify.exceptions import CertificationRefused, MayNotCorrect
from certify.models import RunReconstruction, TrackerCertification
from history.admin_changes import remember
from users.models import User
from users.roles import LEADERS

REFERENCE = "reference"


class ReferenceRefused(CertificationRefused):
    status = 422
    title = "This can't be a reference"
    advice = "Certify it first, or choose another reconstruction."


def why_no_reference(of: RunReconstruction) -> str:
    """A sentence, "" for what may become a reference: each of its certifications outside the bin is good."""
    certified = TrackerCertification.objects.filter(run_reconstruction=of)
    if not certified.exists():
        return f"{of} is not certified. Only what somebody certified as good becomes a reference."
    if certified.bad().exists():
        return f"{of} is certified as bad. Only what somebody certified as good becomes a reference."
    return ""


def set_reference(
    of: RunReconstruction,
    is_reference: bool,
    by: User,
    *,
    click: UUID | None = None,
    typed_by: User | None = None,
) -> bool:
    """Mark it as a reference, or as none any more; False where it was so already.

    What is a reference stays one until somebody takes it back. `typed_by`: whose form it is that `by` took over.
    Raises MayNotCorrect and ReferenceRefused.
    """
    if not by.as_of_now().has_perm("certify.change_runreconstruction"):
        raise MayNotCorrect(f"Only {LEADERS} make references and take them back.")
    with transaction.atomic():
        stored = RunReconstruction.objects.select_for_update(no_key=True).filter(pk=of.pk).first()
        if stored is None or stored.is_reference == is_reference:
            return False
        refusal = why_no_reference(stored) if is_reference else ""
        if refusal:
            raise ReferenceRefused(refusal)
        stored.is_reference = is_reference
        stored.save(update_fields=["is_reference"])
        changes = {"is_reference": [not is_reference, is_reference]}
        remember(stored, changes, by, click=click, kind=REFERENCE, typed_by=typed_by)
    return True
