"""A real browser against a live server and the simulator. Every console error and every foreign request fails."""

import os
import shutil
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, Error, Page

from simulator.server import Simulator
from simulator.serving import OneProcess
from tests.e2e.serving import served
from tests.factories import make_user
from users import roles

# Playwright's own loop makes Django believe that it runs in an async context.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

_HAS_ARRIVED = """() => {
  const loadsAnew = document.getElementById("certify-form");
  const [arrival] = performance.getEntriesByType("navigation");
  const isOld = loadsAnew && arrival.type === "back_forward" && !arrival.transferSize;
  return document.readyState === "complete" && !isOld;
}"""

# The browser says on its console that a page had status 4xx or 5xx; these are pages of ours, meant to be seen.
_NO_ERROR = ("Failed to load resource: the server responded with a status of",)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    return {"executable_path": shutil.which("chromium"), "args": arguments}


@pytest.fixture(scope="session")
def keeping_browser(browser_type, browser_type_launch_args) -> Iterator[Browser]:
    """One that keeps the pages it leaves alive, as people's do; Playwright switches that off by itself."""
    kept_alive = ["--disable-back-forward-cache"]
    browser = browser_type.launch(**browser_type_launch_args, ignore_default_args=kept_alive)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def simulated() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def simulator(simulated, monkeypatch) -> Iterator[Simulator]:
    simulated.reset()
    monkeypatch.setattr(settings, "OMS_API_URL", simulated.oms_url)
    monkeypatch.setattr(settings, "RUN_REGISTRY_API_URL", simulated.run_registry_url)
    monkeypatch.setattr(settings, "SSO_TOKEN_URL", simulated.token_url)
    yield simulated
    simulated.reset()


@pytest.fixture
def people(transactional_db) -> None:
    for name, role in (("shifter", roles.SHIFTER), ("shifter2", roles.SHIFTER), ("shiftleader", roles.SHIFT_LEADER)):
        make_user(name, role)


class Desk:
    """One person at one browser."""

    def __init__(self, page: Page, url: str, complaints: list[str] | None = None) -> None:
        self.page = page
        self.url = url
        self.complaints = [] if complaints is None else complaints
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._watch)

    def _listen(self, message) -> None:
        if message.type == "error" and not message.text.startswith(_NO_ERROR):
            self.complaints.append(message.text)

    def _watch(self, request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.url).netloc and not request.url.startswith("data:"):
            self.complaints.append(f"request to {request.url}")

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def sign_in(self, name: str) -> "Desk":
        self.go("/accounts/login/")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(name)
        self.page.get_by_role("main").get_by_role("button", name="Sign in").click()
        self.page.get_by_role("button", name="Sign out").wait_for()
        return self

    def second_tab(self) -> "Desk":
        """Of the same browser."""
        return Desk(self.page.context.new_page(), self.url, self.complaints)

    def back(self, path: str) -> None:
        """The button of the browser. A page kept alive never loads; one out of the cache may load itself anew."""
        self.page.evaluate("setTimeout(() => history.back())")
        self.page.wait_for_url(lambda url: urlsplit(url).path == path, wait_until="commit")
        end = time.monotonic() + 10
        while not self.has_arrived() and time.monotonic() < end:
            self.page.wait_for_timeout(20)

    def has_arrived(self) -> bool:
        try:
            return self.page.evaluate(_HAS_ARRIVED)
        except Error:  # between two pages
            return False

    def kill(self) -> None:
        """As when the browser crashes: no page is told that it is left."""
        self.page.context.close()

    def choose(self, component: str, verdict: str) -> None:
        self.page.get_by_role("group", name=component, exact=True).get_by_role("radio", name=verdict).check()

    def all_good(self) -> None:
        for component in ("Pixel", "Strip", "Tracking"):
            self.choose(component, "Good")
        self.choose("Tracker map", "Exists")

    def submit(self) -> None:
        self.page.locator(".submit-bar").get_by_role("button").click()

    def is_accessible(self) -> None:
        """axe-core finds nothing serious."""
        found = Axe().run(self.page).response["violations"]
        serious = [f"{v['id']}: {v['nodes'][0]['html']}" for v in found if v["impact"] in ("serious", "critical")]
        assert not serious, serious


@pytest.fixture(scope="session")
def behind_gunicorn(django_db_setup, django_db_blocker) -> Iterator[str]:
    """The address."""
    with django_db_blocker.unblock(), served(OneProcess(0, loglevel="warning")) as url:
        yield url


@pytest.fixture
def url(behind_gunicorn, transactional_db) -> str:
    """Of CertHelper on the database of the test, which other threads see."""
    return behind_gunicorn


@pytest.fixture
def desk(url, simulator, people, new_context) -> Iterator:
    """`desk("shifter")`: that person, signed in; `desk("shifter", color_scheme="dark")` gives the context options.

    `at`: another browser than the usual one.
    """
    desks: list[Desk] = []

    def sit_down(name: str, at: Browser | None = None, **options) -> Desk:
        context = at.new_context(**options) if at else new_context(**options)
        desks.append(Desk(context.new_page(), url))
        return desks[-1].sign_in(name)

    yield sit_down
    assert not [complaint for desk in desks for complaint in desk.complaints]
