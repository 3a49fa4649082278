"""`make load`: people at work while what lies below CertHelper fails; nothing acknowledged may be lost.

Starts a PostgreSQL cluster (on a small disk where it may mount one), a Redis, the simulator, gunicorn with several
processes and the worker, all its own. Prints the answers by status, the slowest page and the lines of the logs of each
phase. At the end every acknowledged write is looked for in the database and in the history. Fails where one is
missing or there twice, and where an answer is a 500.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from bench.load.ledger import ACKNOWLEDGED, REFUSED, UNKNOWN, Key
from bench.load.people import PATIENCE, Book, Figures, Person
from bench.load.servers import ROOT, CertHelper, Postgres, Redis, Services


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Fault:
    begin: Callable[[], None]
    end: Callable[[], None] = _nothing


def faults_of(postgres: Postgres, redis: Redis, services: Services) -> dict[str, Fault]:
    faults = {
        "none": Fault(_nothing),
        "redis-stopped": Fault(redis.stop, redis.start),
        "redis-emptied": Fault(redis.empty),
        "redis-hangs": Fault(redis.hang, redis.go_on),
        "postgres-stopped": Fault(postgres.stop, postgres.start),
        "postgres-restarted": Fault(postgres.restart),
        "services-hang": Fault(lambda: services.become("hang"), lambda: services.become("ok")),
    }
    if postgres.is_small:
        faults["disk-full"] = Fault(postgres.fill, postgres.make_room)
    return faults


FAULTS = (
    "none", "redis-stopped", "redis-emptied", "redis-hangs", "postgres-stopped", "postgres-restarted",
    "services-hang", "disk-full",
)  # fmt: skip


@dataclass(frozen=True)
class Phase:
    """Its figures grow until the last answer to what was asked in it."""

    label: str
    seconds: float
    figures: Figures
    log_lines: dict[str, int]

    def __str__(self) -> str:
        answers = ", ".join(f"{status}: {times}" for status, times in sorted(self.figures.answers.items()))
        seconds, page = self.figures.slowest
        slowest = f"{seconds:.1f} s {page.partition('?')[0]}"
        lines = ", ".join(f"{name} {times}" for name, times in self.log_lines.items())
        return f"{self.label:<20}{self.seconds:>8.1f}  {answers:<46}{slowest:<44}{lines}"


_OURS = {"SECRET_KEY": "only-for-the-load-run", "DEBUG": "false", "HTTPS": "false"}


def main() -> int:
    options = _options()
    directory = Path(mkdtemp(prefix="certhelper-load-"))
    directory.chmod(0o755)
    os.environ |= _OURS
    with ExitStack() as stack:
        postgres = stack.enter_context(closing(Postgres(directory)))
        redis = stack.enter_context(closing(Redis()))
        services = stack.enter_context(closing(Services(options.latency_ms)))
        environment = _environment(postgres, redis, services)
        names = _prepare(environment, options.people)
        served = CertHelper(directory, environment, options.processes, options.threads)
        stack.enter_context(closing(served))
        book = Book()
        people = _begin(names, served.url, options.think, book)
        faults = faults_of(postgres, redis, services)
        print(f"{options.people} people, logs in {directory}\n")
        phases: list[Phase] = []
        for name in options.faults:
            if name not in faults:
                print(f"{name:<20}not tried: this user may not mount a small disk")
                continue
            phases += _fail(name, faults[name], book, served, options)
        book.over.set()
        for person in people:
            person.join(PATIENCE + 10)
        wrong = _compare(book) + [f"{name} has died" for name in served.has_died()]
    return _tell(book, phases, wrong)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--think", type=float, default=1.0, metavar="SECONDS", help="Between two pages of a person.")
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=20.0, help="How long each fault lasts.")
    parser.add_argument(
        "--after", type=float, default=8.0, metavar="SECONDS", help="How long it is watched afterwards."
    )
    parser.add_argument("--latency-ms", type=int, default=50, help="Of OMS and the Run Registry.")
    parser.add_argument("--faults", nargs="+", choices=FAULTS, default=FAULTS)
    return parser.parse_args()


def _environment(postgres: Postgres, redis: Redis, services: Services) -> dict[str, str]:
    return {
        **_OURS,
        "PATH": os.environ["PATH"],
        "DATABASE_URL": postgres.url,
        "CACHE_URL": redis.url,
        "OMS_API_URL": services.oms,
        "RUN_REGISTRY_API_URL": services.registry,
        "SSO_TOKEN_URL": services.token,
        "SSO_CLIENT_ID": "certhelper",
        "SSO_CLIENT_SECRET": "load",
    }


def _prepare(environment: dict[str, str], people: int) -> list[str]:
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    os.environ.update(environment, DJANGO_SETTINGS_MODULE="certhelper.settings")
    import django

    django.setup()
    from django.contrib.auth.models import Group

    from users.models import User

    names = [f"person{number}" for number in range(people)]
    for name in names:
        User.objects.create_user(name, password=name).groups.add(Group.objects.get(name="shifter"))
    return names


def _begin(names: list[str], url: str, think: float, book: Book) -> list[Person]:
    work = _work()
    people = [Person(name, url, work[number :: len(names)], think, book) for number, name in enumerate(names)]
    for person in people:
        person.start()
    return people


def _work() -> list[Key]:
    """Those of the simulator's datasets that are the only one of their run and reconstruction."""
    from runregistry.exceptions import DatasetWithoutReconstruction
    from runregistry.names import get_reco_from_dataset
    from simulator.generator import generate

    found: Counter[Key] = Counter()
    for dataset in generate().datasets:
        try:
            found[dataset["run_number"], str(get_reco_from_dataset(dataset["name"]))] += 1
        except DatasetWithoutReconstruction:
            continue
    return [key for key, times in found.items() if times == 1]


