"""Back, reload, second tabs: what a browser puts into a form by itself never becomes a verdict.

A restored page either shows what the server served, or acts as the version that it was restored from.
"""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from certify.models import TrackerCertification
from oms.answers import Facts
from oms.models import OmsRun, Source
from oms.services import remember_run
from oms.typed import type_in
from tests.factories import make_certification
from users.models import User

pytestmark = [pytest.mark.e2e]

CACHES = ("emptied", "kept", "kept, other cookie", "page kept alive")
every_cache = pytest.mark.parametrize("cache", CACHES)
# What a browser does on a reload does not depend on what it keeps for Back.
with_and_without_cache = pytest.mark.parametrize("cache", CACHES[:2])
# The answer to a form: without a copy of it the browser asks whether to send the form again, and shows nothing. One
# with an error's status is never kept alive.
out_of_a_cache = pytest.mark.parametrize("cache", ("kept", "page kept alive"))


@pytest.fixture
def collisions(simulator) -> int:
    return simulator.world.examples["collisions"]


class Person:
    """A shifter at a browser with one of the CACHES."""

    def __init__(self, desk: Callable, cache: str, browser) -> None:
        self.desk = desk("shifter", at=browser if cache == "page kept alive" else None)
        self.page, self.cache = self.desk.page, cache
        if cache == "emptied":
            self._disable_cache()

    def _disable_cache(self) -> None:
        session = self.page.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def back(self, path: str) -> None:
        if self.cache == "kept, other cookie":
            self.page.context.add_cookies([{"name": "other", "value": "1", "url": self.desk.url}])
        self.desk.back(path)


@pytest.fixture
def shifter(desk, cache, keeping_browser) -> Person:
    return Person(desk, cache, keeping_browser)


def certified(one, run_number: int) -> str:
    """The address of the update of what `one` certified good."""
    one.go(f"/certify/{run_number}/express/")
    one.all_good()
    one.submit()
    expect(one.page.get_by_text("is saved: good")).to_be_visible()
    return f"/list/{run_number}/express/update/"


def correct(leader, path: str, reason: str = "") -> None:
    leader.go(path)
    leader.choose("Strip", "Bad")
    leader.submit()
    expect(leader.page.get_by_text("are saved: bad")).to_be_visible()


def chosen(one, component: str) -> str:
    group = one.page.get_by_role("group", name=component, exact=True)
    return group.evaluate("each => each.querySelector('input[type=radio]:checked')?.value ?? ''")


def is_settled(one) -> None:
    """Saved, or asked which of two versions holds."""
    said = one.page.get_by_text("are saved:").or_(one.page.get_by_role("heading", name="Two versions of"))
    expect(said.first).to_be_visible()


@every_cache
def test_back_after_a_correction_does_not_revert_it(desk, shifter, collisions):
    one, leader = shifter.desk, desk("shiftleader")
    path = certified(one, collisions)
    one.go(path)
    one.page.get_by_label("Comment").fill("a second look")
    one.submit()
    expect(one.page.get_by_text("are saved: good")).to_be_visible()
    correct(leader, path)
    shifter.back(path)
    version = one.page.locator("input[name=version]").input_value()
    assert chosen(one, "Strip") == {"3": "bad", "2": "good", "1": "good"}[version]
    one.submit()
    is_settled(one)
    assert TrackerCertification.objects.get().strip == "bad"


@every_cache
def test_back_to_an_update_that_was_only_looked_at_shows_what_is_stored(desk, shifter, collisions):
    one, leader = shifter.desk, desk("shiftleader")
    path = certified(one, collisions)
    one.go(path)
    one.choose("Pixel", "Excluded")
    one.go("/status/")
    correct(leader, path)
    shifter.back(path)
    if shifter.cache != "page kept alive":
        expect(one.page.locator("input[name=version]")).to_have_value("2")
        assert (chosen(one, "Pixel"), chosen(one, "Strip")) == ("good", "bad")
    one.submit()
    is_settled(one)
    assert TrackerCertification.objects.get().strip == "bad"


@every_cache
def test_back_gives_what_was_typed_by_one_click(shifter, collisions):
    one, page = shifter.desk, shifter.page
    path = f"/certify/{collisions}/express/"
    one.go(path)
    one.choose("Pixel", "Bad")
    page.get_by_label("Comment").fill("TIB lost at LS 310")
    if shifter.cache == "page kept alive":
        expect(page.get_by_text("Draft kept")).to_be_visible()
    one.go("/status/")
    shifter.back(path)
    if shifter.cache == "page kept alive":
        expect(page.get_by_label("Comment")).to_have_value("TIB lost at LS 310")
        expect(page.locator("[data-state]")).to_contain_text("As you left it")
        return
    expect(page.get_by_text("pixel bad · “TIB lost at LS 310”")).to_be_visible()
    expect(page.get_by_label("Comment")).to_have_value("")
    assert chosen(one, "Pixel") == ""
    page.get_by_role("link", name="Go on with it").click()
    expect(page.get_by_label("Comment")).to_have_value("TIB lost at LS 310")
    assert chosen(one, "Pixel") == "bad"


@out_of_a_cache
def test_back_to_a_form_with_errors_gives_what_was_typed_since(shifter, collisions):
    one, page = shifter.desk, shifter.page
    path = f"/certify/{collisions}/express/"
    one.go(path)
    page.get_by_label("Comment").fill("before the errors")
    one.submit()
    expect(page.get_by_text("Nothing is lost")).to_be_visible()
    page.get_by_label("Comment").fill("after the errors")
    one.go("/status/")
    shifter.back(path)
    page.get_by_role("link", name="Go on with it").click()
    expect(page.get_by_label("Comment")).to_have_value("after the errors")


