import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from simulator.recorded import RecordedDataInvalid
from simulator.server import CannotListen, Simulator


class Command(BaseCommand):
    help = "Serves OMS, the Run Registry and the SSO's tokens on this machine, with a page to make them fail."
    # It uses neither the database nor the rest of the application, so it need not wait for their checks.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--latency-ms", type=int, default=0, help="How long OMS and the Run Registry take.")
        parser.add_argument("--data", metavar="DIR", help="Recorded answers to replay in place of the invented ones.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            simulator = Simulator(options["port"], options["latency_ms"], options["data"])
        except (CannotListen, RecordedDataInvalid) as exc:
            raise CommandError(str(exc)) from exc
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: simulator.request_stop())
        self.stdout.write(
            f"OMS {simulator.oms_url}  Run Registry {simulator.run_registry_url}  SSO {simulator.token_url}  "
            f"control page {simulator.url}/"
        )
        self.stdout.flush()
        simulator.serve_forever()
