"""The facts of the run under certification, from our database, OMS or the Run Registry's copy."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from certify.facts import remember, retrieve
from certify.moments import ago
from certify.target import Target
from oms.answers import Facts
from oms.client import OmsClient, run_facts
from oms.completeness import gaps_in_words, running_in_words, units_in_words
from oms.exceptions import OmsApiDataInvalid, OmsApiError, OmsApiRunNumberNotFound
from oms.hints import NO_HINTS, Hints
from oms.models import OmsRun, RunType, Source
from runregistry.known import last_facts
from runregistry.models import KnownRun
from upstream.errors import UpstreamError
from upstream.notices import ServiceNotice, notice_of


@dataclass(frozen=True)
class ExternalInfo:
    """`run` may be unsaved: nobody knows it yet. `complete`: OMS gave every needed fact of run and fill.

    `hints`: what helps a person to type. `nobody_knows`: OMS and the Run Registry answered, and neither has the run.
    """

    run: OmsRun
    complete: bool
    warnings: tuple[ServiceNotice, ...] = ()
    hints: Hints = NO_HINTS
    nobody_knows: bool = False

    @property
    def is_running(self) -> bool:
        return self.run.is_running

    @property
    def needs_typing(self) -> bool:
        """There is something that a person can add; of a running run OMS says the rest itself at its end."""
        return self.run.needs_typing


def ask_for_external_info(target: Target, oms: OmsClient, anew: bool = False) -> ExternalInfo:
    """Ask OMS where our own copy does not do, or in any case (`anew`); its failures are warnings, nothing is raised."""
    try:
        run = retrieve(target.run_number, oms, anew)
    except (OmsApiError, UpstreamError) as exc:
        run = _last_known(target)
        is_unheard_of = target.is_unknown and run.source == Source.PERSON
        nobody_knows = is_unheard_of and isinstance(exc, OmsApiRunNumberNotFound)
        return _info(run, _words_without_oms(run, exc), target, nobody_knows=nobody_knows)
    return _info(run, gaps_in_words(run), target)


def known_external_info(run_number: int, *, nobody_knows: bool = False) -> ExternalInfo:
    """What our database knows, asking nobody. `nobody_knows`: as it was found out when the page was made."""
    run = OmsRun.objects.select_related("fill").filter(pk=run_number).first() or OmsRun(run_number=run_number)
    return _info(run, gaps_in_words(run), nobody_knows=nobody_knows and run.source == Source.PERSON)


def _info(
    run: OmsRun, warnings: tuple[ServiceNotice, ...], target: Target | None = None, *, nobody_knows: bool = False
) -> ExternalInfo:
    known = KnownRun.objects.filter(pk=run.pk).first() if run.needs_typing else None
    copied = str(target.oms_attributes.get("fill_type_runtime") or "") if target else ""
    hints = Hints(
        run_class=(target and target.run_class) or (known.run_class if known else ""),
        particles=copied or (known.fill_type if known else ""),
        told_at=known.asked_at if known else None,
    )
    return ExternalInfo(run, run.is_complete, warnings, hints, nobody_knows)


def _last_known(target: Target) -> OmsRun:
    """What OMS said before, or else the Run Registry, now or when it answered last. Unsaved where nobody ever did."""
    run = OmsRun.objects.select_related("fill").filter(pk=target.run_number).first()
    if run and run.source == Source.OMS:
        return run
    # Its answer of now tells more than the few facts that are kept of the last one.
    facts = run_facts(target.oms_attributes) if target.oms_attributes else last_facts(target.run_number)
    if facts and not _has_newer(run, facts):
        with suppress(OmsApiDataInvalid):
            return remember(target.run_number, facts, Source.RUN_REGISTRY)
    return run or OmsRun(run_number=target.run_number)


def _has_newer(run: OmsRun | None, facts: Facts) -> bool:
    is_dated_copy = run and run.source == Source.RUN_REGISTRY and run.fetched_at
    return bool(is_dated_copy and facts.told_at and run.fetched_at >= facts.told_at)


def _words_without_oms(run: OmsRun, failure: OmsApiError | UpstreamError) -> tuple[ServiceNotice, ...]:
    about = (*running_in_words(run), *units_in_words(run))
    if not run.needs_typing:
        return (notice_of(failure, "The facts shown are the last ones known."), *about)
    copied = ""
    if run.source == Source.RUN_REGISTRY:
        told = f"told {ago(run.fetched_at)}" if run.fetched_at else "tells"
        copied = f"What the Run Registry's copy {told} is filled in."
    chosen = " and choose its type" if run.run_type == RunType.UNKNOWN else ""
    typing = f"Fill in what you know of the run{chosen}; it can be corrected later."
    return (notice_of(failure, copied, typing), *about)
