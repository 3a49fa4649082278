"""What a person must say that they know before something unusual is certified, and only then."""

from __future__ import annotations

from certify.workflow import CertificationContext
from oms.run_numbers import is_usual
from runregistry.states import WAITING


def ticks_of(context: CertificationContext) -> dict[str, str]:
    """Name of the form's field → its label, without a full stop: it stands before a colon where it is missing.

    Only new certifications are asked, and each page once.
    """
    if context.certification:
        return {}
    target = context.target
    ticks = {}
    if context.info.is_running:
        ticks["still_running"] = f"Run {target.run_number} is still running. I certify it all the same"
    if context.info.nobody_knows:
        ticks["run_exists"] = f"Neither OMS nor the Run Registry knows run {target.run_number}. I know that it exists"
    elif not is_usual(target.run_number):
        ticks["run_exists"] = f"Run numbers have six digits. I know that run {target.run_number} exists"
    if target.tracker_state == WAITING:
        ticks["dataset_waiting"] = "It waits for the DQM GUI, which has no plots yet. I certify it all the same"
    if context.unnamed:
        unnamed = context.unnamed
        ticks["dataset_unknown"] = (
            f"{unnamed.author} certified {unnamed}, dataset not known: it may be this one. "
            "I looked at this one and certify it as well"
        )
    return ticks