@every_cache
def test_the_next_reconstruction_starts_empty_at_the_same_address(shifter, collisions):
    one, page = shifter.desk, shifter.page
    path = f"/certify/{collisions}/"
    one.go(path)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Express")
    one.all_good()
    one.choose("Tracking", "Bad")
    page.get_by_label("low stat Strip").check()
    page.get_by_label("Comment").fill("of the express")
    one.submit()
    expect(page.get_by_text("is saved: bad")).to_be_visible()
    shifter.back(path)
    if shifter.cache == "page kept alive":
        one.submit()
        expect(page.get_by_text("was saved already")).to_be_visible()
        assert TrackerCertification.objects.count() == 1
        return
    expect(page.get_by_role("heading", level=1)).to_contain_text("Prompt")
    assert [chosen(one, name) for name in ("Pixel", "Strip", "Tracking", "Tracker map")] == [""] * 4
    expect(page.get_by_label("low stat Strip")).not_to_be_checked()
    expect(page.get_by_label("Comment")).to_have_value("")


@with_and_without_cache
def test_a_reloaded_page_shows_what_is_stored(desk, shifter, collisions):
    one, leader = shifter.desk, desk("shiftleader")
    path = certified(one, collisions)
    one.go(path)
    one.choose("Pixel", "Excluded")
    expect(one.page.get_by_text("Draft kept")).to_be_visible()
    correct(leader, path)
    one.page.reload()
    assert (chosen(one, "Pixel"), chosen(one, "Strip")) == ("good", "bad")
    expect(one.page.locator("input[name=version]")).to_have_value("2")


@every_cache
def test_a_second_tab_saves_and_back_in_the_first_shows_it(shifter, collisions):
    one = shifter.desk
    path = certified(one, collisions)
    one.go(path)
    one.choose("Pixel", "Excluded")
    one.go("/status/")
    correct(one.second_tab(), path)
    shifter.back(path)
    one.submit()
    is_settled(one)
    assert TrackerCertification.objects.get().strip == "bad"


@every_cache
def test_back_to_a_deletion_deletes_no_newer_version(desk, shifter, collisions):
    one, page, leader = shifter.desk, shifter.page, desk("shiftleader")
    path = certified(one, collisions)
    delete = path.replace("update", "delete")
    one.go(delete)
    page.get_by_label("Why is it deleted?").fill("wrong run")
    one.go("/status/")
    correct(leader, path)
    shifter.back(delete)
    if shifter.cache != "page kept alive":
        expect(page.get_by_label("Why is it deleted?")).to_have_value("")
    if page.locator("input[name=version]").input_value() == "1":
        page.get_by_label("Why is it deleted?").fill("wrong run")
        page.get_by_role("button", name="Move it to the bin").click()
        expect(page.get_by_text("was changed after you opened the page")).to_be_visible()
        expect(page.get_by_label("Why is it deleted?")).to_have_value("wrong run")
    assert TrackerCertification.objects.exists()


@out_of_a_cache
def test_back_to_a_conflict_chooses_what_the_server_offered(desk, shifter, collisions):
    one, page, leader = shifter.desk, shifter.page, desk("shiftleader")
    path = certified(one, collisions)
    one.go(path)
    correct(leader, path)
    page.get_by_label("Comment").fill("mine")
    one.submit()
    strip = page.get_by_role("row", name="Strip")
    stored, mine = (strip.get_by_role("radio", name=re.compile(word)) for word in ("stored", "yours"))
    expect(stored).to_be_checked()
    mine.check()
    one.go("/status/")
    shifter.back(path)
    if shifter.cache == "kept":
        expect(stored).to_be_checked()
    correct_comment(leader, path)
    page.get_by_role("button", name="Save this mix").click()
    expect(page.get_by_role("heading", name="Two versions of")).to_be_visible()
    assert TrackerCertification.objects.get().strip == "bad"


def correct_comment(leader, path: str) -> None:
    leader.go(path)
    leader.page.get_by_label("Comment").fill("once more")
    leader.submit()
    expect(leader.page.get_by_text("are saved: bad")).to_be_visible()


def oms_says(run_number: int, lumisections: int) -> None:
    remember_run(run_number, Facts({"lumisections": lumisections}), Source.OMS)


@pytest.fixture
def differing(collisions, people) -> int:
    """A certified run of which OMS says otherwise than what the shifter typed."""
    shifter = User.objects.get(username="shifter")
    make_certification(shifter, collisions, "express")
    type_in(OmsRun.objects.get(), {"lumisections": 7}, shifter, uuid4())
    oms_says(collisions, 8)
    return collisions


@every_cache
def test_back_to_differences_decides_nothing_that_was_not_seen(shifter, differing):
    one, page = shifter.desk, shifter.page
    path = f"/list/{differing}/differences/"
    one.go(path)
    page.get_by_label("Take OMS's").check()
    one.go("/status/")
    oms_says(differing, 9)
    shifter.back(path)
    if shifter.cache != "page kept alive":
        expect(page.get_by_label("Take OMS's")).not_to_be_checked()
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Nothing was chosen").or_(page.get_by_text("something else")).first).to_be_visible()
    assert OmsRun.objects.get().lumisections == 7
