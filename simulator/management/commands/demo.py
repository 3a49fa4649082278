from argparse import ArgumentParser
from threading import Event, Thread
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from certify.rounds import go_round
from simulator.demo_data import ACCOUNTS
from simulator.recorded import RecordedDataInvalid
from simulator.server import CannotListen, Simulator
from simulator.serving import OneProcess

_INTERVAL = 15  # seconds


class Command(BaseCommand):
    help = "CertHelper with simulated OMS, Run Registry and SSO, on loopback, with data to play with."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--latency-ms", type=int, default=50)
        parser.add_argument("--data", metavar="DIR", help="Recorded answers to replay beside the invented ones.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo has known passwords: run it with DEBUG=true, never on a server.")
        call_command("migrate", verbosity=0)
        call_command("load_demo", stdout=self.stdout)
        try:
            with self._simulator(options) as simulator:
                self._point_at(simulator)
                self._welcome(simulator, options["port"])
                OneProcess(options["port"], self._start_worker).run()
        except RecordedDataInvalid as exc:
            raise CommandError(str(exc)) from exc

    def _simulator(self, options: dict[str, Any]) -> Simulator:
        try:
            return Simulator(options["port"] + 1, options["latency_ms"], options["data"])
        except CannotListen:
            return Simulator(0, options["latency_ms"], options["data"])

    def _start_worker(self) -> None:
        """In life a process of its own; here it shares the memory, and so the services' health."""
        Thread(target=go_round, args=(Event(), _INTERVAL), daemon=True).start()

    def _point_at(self, simulator: Simulator) -> None:
        settings.OMS_API_URL = simulator.oms_url
        settings.RUN_REGISTRY_API_URL = simulator.run_registry_url
        settings.SSO_TOKEN_URL = simulator.token_url
        settings.SSO_CLIENT_ID, settings.SSO_CLIENT_SECRET = "certhelper", "demo"

    def _welcome(self, simulator: Simulator, port: int) -> None:
        known = ", ".join(f"{number} ({what})" for what, number in simulator.world.examples.items())
        self.stdout.write(
            f"\nCertHelper      http://127.0.0.1:{port}/\n"
            f"Accounts        {', '.join(ACCOUNTS)} (password = user name)\n"
            f"Runs to try     {known}\n"
            f"Break a service {simulator.url}/\n"
        )
        self.stdout.flush()
