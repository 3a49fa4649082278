"""Runs and fills: from our database while that is fresh enough, else from OMS, which is then remembered."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from oms.answers import Facts
from oms.client import OmsClient
from oms.exceptions import OmsApiError, OmsApiFillNumberNotFound
from oms.models import OmsFill, OmsRun, Source
from oms.official import take_over
from oms.storing import storing
from upstream.ahead import Ahead
from upstream.cleaning import BIGGEST_INTEGER
from upstream.errors import UpstreamError

# Facts that OMS may still complete are asked again after this time.
ASK_AGAIN_AFTER = timedelta(minutes=5)

StoreRun = Callable[[int, Facts, Source], OmsRun]


def remember_run(run_number: int, facts: Facts, source: Source) -> OmsRun:
    """Store what upstream says of the run; what a person typed stays as it is."""
    with storing(f"run {run_number}"):
        run, _ = OmsRun.objects.select_for_update(no_key=True).get_or_create(pk=run_number)
        take_over(run, facts, source)
    return run


def oms_retrieve_run(run_number: int, client: OmsClient, anew: bool = False, store: StoreRun = remember_run) -> OmsRun:
    """The run as OMS knows it, with its fill as far as OMS gives it; `anew` asks also for what is fresh.

    `store`: what keeps the answer; a higher app looks there for what hangs on it.

    Raises OmsApiRunNumberNotFound, OmsApiDataInvalid and UpstreamError; nothing is stored then.
    """
    run = OmsRun.objects.select_related("fill").filter(pk=run_number).first()
    if run and not anew and not run_is_worth_asking(run):
        return run
    facts = client.run(run_number)
    if facts.values.get("lumisections") is None:
        facts = Facts({**facts.values, "lumisections": client.last_lumisection(run_number)}, facts.units)
    return store(run_number, facts, Source.OMS)


def run_is_worth_asking(run: OmsRun) -> bool:
    settled = run.end_time and not run.missing_facts()
    return run.source != Source.OMS or _worth_asking(run, settled=settled)


def ask_ahead(run_number: int, client: Ahead, anew: bool = False) -> None:
    """Send all that `oms_retrieve_run` and `oms_retrieve_fill` will want to know, if they will."""
    run = OmsRun.objects.select_related("fill").filter(pk=run_number).first()
    if run and not anew and not run_is_worth_asking(run):
        return
    for question in ("run", "fill_of_run", "last_lumisection"):
        client.ask(question, run_number)


def oms_retrieve_fill(
    fill_number: int, client: OmsClient, run_number: int | None = None, anew: bool = False
) -> OmsFill:
    """The fill as OMS knows it; `run_number`: by which it may have been asked for ahead.

    Raises OmsApiFillNumberNotFound, OmsApiDataInvalid and UpstreamError.
    """
    if not 0 < fill_number <= BIGGEST_INTEGER:
        raise OmsApiFillNumberNotFound(fill_number)
    fill = OmsFill.objects.filter(pk=fill_number).first()
    if fill and not anew and not _fill_is_worth_asking(fill):
        return fill
    facts = _fill_facts(fill_number, client, run_number)
    with storing(f"fill {fill_number}"):
        fill, _ = OmsFill.objects.select_for_update(no_key=True).get_or_create(pk=fill_number)
        take_over(fill, facts, Source.OMS)
    return fill


def _fill_facts(fill_number: int, client: OmsClient, run_number: int | None) -> Facts:
    """By its number, unless the fill that was asked for by its run is the right one."""
    if isinstance(client, Ahead) and run_number and client.was_asked("fill_of_run", run_number):
        try:
            guessed = client.fill_of_run(run_number)
        except (OmsApiError, UpstreamError):
            guessed = None
        if guessed and guessed[0] == fill_number:
            return guessed[1]
    return client.fill(fill_number)


def remember_fill_of(run: OmsRun, fill: OmsFill) -> OmsRun:
    """The run as it is by now; a person may have given it another fill while OMS was asked about this one."""
    with transaction.atomic():
        stored = OmsRun.objects.select_for_update(no_key=True).filter(pk=run.pk).first()
        if stored is None:
            return run
        run = stored
        if run.fill_id != fill.pk == run.fill_number:
            run.fill = fill
            run.save(update_fields=["fill"])
    return run


def retrieve_with_fill(
    run_number: int, client: OmsClient, anew: bool = False, store: StoreRun = remember_run
) -> OmsRun:
    """The run with its fill. Raises OmsApiError and UpstreamError; what came before the failure is stored."""
    run = oms_retrieve_run(run_number, client, anew, store)
    if _lacks_its_fill(run, anew) and not _is_disputed(run):
        run = remember_fill_of(run, oms_retrieve_fill(run.fill_number, client, run_number, anew))
    return run


def _lacks_its_fill(run: OmsRun, anew: bool) -> bool:
    """It has one that we don't have, or that OMS may still complete."""
    if run.fill_number is None:
        return False
    return anew or run.fill_id != run.fill_number or _fill_is_worth_asking(run.fill)


def _fill_is_worth_asking(fill: OmsFill) -> bool:
    return fill.source != Source.OMS or _worth_asking(fill, settled=fill.end_time)


def _is_disputed(run: OmsRun) -> bool:
    """Facts of a fill that may be the wrong one would only make more differences."""
    return "fill_number" in run.official and run.differences.open().filter(name="fill_number", told_by=None).exists()


def _worth_asking(facts: OmsRun | OmsFill, settled: object) -> bool:
    is_fresh = facts.fetched_at and timezone.now() - facts.fetched_at < ASK_AGAIN_AFTER
    return not settled and not is_fresh
