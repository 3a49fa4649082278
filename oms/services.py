"""Runs and fills: from our database while that is fresh enough, else from OMS, which is then remembered."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from oms.answers import Facts
from oms.client import OmsClient
from oms.models import OmsFill, OmsRun, Source

# Facts that OMS may still complete are asked again after this time.
ASK_AGAIN_AFTER = timedelta(minutes=5)


def oms_retrieve_run(run_number: int, client: OmsClient) -> OmsRun:
    """The run as OMS knows it, with its fill as far as OMS gives it.

    Raises OmsApiRunNumberNotFound, OmsApiDataInvalid and UpstreamError; nothing is stored then.
    """
    run = OmsRun.objects.select_related("fill").filter(pk=run_number).first()
    if run and run.source == Source.OMS and not _worth_asking(run, settled=run.end_time and not run.missing_facts()):
        return run
    return remember_run(run_number, client.run(run_number), Source.OMS)


def oms_retrieve_fill(fill_number: int, client: OmsClient) -> OmsFill:
    """The fill as OMS knows it. Raises OmsApiFillNumberNotFound, OmsApiDataInvalid and UpstreamError."""
    fill = OmsFill.objects.filter(pk=fill_number).first()
    if fill and fill.source == Source.OMS and not _worth_asking(fill, settled=fill.end_time):
        return fill
    facts = client.fill(fill_number)
    with transaction.atomic():
        fill, _ = OmsFill.objects.select_for_update().get_or_create(pk=fill_number)
        fill.apply(facts, Source.OMS)
        fill.save()
    return fill


def remember_run(run_number: int, facts: Facts, source: Source) -> OmsRun:
    """Store what upstream says of the run; what a person typed stays as she typed it."""
    with transaction.atomic():
        run, _ = OmsRun.objects.select_for_update().get_or_create(pk=run_number)
        run.apply(facts, source)
        run.save()
    return run


def remember_fill_of(run: OmsRun, fill: OmsFill) -> None:
    if run.fill_id != fill.pk and "fill_number" not in run.typed:
        run.fill = fill
        run.save(update_fields=["fill"])


def _worth_asking(facts: OmsRun | OmsFill, settled: object) -> bool:
    is_fresh = facts.fetched_at and timezone.now() - facts.fetched_at < ASK_AGAIN_AFTER
    return not settled and not is_fresh
