from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from simulator import demo_data
from simulator.generator import generate


class Command(BaseCommand):
    help = "Makes the demo accounts, problems, references and some weeks of certifications; asks no upstream."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="Also without DEBUG: the passwords are known to all.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DEBUG or options["force"]):
            raise CommandError(
                "The demo accounts have known passwords, so they are made only with DEBUG=true. "
                "Give --force if this server is meant to be open to everybody."
            )
        with transaction.atomic():
            demo_data.make_accounts()
            demo_data.make_words()
        world = generate()
        demo_data.remember_open_work(world)
        todo = list(demo_data.certifiable(world))
        made = 0
        for position, (row, reco, dataset) in enumerate(todo, start=1):
            with transaction.atomic():
                made += demo_data.certify(world, row, reco, dataset, share=position / len(todo))
            if position % 25 == 0 or position == len(todo):
                self.stdout.write(f"\rLoading certifications: {position} of {len(todo)}", ending="")
                self.stdout.flush()
        self.stdout.write(
            f"\nMade {made} certifications; accounts (password = user name): {', '.join(demo_data.ACCOUNTS)}"
        )
