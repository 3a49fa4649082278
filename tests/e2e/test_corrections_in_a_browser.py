"""Conflicts, drafts, the bin and undo, as people meet them. Each with the Run Registry well and down."""

import re

import pytest
from playwright.sync_api import expect

from certify.models import Draft, TrackerCertification

pytestmark = [pytest.mark.e2e]


@pytest.fixture
def collisions(simulator) -> int:
    return simulator.world.examples["collisions"]


@pytest.fixture
def registry(request, simulator) -> str:
    if request.param == "down":
        simulator.faults.set("runregistry", "down")
    return request.param


registry_well_and_down = pytest.mark.parametrize("registry", ["well", "down"], indirect=True)


def certify(one, run_number: int) -> None:
    one.go(f"/certify/{run_number}/express/")
    one.all_good()
    one.page.get_by_label("Comment").fill("first text")
    one.submit()
    expect(one.page.get_by_text("is saved: good")).to_be_visible()


@registry_well_and_down
def test_a_conflict_is_resolved_by_mixing(desk, registry, collisions):
    shifter, leader = desk("shifter"), desk("shiftleader")
    certify(shifter, collisions)
    url = f"/list/{collisions}/express/update/"
    for one in (shifter, leader):
        one.go(url)
    leader.choose("Strip", "Bad")
    leader.page.get_by_label("Comment").fill("by the leader")
    leader.submit()
    expect(leader.page.get_by_text("are saved: bad")).to_be_visible()
    shifter.choose("Pixel", "Excluded")
    shifter.page.get_by_label("Comment").fill("by the shifter")
    shifter.submit()
    page = shifter.page
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Two versions of {collisions} express")
    shifter.is_accessible()
    expect(page.get_by_role("row", name="Strip").get_by_role("radio", name=re.compile("stored"))).to_be_checked()
    page.get_by_role("row", name="Comment").get_by_role("radio", name=re.compile("stored")).check()
    page.get_by_role("button", name="Save this mix").click()
    expect(page.get_by_text("are saved: bad")).to_be_visible()
    saved = TrackerCertification.objects.get()
    assert (saved.pixel, saved.strip, saved.comment) == ("excluded", "bad", "by the leader")
    shifter.go(f"/list/{collisions}/express/")
    expect(page.get_by_role("listitem").filter(has_text="by shiftleader")).to_contain_text("first text")
    shifter.is_accessible()


@registry_well_and_down
def test_a_draft_survives_a_killed_browser(desk, registry, collisions):
    shifter = desk("shifter")
    shifter.go(f"/certify/{collisions}/express/")
    shifter.choose("Pixel", "Bad")
    shifter.page.get_by_label("Comment").fill("TIB lost at LS 310")
    expect(shifter.page.get_by_text("Draft kept")).to_be_visible()
    shifter.kill()
    again = desk("shifter")
    page = again.page
    again.go(f"/certify/{collisions}/express/")
    expect(page.get_by_text("pixel bad · “TIB lost at LS 310”")).to_be_visible()
    again.is_accessible()
    page.get_by_role("link", name="Go on with it").click()
    expect(page.get_by_label("Comment")).to_have_value("TIB lost at LS 310")
    expect(page.get_by_role("group", name="Pixel", exact=True).get_by_role("radio", name="Bad")).to_be_checked()
    again.is_accessible()
    again.all_good()
    again.submit()
    expect(page.get_by_text("is saved: good")).to_be_visible()
    assert TrackerCertification.objects.get().comment == "TIB lost at LS 310"
    assert not Draft.objects.exists()


def test_a_draft_is_thrown_away_and_closing_the_page_loses_nothing(desk, collisions):
    shifter = desk("shifter")
    page = shifter.page
    shifter.go(f"/certify/{collisions}/express/")
    page.get_by_label("Comment").fill("typed a moment before")
    shifter.go("/")
    shifter.go(f"/certify/{collisions}/express/")
    expect(page.get_by_text("typed a moment before")).to_be_visible()
    page.get_by_role("button", name="Throw it away").click()
    expect(page.get_by_text("The draft is thrown away.")).to_be_visible()
    expect(page.get_by_text("typed a moment before")).to_be_hidden()


@registry_well_and_down
def test_delete_restore_and_undo(desk, registry, collisions):
    shifter = desk("shifter")
    page = shifter.page
    certify(shifter, collisions)
    shifter.go(f"/list/{collisions}/express/")
    page.get_by_role("link", name="Delete").click()
    shifter.is_accessible()
    page.get_by_label("Why is it deleted?").fill("wrong run")
    page.get_by_role("button", name="Move it to the bin").click()
    expect(page.get_by_text(f"{collisions} express is in the bin.")).to_be_visible()
    shifter.is_accessible()
    shifter.go("/list/bin/")
    shifter.is_accessible()
    page.get_by_role("button", name=re.compile("Restore")).click()
    expect(page.get_by_text("is restored.")).to_be_visible()
    assert TrackerCertification.objects.exists()
    page.get_by_role("link", name="Delete").click()
    page.get_by_label("Why is it deleted?").fill("wrong run after all")
    page.get_by_role("button", name="Move it to the bin").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("is as it was before.")).to_be_visible()
    assert TrackerCertification.objects.get().comment == "first text"
    shifter.go(f"/list/{collisions}/express/update/")
    shifter.choose("Strip", "Bad")
    shifter.submit()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("is as it was before.")).to_be_visible()
    assert TrackerCertification.objects.get().strip == "good"


@registry_well_and_down
def test_certifying_after_a_delete_starts_anew_or_restores(desk, registry, collisions):
    shifter = desk("shifter")
    page = shifter.page
    certify(shifter, collisions)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("is not certified; what you saved is in the bin.")).to_be_visible()
    shifter.go(f"/certify/{collisions}/express/")
    expect(page.get_by_text("Submitting below starts anew.")).to_be_visible()
    shifter.is_accessible()
    page.get_by_role("button", name="Restore it instead").click()
    expect(page.get_by_text("is restored.")).to_be_visible()
    assert TrackerCertification.objects.get().comment == "first text"


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_the_pages_are_readable_wide_and_narrow_light_and_dark(desk, collisions, width, color_scheme):
    shifter = desk("shifter", viewport={"width": width, "height": 900}, color_scheme=color_scheme)
    certify(shifter, collisions)
    shifter.go(f"/list/{collisions}/express/update/")
    shifter.choose("Strip", "Bad")
    shifter.submit()
    shifter.page.goto(f"{shifter.url}/list/{collisions}/express/delete/")
    shifter.page.get_by_label("Why is it deleted?").fill("wrong run")
    shifter.page.get_by_role("button", name="Move it to the bin").click()
    for path in ("/list/bin/", f"/list/{collisions}/express/", f"/certify/{collisions}/express/"):
        shifter.go(path)
        shifter.is_accessible()
        assert shifter.page.evaluate("document.documentElement.scrollWidth") <= width, path