def _fail(name: str, fault: Fault, book: Book, served: CertHelper, options: argparse.Namespace) -> Iterator[Phase]:
    yield _phase(name, fault.begin, options.seconds, book, served)
    if fault.begin is not _nothing:
        yield _phase("  afterwards", fault.end, options.after, book, served)


def _phase(label: str, change: Callable[[], None], seconds: float, book: Book, served: CertHelper) -> Phase:
    print(f"{label} …", file=sys.stderr)
    figures, before, started = book.begin_phase(), served.log_lines(), time.monotonic()
    change()
    time.sleep(seconds)
    after = served.log_lines()
    lines = {name: after[name] - before[name] for name in before}
    return Phase(label, time.monotonic() - started, figures, lines)


def _compare(book: Book) -> list[str]:
    from django.db import connection

    from certify.models import TrackerCertification
    from history.models import Action, Entry

    connection.close()  # the one of before is gone
    stored: dict[Key, list[str]] = defaultdict(list)
    of = "run_reconstruction"
    for run, reco, comment in TrackerCertification.objects.values_list(
        f"{of}__run_id", f"{of}__reconstruction", "comment"
    ):
        stored[run, reco].append(comment)
    told: Counter[str] = Counter()
    for entry in Entry.objects.iterator():
        if entry.action in (Action.CREATED, Action.ANEW):
            told[entry.state["comment"]] += 1
        elif "comment" in entry.changes:
            told[entry.changes["comment"][1]] += 1
    return book.ledger.disagreements(stored, told)


def _tell(book: Book, phases: list[Phase], wrong: list[str]) -> int:
    print(f"{'phase':<20}{'seconds':>8}  {'answers by status':<46}{'slowest':<44}log lines")
    for phase in phases:
        print(phase)
    broken = sum(phase.figures.answers["500"] for phase in phases)
    sent = ", ".join(f"{book.ledger.count(outcome)} {outcome}" for outcome in (ACKNOWLEDGED, REFUSED, UNKNOWN))
    print(f"\nwrites: {sent}")
    for said, times in book.refusals.most_common(10):
        print(f"  refused {times} times: {said}")
    wrong += [f"{broken} answers are a 500"] if broken else []
    print("\n".join(["what is wrong:", *wrong]) if wrong else "nothing acknowledged is lost, nothing is there twice")
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
