"""Two people take turns at one browser. What one of them typed is not saved under the other's name unasked."""

import pytest
from playwright.sync_api import expect

from certify.models import Draft, TrackerCertification
from history.models import Entry
from tests.factories import make_user
from users import roles
from users.models import User

pytestmark = [pytest.mark.e2e]


@pytest.fixture
def collisions(simulator) -> int:
    return simulator.world.examples["collisions"]


def type_in(one, run_number: int) -> None:
    one.go(f"/certify/{run_number}/express/")
    one.all_good()
    one.page.get_by_label("Comment").fill("typed by the first")
    expect(one.page.get_by_text("Draft kept")).to_be_visible()


def changes_hands(one, to: str) -> None:
    """In a second tab the first one signs out and the next one signs in."""
    tab = one.second_tab()
    tab.go("/")
    sign_out(tab)
    tab.sign_in(to)
    tab.page.close()


def sign_out(one) -> None:
    one.page.get_by_role("button", name="Sign out").click()
    one.page.get_by_role("navigation").get_by_role("link", name="Sign in").wait_for()


def drafts() -> list[tuple[str, str]]:
    return [(draft.user.username, dict(draft.fields)["comment"]) for draft in Draft.objects.all()]


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_the_second_takes_over_expressly_what_the_first_typed(desk, collisions, width, color_scheme):
    first = desk("shifter", viewport={"width": width, "height": 900}, color_scheme=color_scheme)
    page = first.page
    type_in(first, collisions)
    changes_hands(first, "shifter2")
    first.submit()
    expect(page.get_by_role("heading", level=1)).to_have_text("This was typed by shifter")
    expect(page.get_by_text("You are signed in as shifter2, so nothing was saved.")).to_be_visible()
    first.is_accessible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not TrackerCertification.objects.exists()
    assert drafts() == [("shifter", "typed by the first")]
    page.get_by_role("button", name="Take it over as shifter2").click()
    expect(page.get_by_text("You took this over from shifter")).to_be_visible()
    expect(page.get_by_label("Comment")).to_have_value("typed by the first")
    first.is_accessible()
    first.submit()
    expect(page.get_by_text("is saved: good")).to_be_visible()
    assert TrackerCertification.objects.get().author.username == "shifter2"
    first.go(f"/list/{collisions}/express/")
    expect(page.get_by_text("by shifter2, typed by shifter")).to_be_visible()


def test_the_first_signs_in_again_and_goes_on(desk, collisions):
    first = desk("shifter")
    page = first.page
    type_in(first, collisions)
    changes_hands(first, "shifter2")
    first.submit()
    page.get_by_role("button", name="Sign in as shifter").click()
    expect(page.get_by_label("Username")).to_have_value("shifter")
    first.is_accessible()
    page.get_by_label("Password").fill("shifter")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Continue with what you typed").click()
    expect(page.get_by_label("Comment")).to_have_value("typed by the first")
    first.submit()
    expect(page.get_by_text("is saved: good")).to_be_visible()
    assert {entry.who for entry in Entry.objects.filter(by__isnull=False)} == {"shifter"}
    assert not Draft.objects.exists()


def test_a_guest_can_not_take_it_over(desk, collisions):
    make_user("guest", roles.GUEST)
    first = desk("shifter")
    type_in(first, collisions)
    changes_hands(first, "guest")
    first.submit()
    expect(first.page.get_by_text("As guest you may not save it.")).to_be_visible()
    expect(first.page.get_by_role("button", name="Take it over")).to_have_count(0)
    first.is_accessible()
    assert drafts() == [("shifter", "typed by the first")]


def test_typing_on_in_the_old_tab_says_who_is_signed_in(desk, collisions):
    first = desk("shifter")
    type_in(first, collisions)
    changes_hands(first, "shifter2")
    first.page.get_by_label("Comment").fill("typed on")
    expect(first.page.get_by_text("shifter2 is signed in here now.")).to_be_visible()
    assert drafts() == [("shifter", "typed on")]


def test_what_the_first_sent_without_a_session_is_not_the_seconds(desk, collisions):
    first = desk("shifter")
    page = first.page
    type_in(first, collisions)
    page.context.clear_cookies(name="sessionid")
    first.submit()
    expect(page.get_by_text("You were signed out")).to_be_visible()
    page.get_by_label("Username").fill("shifter2")
    page.get_by_label("Password").fill("shifter2")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This was typed by shifter")
    assert not TrackerCertification.objects.exists()
    assert drafts() == [("shifter", "typed by the first")]


def test_a_deletion_asked_for_by_the_first_waits(desk, collisions):
    first = desk("shiftleader")
    page = first.page
    type_in(first, collisions)
    first.submit()
    expect(page.get_by_text("is saved: good")).to_be_visible()
    first.go(f"/list/{collisions}/express/delete/")
    page.get_by_label("Why is it deleted?").fill("wrong run")
    changes_hands(first, "shifter2")
    page.get_by_role("button", name="Move it to the bin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This was typed by shiftleader")
    expect(page.get_by_text("It is kept on this page alone")).to_be_visible()
    first.is_accessible()
    assert TrackerCertification.objects.exists()
    # Who lacks the right to it is refused by the page itself.
    page.get_by_role("button", name="Send it as shifter2").click()
    expect(page.get_by_text("experts and administrators can delete it")).to_be_visible()
    assert TrackerCertification.objects.exists()


@pytest.mark.parametrize("width", [390, 1440])
def test_a_deletion_sent_without_a_session_is_shown_and_done_by_one_click(desk, collisions, width):
    one = desk("shifter", viewport={"width": width, "height": 900})
    page = one.page
    type_in(one, collisions)
    one.submit()
    expect(page.get_by_text("is saved: good")).to_be_visible()
    one.go(f"/list/{collisions}/express/delete/")
    page.get_by_label("Why is it deleted?").fill("wrong run")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Move it to the bin").click()
    expect(page.get_by_text("Nothing you typed is lost")).to_be_visible()
    page.get_by_label("Username").fill("shifter")
    page.get_by_label("Password").fill("shifter")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("definition").filter(has_text="wrong run")).to_be_visible()
    one.is_accessible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert TrackerCertification.objects.exists()
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_text("is in the bin.")).to_be_visible()
    assert Entry.objects.first().who == "shifter"


def test_a_form_of_the_admin_is_kept_on_the_page_and_sent_as_oneself(desk):
    for name in ("expert", "expert2"):
        make_user(name, roles.EXPERT)
    User.objects.filter(username__startswith="expert").update(is_staff=True)
    first = desk("expert")
    page = first.page
    first.go("/admin/certify/badreason/add/")
    page.get_by_label("Name").fill("Noise in a ring")
    changes_hands(first, "expert2")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This was typed by expert")
    page.get_by_role("button", name="Send it as expert2").click()
    expect(page.get_by_text("was added successfully")).to_be_visible()


@pytest.mark.parametrize("is_kept_alive", [True, False])
def test_back_to_the_page_of_who_was_signed_in_before(desk, keeping_browser, collisions, is_kept_alive):
    first = desk("shifter", at=keeping_browser if is_kept_alive else None)
    page = first.page
    type_in(first, collisions)
    sign_out(first)
    first.sign_in("shifter2")
    page.evaluate("setTimeout(() => history.go(-3))")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{collisions} Express")
    if not is_kept_alive:
        expect(page.locator(".nav-user")).to_have_text("shifter2")
        expect(page.get_by_label("Comment")).to_have_value("")
        return
    first.submit()
    expect(page.get_by_role("heading", level=1)).to_have_text("This was typed by shifter")
    assert not TrackerCertification.objects.exists()
