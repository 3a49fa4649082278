"""A window that the browser brings back after it was closed, or was killed, never reverts what was stored meanwhile.

A discarded tab is loaded again by the same part of Chromium. It can't be tried itself: without a screen Chromium
refuses to discard a tab that was typed into or seen lately, on chrome://discards too.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from certify.models import TrackerCertification
from tests.e2e.conftest import Desk

pytestmark = [pytest.mark.e2e]


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end, f"not within 30 s: {what}"
        time.sleep(0.05)


class OwnChromium:
    """A browser with a profile that outlives it, as on a desk."""

    def __init__(self, playwright: Playwright, profile: Path, arguments: list[str]) -> None:
        self.playwright, self.profile = playwright, profile
        self.arguments = [*arguments, "--headless=new", "--no-first-run", "--password-store=basic"]
        self.process: subprocess.Popen | None = None

    def start(self, *more: str) -> None:
        told = self.profile / "DevToolsActivePort"
        told.unlink(missing_ok=True)
        where = ["--remote-debugging-port=0", f"--user-data-dir={self.profile}"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen([shutil.which("chromium"), *self.arguments, *where, *more], **quiet)
        wait_until(lambda: told.exists() and len(told.read_text().split()) > 1, "Chromium answers")
        port = told.read_text().split()[0]
        self.browser = self.playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")

    @property
    def pages(self) -> list[Page]:
        return self.browser.contexts[0].pages

    def close(self) -> None:
        self.browser.new_browser_cdp_session().send("Browser.close")
        self.process.wait()

    def kill(self) -> None:
        """As by the system: nothing is told, and nothing more is written."""
        self.process.kill()
        self.process.wait()

    def restore(self, path: str) -> Page:
        """With the pages of last time, as by the button "Restore" that a killed one shows."""
        preferences = self.profile / "Default" / "Preferences"
        said = json.loads(preferences.read_text())
        said["profile"] |= {"exit_type": "Normal", "exited_cleanly": True}
        preferences.write_text(json.dumps(said))
        self.start("--restore-last-session")
        wait_until(lambda: any(path in page.url for page in self.pages), "the page is restored")
        return next(page for page in self.pages if path in page.url)

    def remembers(self, path: str) -> bool:
        return any(path.encode() in file.read_bytes() for file in self._sessions.iterdir())

    def empty_cache(self) -> None:
        for name in ("Cache", "Code Cache"):
            shutil.rmtree(self.profile / "Default" / name, ignore_errors=True)

    @property
    def _sessions(self) -> Path:
        return self.profile / "Default" / "Sessions"


@pytest.fixture
def collisions(simulator) -> int:
    return simulator.world.examples["collisions"]


@pytest.fixture
def chromium(playwright, tmp_path, browser_type_launch_args) -> Iterator[OwnChromium]:
    own = OwnChromium(playwright, tmp_path, browser_type_launch_args["args"])
    own.start("about:blank")
    yield own
    own.kill()


def chosen(one: Desk, component: str) -> str:
    group = one.page.get_by_role("group", name=component, exact=True)
    return group.evaluate("each => each.querySelector('input[type=radio]:checked')?.value ?? ''")


def correct(leader: Desk, path: str) -> None:
    leader.go(path)
    leader.choose("Strip", "Bad")
    leader.submit()
    expect(leader.page.get_by_text("are saved: bad")).to_be_visible()


def is_settled(one: Desk) -> None:
    said = one.page.get_by_text("are saved:").or_(one.page.get_by_role("heading", name="Two versions of"))
    expect(said.first).to_be_visible()


def leave(chromium: OwnChromium, ending: str, cache: str, path: str) -> None:
    wait_until(lambda: chromium.remembers(path), "the session of the browser is written down")
    chromium.close() if ending == "closed" else chromium.kill()
    if cache == "emptied":
        chromium.empty_cache()


@pytest.mark.parametrize("ending, cache", [("closed", "emptied"), ("killed", "emptied"), ("killed", "kept")])
@pytest.mark.parametrize("touched", [True, False])
def test_a_restored_window_does_not_revert_a_correction(desk, chromium, url, collisions, ending, cache, touched):
    one = Desk(chromium.pages[0], url).sign_in("shifter")
    one.go(f"/certify/{collisions}/express/")
    one.all_good()
    one.submit()
    expect(one.page.get_by_text("is saved: good")).to_be_visible()
    chromium.close()  # the sign-in is written down
    chromium.start("about:blank")
    path = f"/list/{collisions}/express/update/"
    one = Desk(chromium.pages[0], url)
    one.go(path)
    if touched:
        one.choose("Pixel", "Excluded")
        expect(one.page.get_by_text("Draft kept")).to_be_visible()
    leave(chromium, ending, cache, path)
    correct(desk("shiftleader"), path)

    restored = Desk(chromium.restore(path), url)
    wait_until(restored.has_arrived, "the page is there")
    how = restored.page.evaluate("performance.getEntriesByType('navigation')[0].type")
    # One that comes out of the cache has loaded itself anew.
    assert how == ("back_forward" if cache == "emptied" else "navigate")
    version = restored.page.locator("input[name=version]").input_value()
    assert chosen(restored, "Strip") == {"1": "good", "2": "bad"}[version]
    assert chosen(restored, "Pixel") == "good"
    restored.submit()
    is_settled(restored)
    assert TrackerCertification.objects.get().strip == "bad"
    assert not one.complaints + restored.complaints
