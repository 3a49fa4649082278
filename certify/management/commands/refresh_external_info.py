from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certify.completion import refresh_these, refresh_waiting
from certify.facts import recompute_run_types
from oms.client import OmsClient
from oms.models import MAX_RUN_NUMBER, OmsRun
from oms.queue import runs_with_outdated_type
from runregistry.client import RunRegistryClient
from searches.keeping import forget_the_outlived


class Command(BaseCommand):
    help = "Ask OMS and the Run Registry for what was missing when it was certified, once. For cron."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("runs", nargs="*", type=int, help="only these, and now, whatever was tried before")

    def handle(self, *args: Any, runs: list[int], **options: Any) -> None:
        possible = [number for number in runs if 0 < number <= MAX_RUN_NUMBER]
        unknown = set(runs) - set(OmsRun.objects.filter(pk__in=possible).values_list("pk", flat=True))
        if unknown:
            raise CommandError(
                f"Nobody has opened run {min(unknown)} yet: only runs that CertHelper knows are refreshed."
            )
        forget_the_outlived()
        recompute_run_types(runs_with_outdated_type())
        oms, registry = OmsClient(), RunRegistryClient()
        done = refresh_these(runs, oms, registry) if runs else refresh_waiting(oms, registry)
        for refreshed in done:
            for failure in refreshed.failures:
                self.stderr.write(f"run {refreshed.run_number}: {failure}")
        completed = sum(refreshed.completed for refreshed in done)
        self.stdout.write(f"{len(done)} runs asked for, {completed} certifications completed.")
