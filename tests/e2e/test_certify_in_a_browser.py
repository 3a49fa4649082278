import re

import pytest
from playwright.sync_api import expect

from certify.models import TrackerCertification

pytestmark = [pytest.mark.e2e]


@pytest.fixture
def collisions(simulator) -> int:
    return simulator.world.examples["collisions"]


def test_certify_a_complete_run_from_its_number_alone(desk, collisions):
    shifter = desk("shifter")
    page = shifter.page
    shifter.go("/openruns/")
    shifter.is_accessible()
    page.get_by_label("Run number").fill(f" {collisions} ")
    page.get_by_role("button", name="Certify").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{collisions} Express")
    expect(page.get_by_text("facts complete")).to_be_visible()
    shifter.is_accessible()
    shifter.all_good()
    shifter.submit()
    expect(page.get_by_text("is saved: good")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(str(collisions)))).to_contain_text("Good")
    shifter.is_accessible()
    page.get_by_role("link", name=f"Certify the next dataset of {collisions}").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{collisions} Prompt")
    shifter.go(f"/list/{collisions}/express/")
    shifter.is_accessible()


def test_keys_choose_and_ctrl_enter_submits(desk, collisions):
    shifter = desk("shifter")
    page = shifter.page
    shifter.go(f"/certify/{collisions}/express/")
    expect(page.get_by_text("Pixel problems")).to_be_hidden()
    page.keyboard.press("2")
    expect(page.get_by_text("Pixel problems")).to_be_visible()
    expect(page.get_by_label("Bad reason")).to_be_visible()
    page.keyboard.press("4")
    page.keyboard.press("7")
    shifter.choose("Tracker map", "Exists")
    page.get_by_label("Comment").fill("5 typed here chooses nothing")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("is saved: bad")).to_be_visible()
    saved = TrackerCertification.objects.get()
    assert (saved.pixel, saved.strip, saved.tracking) == ("bad", "good", "good")


@pytest.mark.parametrize("oms", ["down", "login_page"])
def test_certify_with_manual_facts_while_both_services_are_ill(desk, simulator, collisions, oms):
    simulator.faults.set("oms", oms)
    simulator.faults.set("runregistry", "down")
    shifter = desk("shifter")
    page = shifter.page
    shifter.go(f"/certify/{collisions}/")
    shifter.is_accessible()
    page.get_by_role("link", name="Prompt", exact=True).click()
    expect(page.get_by_text("OMS").first).to_be_visible()
    shifter.is_accessible()
    shifter.all_good()
    page.get_by_label("Run type").select_option("collisions")
    page.get_by_label("Lumisections").fill("1213")
    page.get_by_label("Fill number").fill("11999")
    page.get_by_label("Peak luminosity", exact=True).fill("1.95")
    page.get_by_label("Unit of peak luminosity").select_option("10³⁴ cm⁻²s⁻¹")
    shifter.submit()
    expect(page.get_by_text("is saved: good")).to_be_visible()
    run = TrackerCertification.objects.get().run_reconstruction.run
    assert (run.lumisections, run.fill.peak_lumi, run.fill.peak_lumi_unit) == (1213, 1.95, "10^{34}cm^{-2}s^{-1}")


def test_certify_while_the_sso_answers_its_login_page(desk, simulator, collisions):
    simulator.faults.set("sso", "login_page")
    shifter = desk("shifter")
    shifter.go(f"/certify/{collisions}/express/")
    expect(shifter.page.get_by_text("SSO").first).to_be_visible()
    shifter.all_good()
    shifter.page.get_by_label("Run type").select_option("cosmics")
    shifter.submit()
    expect(shifter.page.get_by_text("is saved: good")).to_be_visible()


def test_an_invalid_form_keeps_its_input_and_leads_to_the_fields(desk, simulator, collisions):
    simulator.faults.set("oms", "error_html")
    shifter = desk("shifter")
    page = shifter.page
    shifter.go(f"/certify/{collisions}/express/")
    shifter.choose("Pixel", "Bad")
    page.get_by_label("Comment").fill("TIB layer 1 lost at LS 310")
    page.get_by_label("Lumisections").fill("many")
    shifter.submit()
    expect(page.get_by_text("Nothing is lost")).to_be_visible()
    expect(page.get_by_label("Comment")).to_have_value("TIB layer 1 lost at LS 310")
    expect(page.get_by_label("Lumisections")).to_have_value("many")
    expect(page.get_by_role("group", name="Pixel", exact=True).get_by_role("radio", name="Bad")).to_be_checked()
    shifter.is_accessible()
    assert not TrackerCertification.objects.exists()


