"""What CertHelper stands on, each a process of our own that we may stop, hang and fill; nothing of the machine's."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from glob import glob
from pathlib import Path

import psycopg
import requests

ROOT = Path(__file__).resolve().parent.parent.parent
_HOST = "127.0.0.1"
_LITTLE = 160  # MB: room for the cluster and some minutes of work, soon filled


def free_port() -> int:
    with socket.create_server((_HOST, 0)) as listening:
        return listening.getsockname()[1]


def _until(is_so: Callable[[], bool], what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"Not within {seconds:.0f} s: {what}.")
        time.sleep(0.1)


class Postgres:
    """A cluster on a small disk of its own where this user may mount one."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "postgres"
        self.directory.mkdir()
        self.port = free_port()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={_LITTLE}m", "tmpfs", str(self.directory)]
        self.is_small = os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
        self._programs = Path(sorted(glob("/usr/lib/postgresql/*/bin"))[-1])
        if os.geteuid() == 0:
            shutil.chown(self.directory, "postgres", "postgres")
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "--wal-segsize=1")
        with open(Path(self._data) / "postgresql.conf", "a") as settings:
            settings.write(
                f"port={self.port}\nunix_socket_directories=''\nmin_wal_size=4MB\nmax_wal_size=16MB\nfsync=on\n"
            )
        self.start()
        with psycopg.connect(f"{self._server}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE certhelper")

    @property
    def url(self) -> str:
        return f"postgres://postgres@{_HOST}:{self.port}/certhelper"

    @property
    def _server(self) -> str:
        return f"postgresql://postgres@{_HOST}:{self.port}"

    @property
    def _data(self) -> str:
        return str(self.directory / "data")

    def start(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-l", str(self.directory / "log"), "-w", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def restart(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-l", str(self.directory / "log"), "-m", "fast", "-w", "restart")

    def fill(self) -> None:
        with open(self.directory / "filler", "wb") as filler:
            try:
                while True:
                    filler.write(bytes(64 * 1024))
                    filler.flush()
            except OSError:
                return  # full, as wanted

    def make_room(self) -> None:
        """It may have gone down meanwhile: without room for its log it does."""
        (self.directory / "filler").unlink(missing_ok=True)
        if self._run("pg_ctl", "-D", self._data, "status", check=False):
            self.start()

    def close(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop", check=False)
        if self.is_small:
            subprocess.run(["umount", str(self.directory)], check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _run(self, program: str, *args: str, check: bool = True) -> int:
        command = [str(self._programs / program), *args]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
        return subprocess.run(command, check=check, **quiet).returncode


class Redis:
    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"rediscache://{_HOST}:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", _HOST, "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd="/tmp")
        _until(self._listens, "Redis listens")

    def _listens(self) -> bool:
        with socket.socket() as asking:
            return asking.connect_ex((_HOST, self.port)) == 0

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def empty(self) -> None:
        with socket.create_connection((_HOST, self.port), timeout=5) as asking:
            asking.sendall(b"FLUSHALL\r\n")
            asking.recv(100)

    def hang(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    close = stop


class Services:
    """OMS, the Run Registry and the SSO."""

    def __init__(self, latency_ms: int) -> None:
        command = [sys.executable, "manage.py", "simulator", "--port", "0", "--latency-ms", str(latency_ms)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.oms, self.registry, self.token, self._page = re.findall(r"http://\S+", self._process.stdout.readline())

    def become(self, mode: str) -> None:
        for target in ("oms", "runregistry"):
            requests.post(f"{self._page}control", data={"target": target, "mode": mode}, timeout=10).raise_for_status()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


class CertHelper:
    """Gunicorn with several processes, and the worker, each with a log of its own."""

    def __init__(self, directory: Path, environment: dict[str, str], processes: int, threads: int) -> None:
        self.logs = {name: directory / f"{name}.log" for name in ("gunicorn", "worker")}
        port = free_port()
        self.url = f"http://{_HOST}:{port}"
        options = ["--workers", str(processes), "--threads", str(threads), "--timeout", "60"]
        gunicorn = ["gunicorn", "certhelper.wsgi:application", *options, "--bind", f"{_HOST}:{port}"]
        commands = {
            "gunicorn": [sys.executable, "-m", *gunicorn, "--no-control-socket"],
            "worker": [sys.executable, "manage.py", "worker", "--interval", "10"],
        }
        self.processes: dict[str, subprocess.Popen] = {}
        for name, command in commands.items():
            with self.logs[name].open("wb") as log:
                self.processes[name] = subprocess.Popen(command, stderr=log, cwd=ROOT, env=environment)
        _until(self._answers, "CertHelper answers")

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    def log_lines(self) -> dict[str, int]:
        return {name: path.read_bytes().count(b"\n") for name, path in self.logs.items()}

    def has_died(self) -> list[str]:
        return [name for name, process in self.processes.items() if process.poll() is not None]

    def close(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(60)
