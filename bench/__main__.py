"""`make bench`: is the list with a million certifications as fast as with a thousand?

Makes two scratch databases beside that of DATABASE_URL (PostgreSQL), fills and measures each in a process of its own,
prints both times and their ratio, and drops the databases again (`--keep` leaves them).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench import DEFAULT_URL

SIZES = {"small": 1_000, "large": 1_000_000}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="Leave the filled databases for another run.")
    parser.add_argument("--large", type=int, default=SIZES["large"], help="How many certifications the large one has.")
    options = parser.parse_args()
    url = os.environ.get("DATABASE_URL", DEFAULT_URL)
    sizes = {**SIZES, "large": options.large}
    measured = {name: _measure(url, f"certhelper_bench_{name}", size, options.keep) for name, size in sizes.items()}
    _print(measured["small"], measured["large"], sizes)
    return 0


def _measure(url: str, database: str, size: int, keep: bool) -> dict[str, float]:
    """Label → milliseconds."""
    with psycopg.connect(url.replace("postgres://", "postgresql://"), autocommit=True) as server:
        found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if not found:
            server.execute(f'CREATE DATABASE "{database}"')
        environment = {**os.environ, "DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{database}"))}
        environment |= {"SECRET_KEY": "only-for-the-benchmark", "HTTPS": "false", "ALLOWED_HOSTS": "testserver"}
        command = [sys.executable, "-m", "bench.lists", str(size)]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
        if not keep:
            server.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
    return json.loads(done.stdout.splitlines()[-1])


def _print(small: dict[str, float], large: dict[str, float], sizes: dict[str, int]) -> None:
    print(f"\n{'median of 7, in ms':<44}{sizes['small']:>12,}{sizes['large']:>12,}{'ratio':>8}")
    for label, milliseconds in large.items():
        print(f"{label:<44}{small[label]:>12.1f}{milliseconds:>12.1f}{milliseconds / small[label]:>8.2f}")
    worst = max(large, key=lambda label: large[label] / small[label])
    print(f"\nworst ratio {large[worst] / small[worst]:.2f}: {worst}")


if __name__ == "__main__":
    raise SystemExit(main())
