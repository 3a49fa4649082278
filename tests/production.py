"""CertHelper as README.md runs it: gunicorn with the options that stand there, and its limits of what it reads."""

import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests
from django.conf import settings
from django.db import connection

from simulator.server import Simulator
from tests.users.doors import hidden_in

_ROOT = Path(__file__).parent.parent
_HEAD_OF_AN_ANSWER = 4096  # bytes, that nginx reads at once


@contextmanager
def gunicorn(simulator: Simulator) -> Iterator[str]:
    """Its address. It shares the database of the test, and asks the simulator."""
    with socket.create_server(("127.0.0.1", 0)) as listening, tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *_options_of_the_readme(), *_ours(listening)],
            cwd=_ROOT,
            env=_environment(simulator),
            pass_fds=[listening.fileno()],
            stderr=said,
        )
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            requests.get(f"{url}/healthz", timeout=60).raise_for_status()
            yield url
        finally:
            process.terminate()
            process.wait(30)
        said.seek(0)
        assert "Traceback" not in said.read()


def _ours(listening: socket.socket) -> list[str]:
    return ["--bind", f"fd://{listening.fileno()}", "--no-control-socket", "--log-level", "warning"]


def _options_of_the_readme() -> list[str]:
    return re.search(r"`gunicorn (certhelper\.wsgi:application .*?)`", (_ROOT / "README.md").read_text())[1].split()


def _environment(simulator: Simulator) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": settings.SECRET_KEY,
        "HTTPS": "false",
        "DATABASE_URL": _database(),
        "OMS_API_URL": simulator.oms_url,
        "RUN_REGISTRY_API_URL": simulator.run_registry_url,
        "SSO_TOKEN_URL": simulator.token_url,
        "SSO_CLIENT_ID": "certhelper",
        "SSO_CLIENT_SECRET": "not-so-secret",
    }


def _database() -> str:
    said = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{said['NAME']}"
    return f"postgres://{said['USER']}:{said['PASSWORD']}@{said['HOST']}:{said['PORT'] or 5432}/{said['NAME']}"


class Visitor:
    """A person at a browser without JavaScript. Every answer is looked at: no bare page of a server's own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.page: requests.Response | None = None

    def open(self, path: str) -> requests.Response:
        return self._look_at(self.session.get(urljoin(self._here, path), timeout=60))

    def send(self, path: str, /, **typed: str) -> requests.Response:
        """The form of the page that is sent to this path, with what was typed into it."""
        form = next(part for part in self.page.text.split("<form ")[1:] if f'action="{path}"' in part.split(">")[0])
        sent = {**hidden_in(form.split("</form>")[0]), **typed}
        headers = {"Origin": self.url, "Referer": self._here}
        return self._look_at(self.session.post(self.url + path, data=sent, headers=headers, timeout=60))

    def follow(self, words: str) -> requests.Response:
        """A link of the page, by what it says."""
        links = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', self.page.text, re.DOTALL)
        url = next(url for url, said in links if words in re.sub(r"<[^>]*>", "", said))
        return self.open(url.replace("&amp;", "&"))

    def sign_in(self, name: str) -> requests.Response:
        return self.send("/accounts/login/", username=name, password=name)

    @property
    def _here(self) -> str:
        return self.page.url if self.page else self.url

    @property
    def path(self) -> str:
        return urlsplit(self._here).path

    def _look_at(self, answer: requests.Response) -> requests.Response:
        for each in (*answer.history, answer):
            assert each.headers.get("Content-Security-Policy"), (each.status_code, each.text[:200])
            head = sum(len(name) + len(value) + 4 for name, value in each.headers.items())
            assert head < _HEAD_OF_AN_ANSWER, each.headers
        if answer.headers["Content-Type"].startswith("text/html"):
            self.page = answer
        return answer
