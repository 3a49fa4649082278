"""What was certified without the services is completed when they are back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import OperationalError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from certify import writer
from certify.endings import tell_authors
from certify.facts import retrieve
from certify.models import DatasetStanding, TrackerCertification
from certify.standing import settle_datasets
from certify.target import RegistrySilent
from oms import queue
from oms.client import OmsClient
from oms.exceptions import OmsApiError
from oms.models import OmsRun
from runregistry.client import RunRegistryClient
from runregistry.exceptions import RunRegistryNoAvailableDatasets
from runregistry.known import remember_run
from runregistry.listing import listing_of
from upstream import names
from upstream.errors import UpstreamError
from upstream.health import health_of_all
from upstream.notices import ServiceNotice, notice_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refreshed:
    """What came of asking for one run. `failures`: why a service was of no use; `answered`: none of them was ill."""

    run_number: int
    completed: int = 0
    failures: tuple[ServiceNotice, ...] = ()
    answered: bool = True


def waiting_runs() -> QuerySet[OmsRun]:
    """Runs with a certification that waits for a service, and recent ones, whose facts may still change."""
    waiting = TrackerCertification.objects.waiting().filter(run_reconstruction__run=OuterRef("pk"))
    return OmsRun.objects.filter(Q(Exists(waiting)) | queue.recent())


def refresh(run_number: int, oms: OmsClient, registry: RunRegistryClient) -> Refreshed:
    """Ask for the facts of a run we know and for missing datasets, and complete its certifications."""
    failures: list[Exception] = []
    try:
        retrieve(run_number, oms, anew=True)
    except (OmsApiError, UpstreamError) as exc:
        failures.append(exc)
    completed = complete(run_number)
    try:
        completed |= _settle_datasets(run_number, registry)
    except (RunRegistryNoAvailableDatasets, *RegistrySilent) as exc:
        failures.append(exc)
    answered = not any(isinstance(failure, UpstreamError) for failure in failures)
    return Refreshed(run_number, len(completed), tuple(map(notice_of, failures)), answered)


def refresh_waiting(
    oms: OmsClient, registry: RunRegistryClient, stopped: Callable[[], bool] = lambda: False
) -> list[Refreshed]:
    """One round over all that is due, shared with other workers. What only an ill service could tell is left."""
    done = []
    for run_number in list(queue.due(waiting_runs()).values_list("pk", flat=True)):
        if stopped():
            break
        if _is_of_use(run_number) and queue.lease(run_number):
            done.append(_refresh_leased(run_number, oms, registry))
    return done


def refresh_these(run_numbers: Iterable[int], oms: OmsClient, registry: RunRegistryClient) -> list[Refreshed]:
    """Now, whatever was tried before."""
    return [refresh(number, oms, registry) for number in run_numbers]


def complete(run_number: int) -> set[int]:
    """Mark what has all its facts by now; each certification once, however many do this at a time. Primary keys."""
    with transaction.atomic():  # nobody takes a fact back meanwhile
        if not OmsRun.objects.select_for_update(no_key=True).filter(pk=run_number).first():
            return set()
        run = OmsRun.objects.select_related("fill").get(pk=run_number)
        completed = _complete(run) if run.is_complete else set()
    tell_authors(run)
    return completed


def _complete(run: OmsRun) -> set[int]:
    incomplete = TrackerCertification.objects.filter(run_reconstruction__run=run, external_info_complete=False)
    return {
        certification.pk
        for certification in incomplete.select_related("run_reconstruction")
        if writer.note_complete(certification)
    }


def _refresh_leased(run_number: int, oms: OmsClient, registry: RunRegistryClient) -> Refreshed:
    """Whatever goes wrong with one run must not keep the others waiting."""
    try:
        refreshed = refresh(run_number, oms, registry)
    except OperationalError:  # the database itself: the next round tries again
        raise
    except Exception as exc:
        logger.exception("Run %s can't be refreshed", run_number)
        queue.release(run_number, answered=True, settled=False)
        return Refreshed(run_number, failures=(ServiceNotice(f"It can't be refreshed: {exc}"),))
    queue.release(run_number, answered=refreshed.answered, settled=refreshed.answered and not _waits(run_number))
    return refreshed


def _waits(run_number: int) -> bool:
    return TrackerCertification.objects.waiting().filter(run_reconstruction__run_id=run_number).exists()


def _is_of_use(run_number: int) -> bool:
    """Whether anybody whom the circuit breaker lets us ask may know more of the run."""
    oms, registry, sso = (health.is_open for health in health_of_all((names.OMS, names.RUN_REGISTRY, names.SSO)))
    return not sso and (not oms or (not registry and _unconfirmed(run_number).exists()))


def _unconfirmed(run_number: int) -> QuerySet[TrackerCertification]:
    of_run = TrackerCertification.objects.filter(run_reconstruction__run_id=run_number)
    return of_run.exclude(dataset_standing=DatasetStanding.CONFIRMED)


def _settle_datasets(run_number: int, registry: RunRegistryClient) -> set[int]:
    """Raises UpstreamError, RunRegistryDataInvalid and, where a name is wanted, RunRegistryNoAvailableDatasets."""
    if not TrackerCertification.objects.filter(run_reconstruction__run_id=run_number).exists():
        return set()
    listing = listing_of(run_number, registry)
    remember_run(run_number, list(listing.datasets))
    settled = settle_datasets(listing)
    if not listing.certifiable and _unconfirmed(run_number).filter(dataset=None).exists():
        raise RunRegistryNoAvailableDatasets(run_number)
    return settled
