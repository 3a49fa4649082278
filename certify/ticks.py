"""What a person must say that they know before something unusual is certified, and only then."""

from __future__ import annotations

from certify.workflow import CertificationContext
from runregistry.states import WAITING


def ticks_of(context: CertificationContext) -> dict[str, str]:
    """Name of the form's field → its words. Only new certifications are asked, and each page once."""
    if context.certification:
        return {}
    target = context.target
    ticks = {}
    if target.tracker_state == WAITING:
        ticks["dataset_waiting"] = "It waits for the DQM GUI, which has no plots yet. I certify it all the same."
    if context.unnamed:
        unnamed = context.unnamed
        ticks["dataset_unknown"] = (
            f"{unnamed.author} certified {unnamed}, dataset not known: it may be this one. I certify it beside that."
        )
    return ticks
