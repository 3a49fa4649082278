"""The facts of the run under certification, from our database, OMS or the Run Registry's copy."""

from __future__ import annotations

from dataclasses import dataclass

from certify.facts import remember, retrieve
from certify.target import Target
from oms.client import OmsClient, run_facts
from oms.exceptions import OmsApiError
from oms.models import OmsRun, RunType, Source
from upstream.errors import UpstreamError


@dataclass(frozen=True)
class ExternalInfo:
    """`run` may be unsaved: nobody knows it yet. `complete`: OMS gave every needed fact of run and fill."""

    run: OmsRun
    complete: bool
    warnings: tuple[str, ...] = ()


def ask_for_external_info(target: Target, oms: OmsClient, anew: bool = False) -> ExternalInfo:
    """Ask OMS where our own copy does not do, or in any case (`anew`); its failures are warnings, nothing is raised."""
    try:
        run = retrieve(target.run_number, oms, anew)
    except (OmsApiError, UpstreamError) as exc:
        return _without_oms(target, exc)
    return _judge(run)


def known_external_info(run_number: int) -> ExternalInfo:
    """What our database knows, asking nobody."""
    return _judge(OmsRun.objects.select_related("fill").filter(pk=run_number).first() or OmsRun(run_number=run_number))


def _judge(run: OmsRun) -> ExternalInfo:
    missing = run.missing_facts()
    warning = f"OMS does not say: {', '.join(missing)}. Fill in what you know." if missing else ""
    return ExternalInfo(run, run.is_complete, (warning,) if warning else ())


def _without_oms(target: Target, failure: Exception) -> ExternalInfo:
    run = OmsRun.objects.select_related("fill").filter(pk=target.run_number).first()
    asked_of_copy = target.oms_attributes and not (run and run.source == Source.OMS)
    if asked_of_copy:
        run = remember(target.run_number, run_facts(target.oms_attributes), Source.RUN_REGISTRY)
    run = run or OmsRun(run_number=target.run_number)
    if run.is_complete:
        return ExternalInfo(run, True, (f"{failure} The facts shown are the last ones known.",))
    copied = " What the Run Registry's copy tells is filled in." if run.source == Source.RUN_REGISTRY else ""
    typing = " Fill in what you know of the run"
    chosen = " and choose its type" if run.run_type == RunType.UNKNOWN else ""
    return ExternalInfo(run, False, (f"{failure}{copied}{typing}{chosen}; it can be corrected later.",))