def test_a_second_user_is_refused_and_keeps_what_she_typed(desk, collisions):
    first, second = desk("shifter"), desk("shifter2")
    for one in (first, second):
        one.go(f"/certify/{collisions}/express/")
        one.all_good()
    second.page.get_by_label("Comment").fill("mine was longer")
    first.submit()
    expect(first.page.get_by_text("is saved: good")).to_be_visible()
    second.submit()
    expect(second.page.get_by_text("was certified by shifter on")).to_be_visible()
    expect(second.page.get_by_label("Comment")).to_have_value("mine was longer")
    second.is_accessible()
    second.go(f"/certify/{collisions}/express/")
    expect(second.page.get_by_text("was certified by shifter on")).to_be_visible()
    assert TrackerCertification.objects.get().author.username == "shifter"


def test_a_shift_leader_updates_and_the_author_stays(desk, collisions):
    shifter, leader = desk("shifter"), desk("shiftleader")
    shifter.go(f"/certify/{collisions}/express/")
    shifter.all_good()
    shifter.submit()
    expect(shifter.page.get_by_text("is saved: good")).to_be_visible()
    leader.go("/list/")
    leader.page.get_by_role("link", name=re.compile("Update")).click()
    expect(leader.page.get_by_text("This is the certification of shifter")).to_be_visible()
    leader.is_accessible()
    leader.choose("Strip", "Bad")
    leader.submit()
    expect(leader.page.get_by_text("are saved: bad")).to_be_visible()
    saved = TrackerCertification.objects.get()
    assert (saved.strip, saved.author.username) == ("bad", "shifter")


def test_the_pencil_keeps_what_was_typed(desk, collisions):
    shifter = desk("shifter")
    page = shifter.page
    shifter.go(f"/certify/{collisions}/express/")
    page.get_by_label("Comment").fill("before the pencil")
    page.get_by_role("button", name="Correct these facts").click()
    expect(page.get_by_label("Comment")).to_have_value("before the pencil")
    expect(page.get_by_label("Lumisections")).not_to_have_value("")
    shifter.is_accessible()


def test_a_lost_session_brings_the_form_back(desk, collisions):
    shifter = desk("shifter")
    page = shifter.page
    shifter.go(f"/certify/{collisions}/express/")
    shifter.all_good()
    page.get_by_label("Comment").fill("nearly lost")
    page.context.clear_cookies(name="sessionid")
    shifter.submit()
    expect(page.get_by_text("You were signed out")).to_be_visible()
    shifter.is_accessible()
    page.get_by_label("Username").fill("shifter")
    page.get_by_label("Password").fill("shifter")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Continue with what you typed").click()
    expect(page.get_by_label("Comment")).to_have_value("nearly lost")
    shifter.submit()
    expect(page.get_by_text("is saved: good")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_pages_are_readable_wide_and_narrow_light_and_dark(desk, collisions, width, color_scheme):
    shifter = desk("shifter", viewport={"width": width, "height": 900}, color_scheme=color_scheme)
    for path in ("/", "/openruns/", f"/certify/{collisions}/express/", "/list/", "/list/?show=all", "/nothing/"):
        shifter.go(path)
        shifter.is_accessible()
        assert shifter.page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_without_javascript_it_works_too(desk, collisions):
    shifter = desk("shifter", java_script_enabled=False)
    shifter.go(f"/certify/{collisions}/express/")
    shifter.choose("Pixel", "Good")
    shifter.page.get_by_label("Search references").fill("prompt")
    shifter.page.get_by_role("button", name="Search").click()
    expect(
        shifter.page.get_by_role("group", name="Pixel", exact=True).get_by_role("radio", name="Good")
    ).to_be_checked()
    shifter.all_good()
    shifter.submit()
    expect(shifter.page.get_by_text("is saved: good")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_buttons_that_help_only_help(desk, collisions, scripts):
    shifter = desk("shifter", java_script_enabled=scripts)
    page = shifter.page
    shifter.go(f"/certify/{collisions}/express/")
    shifter.choose("Pixel", "Bad")
    page.get_by_label("Comment").fill("half a layer")
    page.get_by_role("button", name="Refresh now").click()
    expect(page.get_by_role("complementary", name="Facts of the run")).to_be_focused()
    page.get_by_role("button", name="Correct these facts").click()
    expect(page.get_by_label("Run type")).to_be_focused()
    page.get_by_label("Lumisections").fill("3,8,")
    if not scripts:  # with them it searches as one types
        page.get_by_role("searchbox", name="Search references").fill("2018")
        page.get_by_role("button", name="Search", exact=True).click()
        expect(page.get_by_role("searchbox", name="Search references")).to_be_focused()
        expect(page.get_by_role("searchbox", name="Search references")).to_have_value("2018")
    expect(page.get_by_text("Not saved yet.", exact=True)).to_have_count(0)
    expect(page.locator(".is-invalid, .field-error, .invalid-feedback")).to_have_count(0)
    expect(page.get_by_label("Lumisections")).to_have_value("3,8,")
    expect(page.get_by_label("Comment")).to_have_value("half a layer")
    expect(page.get_by_role("group", name="Pixel", exact=True).get_by_role("radio", name="Bad")).to_be_checked()
    assert not TrackerCertification.objects.exists()
    shifter.submit()
    expect(page.get_by_text("Not saved yet.", exact=True).first).to_be_visible()
