"""`python -m bench.lists SIZE`: fill the database of DATABASE_URL and print how long the list takes, as JSON."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter

import django
from django.core.management import call_command

_TIMES = 7
_QUERIES: dict[str, dict[str, str]] = {
    "default": {},
    "all": {"show": "all"},
    "page 2": {"show": "all", "page": "2"},
    "runs: a range": {"runs": "300100-300120"},
    "runs: everything": {"runs": "300000-900000"},
    "runs: a list": {"runs": "300001, 300005, 300009, 300100"},
    "runs: none": {"runs": "100000"},
    "date: a month": {"date_from": "2016-03-01", "date_to": "2016-03-31"},
    "date: everything": {"date_from": "2016-01-01"},
    "date: before all": {"date_to": "2015-01-01"},
    "reco: express": {"reco": "express"},
    "reco: rereco": {"reco": "rereco"},
    "verdict: good": {"verdict": "good"},
    "verdict: bad": {"verdict": "bad"},
    "type: collisions": {"run_type": "collisions"},
    "type: cosmics": {"run_type": "cosmics"},
    "type: unknown (rare)": {"run_type": "unknown"},
    "pixel: bad": {"pixel": "bad"},
    "pixel: excluded (rare)": {"pixel": "excluded"},
    "strip: excluded (none)": {"strip": "excluded"},
    "tracking: excluded (rare)": {"tracking": "excluded"},
    "low stat: any": {"lowstat": "any"},
    "low stat: strip (rare)": {"lowstat": "strip"},
    "author": {"author": "author007"},
    "author (rare)": {"author": "author199"},
    "author (none)": {"author": "author198"},
    "reference": {"reference": "300000"},
    "reference (none)": {"reference": "300001"},
    "problem": {"problem": "strip word 5"},
    "problem (rare)": {"problem": "pixel word 19"},
    "problem (many words)": {"problem": "word"},
    "problem (none)": {"problem": "tracking word 3"},
    "dataset": {"dataset": "Era17/"},
    "dataset (many)": {"dataset": "/Dataset/"},
    "dataset (none)": {"dataset": "Era299/"},
    "standing: confirmed": {"dataset_standing": "confirmed"},
    "standing: taken (none)": {"dataset_standing": "taken"},
    "facts: incomplete": {"incomplete": "1"},
    "comment": {"comment": "lost at"},
    "comment (rare)": {"comment": "at LS 940"},
    "comment (none)": {"comment": "cooling loop"},
    "bad, by an author, in a year": {
        "verdict": "bad",
        "author": "author007",
        "date_from": "2018-01-01",
        "date_to": "2018-12-31",
    },
    "cosmics, express, low stat": {"run_type": "cosmics", "reco": "express", "lowstat": "any"},
    "incomplete and bad": {"incomplete": "1", "verdict": "bad"},
    **{
        f"sort: {sort}": {"sort": sort}
        for name in ("run", "date", "pixel", "tracking", "author")
        for sort in (name, f"-{name}")
    },
}


def main(size: int) -> dict[str, float]:
    from django.contrib.auth.models import Group
    from django.test import Client

    from bench.filling import fill
    from users.models import User

    call_command("migrate", verbosity=0)
    fill(size)
    user, _ = User.objects.get_or_create(username="bench")
    user.groups.add(Group.objects.get(name="shifter"))
    client = Client()
    client.force_login(user)
    times = {f"list, {label}": _median(lambda q=query: _page(client, q)) for label, query in _QUERIES.items()}
    for ending in ("csv", "json"):
        for label in ("all", "verdict: bad", "runs: everything", "sort: author"):
            query = _QUERIES[label]
            times[f"{ending} first rows, {label}"] = _median(lambda e=ending, q=query: _first_rows(client, e, q))
    return times


def _page(client: Client, query: dict[str, str]) -> None:  # noqa: F821
    answer = client.get("/list/", query)
    assert answer.status_code == 200, answer.content


def _first_rows(client: Client, ending: str, query: dict[str, str]) -> None:  # noqa: F821
    answer = client.get(f"/list/export.{ending}", query)
    parts = iter(answer.streaming_content)
    assert next(parts)
    assert next(parts)
    answer.close()


def _median(work: Callable[[], None]) -> float:
    """In milliseconds, after once for the caches."""
    work()
    times = []
    for _ in range(_TIMES):
        start = perf_counter()
        work()
        times.append((perf_counter() - start) * 1000)
    return median(times)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "certhelper.settings")
    django.setup()
    logging.disable(logging.CRITICAL)
    print(json.dumps(main(int(sys.argv[1]))))
