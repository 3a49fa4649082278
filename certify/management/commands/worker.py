import signal
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from certify.rounds import go_round, one_round


class Command(BaseCommand):
    help = "Refresh what waits for the services, again and again. Several may run at a time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interval", type=float, default=settings.WORKER_INTERVAL, help="seconds between rounds")
        parser.add_argument("--once", action="store_true", help="one round only")

    def handle(self, *args: Any, interval: float, once: bool, **options: Any) -> None:
        stop = Event()
        before = {name: signal.signal(name, lambda *_: stop.set()) for name in (signal.SIGTERM, signal.SIGINT)}
        try:
            if once:
                self.stdout.write(str(one_round(stop)))
            else:
                go_round(stop, interval)
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)
