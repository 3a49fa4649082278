"""A person who certifies, corrects and looks, one page after the other, whatever happens."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urljoin

import requests

from bench.load.forms import read_form
from bench.load.ledger import ACKNOWLEDGED, REFUSED, UNKNOWN, Key, Ledger

PATIENCE = 90  # seconds that somebody waits for a page
_TICKS = {"still_running", "run_exists", "dataset_waiting", "dataset_unknown"}
_VERDICT = {"pixel": "good", "strip": "good", "tracking": "good", "trackermap": "exists"}
# Typed where the page asks for it, because the services are away.
_FACTS = {"omsrun-run_type": "collisions", "omsrun-lumisections": "100", "omsrun-b_field": "3.8"}
_LOOKED_AT = ("/", "/openruns/", "/list/", "/status/", "/readyz")


@dataclass
class Figures:
    """Of one phase."""

    answers: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, status: str, seconds: float, path: str) -> None:
        with self.lock:
            self.answers[status] += 1
            self.slowest = max(self.slowest, (seconds, path))


class Book:
    """What everybody writes into: the ledger, and the figures of the phase that it is."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.figures = Figures()
        self.over = threading.Event()
        self.refusals: Counter[str] = Counter()

    def begin_phase(self) -> Figures:
        self.figures = Figures()
        return self.figures


class Person(threading.Thread):
    """`work`: the run and reconstruction of each certification that only this person makes."""

    def __init__(self, name: str, url: str, work: list[Key], think: float, book: Book) -> None:
        super().__init__(name=name, daemon=True)
        self.url, self.think, self.book = url, think, book
        self.work, self.done = work, []
        self.session = requests.Session()
        self.clicks = 0

    def run(self) -> None:
        while not self.book.over.is_set():
            self._do_something()
            self.book.over.wait(random.uniform(0.5, 1.5) * self.think)

    def _do_something(self) -> None:
        if not self.session.cookies.get("sessionid"):
            self._sign_in()
            return
        what = random.random()
        if what < 0.3:
            self._ask("GET", random.choice(_LOOKED_AT))
        elif what < 0.6 and self.done:
            run, reco = random.choice(self.done)
            self._write((run, reco), f"/list/{run}/{reco}/update/")
        elif self.work:
            run, reco = self.work[0]
            if self._write((run, reco), f"/certify/{run}/{reco}/"):
                self.done.append(self.work.pop(0))

    def _sign_in(self) -> None:
        page = self._ask("GET", "/accounts/login/")
        token = self.session.cookies.get("csrftoken")
        if page is not None and token:
            said = {"username": self.name, "password": self.name, "csrfmiddlewaretoken": token}
            self._ask("POST", "/accounts/login/", said)

    def _write(self, key: Key, path: str) -> bool:
        """Whether it was acknowledged, or was there already because an answer had been lost."""
        page = self._ask("GET", path)
        if page is None or page.status_code != 200:
            # The own certification leads to its update: what was sent last is there.
            return page is not None and page.status_code == 302 and "/update/" in page.headers["Location"]
        form = read_form(page.text, "certify-form")
        if form is None:
            return False
        self.clicks += 1
        comment = f"{self.name} {self.clicks}"
        typed = {name: value for name, value in _FACTS.items() if name in form.fields and not form.fields[name]}
        ticks = dict.fromkeys(form.unticked & _TICKS, "on")
        answer = self._ask("POST", form.action, {**form.fields, **typed, **ticks, **_VERDICT, "comment": comment})
        outcome = _outcome_of(answer)
        self.book.ledger.note(key, comment, outcome)
        if outcome == REFUSED:
            self.book.refusals[_said(answer)] += 1
        return outcome == ACKNOWLEDGED

    def _ask(self, method: str, path: str, data: dict[str, str] | None = None) -> requests.Response | None:
        figures, started = self.book.figures, time.monotonic()  # of the phase in which it was asked
        try:
            headers = {"Referer": urljoin(self.url, path)}
            answer = self.session.request(
                method, urljoin(self.url, path), data=data, headers=headers, timeout=PATIENCE, allow_redirects=False
            )
        except requests.RequestException as exc:
            answer, status = None, f"no answer ({type(exc).__name__})"
        else:
            status = str(answer.status_code)
        figures.note(status, time.monotonic() - started, f"{method} {path}")
        return answer


def _outcome_of(answer: requests.Response | None) -> str:
    if answer is None or answer.status_code >= 500:
        return UNKNOWN
    if answer.status_code != 302 or any(word in answer.headers["Location"] for word in ("login", "/update/")):
        return REFUSED
    return ACKNOWLEDGED


def _said(answer: requests.Response) -> str:
    """The first words of a refusal, for whoever reads the figures."""
    text = answer.text
    for mark in ('role="alert"', "invalid-feedback", "<h1>"):
        if mark in text:
            words = text.partition(mark)[2].partition(">")[2] if mark != "<h1>" else text.partition(mark)[2]
            return f"{answer.status_code} {' '.join(words[:300].split())[:160]}"
    return str(answer.status_code)
