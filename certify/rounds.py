"""The worker's loop: one round after the other over all that waits for the services."""

from __future__ import annotations

import logging
from threading import Event

from django.db import InterfaceError, OperationalError, close_old_connections

from certhelper.services import ping_the_ill
from certify.completion import refresh_waiting
from certify.facts import recompute_run_types
from certify.models import Round
from oms.client import OmsClient
from oms.queue import runs_with_outdated_type
from runregistry.client import RunRegistryClient
from searches.keeping import forget_the_outlived

logger = logging.getLogger(__name__)


def one_round(stop: Event, is_first: bool = True) -> Round:
    """Find out who is back, refresh what is due, and leave word of it. `stop` ends it after the run at hand.

    The first of a process takes over what an upgrade has changed of the rule for run types.
    """
    if is_first:
        recompute_run_types(runs_with_outdated_type())
    ping_the_ill()
    forget_the_outlived()
    done = refresh_waiting(OmsClient(), RunRegistryClient(), stopped=stop.is_set)
    return Round.objects.note(runs=len(done), completed=sum(refreshed.completed for refreshed in done))


def go_round(stop: Event, interval: float) -> None:
    """Until `stop` is set, with `interval` seconds between two rounds."""
    is_first = True
    while not stop.is_set():
        try:
            told = one_round(stop, is_first)
        except (OperationalError, InterfaceError) as exc:
            logger.warning("The database does not answer, the next round tries again: %s", exc)
        except Exception:
            logger.exception("This round came to nothing, the next one tries again")
        else:
            is_first = False
            if told.runs:
                logger.info("%s", told)
        close_old_connections()  # the database may restart meanwhile
        stop.wait(interval)
