import signal
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections

from certhelper.services import ping_the_ill
from certify.completion import refresh_waiting
from certify.models import Round
from oms.client import OmsClient
from runregistry.client import RunRegistryClient


class Command(BaseCommand):
    help = "Refresh what waits for the services, again and again. Several may run at a time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interval", type=float, default=settings.WORKER_INTERVAL, help="seconds between rounds")
        parser.add_argument("--once", action="store_true", help="one round only")

    def handle(self, *args: Any, interval: float, once: bool, **options: Any) -> None:
        stop = Event()
        before = {name: signal.signal(name, lambda *_: stop.set()) for name in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._go_on(stop, 0 if once else interval)
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    def _go_on(self, stop: Event, interval: float) -> None:
        while not stop.is_set():
            try:
                self._round(stop)
            except OperationalError as exc:
                if not interval:
                    raise
                self.stderr.write(f"The database does not answer, the next round tries again: {exc}")
            if not interval:
                break
            close_old_connections()  # the database may restart meanwhile
            stop.wait(interval)

    def _round(self, stop: Event) -> None:
        ping_the_ill()
        done = refresh_waiting(OmsClient(), RunRegistryClient(), stopped=stop.is_set)
        completed = sum(refreshed.completed for refreshed in done)
        Round.objects.note(runs=len(done), completed=completed)
        if done:
            self.stdout.write(f"{len(done)} runs asked for, {completed} certifications completed.")
