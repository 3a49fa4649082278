"""The work list, as a shifter uses it. Each with the Run Registry well, and down after it was well once."""

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from certify.models import Claim, TrackerCertification

pytestmark = [pytest.mark.e2e]
well_and_down = pytest.mark.parametrize("registry", ["well", "down"])


@pytest.fixture
def collisions(simulator) -> int:
    return simulator.world.examples["collisions"]


@pytest.fixture
def neighbour(simulator, collisions) -> int:
    """A run near it that has an open express dataset, too."""
    return next(
        dataset["run_number"]
        for dataset in simulator.world.datasets
        if dataset["run_number"] < collisions
        and "Express" in dataset["name"]
        and dataset["dataset_attributes"].get("tracker_state") == "OPEN"
    )


@pytest.fixture
def falls_silent(simulator):
    """Somebody has searched once; then the Run Registry goes down, or not."""

    def after(one, registry: str, runs: str) -> None:
        if registry == "down":
            one.go(f"/openruns/?runs={runs}")
            simulator.faults.set("runregistry", "down")
            cache.clear()

    return after


def search(one, text: str) -> None:
    one.page.get_by_label("Runs", exact=True).fill(text)
    one.page.get_by_role("button", name="Search").click()


def row(one, run_number: int):
    return one.page.get_by_role("table", name="Runs and their").get_by_role("row").filter(has_text=str(run_number))


@well_and_down
def test_search_by_a_messy_list(desk, falls_silent, registry, collisions, neighbour):
    shifter = desk("shifter")
    falls_silent(shifter, registry, f"{collisions},{neighbour}")
    shifter.go("/openruns/")
    search(shifter, f"please see {collisions},\n {collisions}; {neighbour}!")
    expect(row(shifter, collisions)).to_be_visible()
    expect(row(shifter, neighbour)).to_be_visible()
    expect(shifter.page.get_by_text("No run number: “please”, “see”. More than once:")).to_be_visible()
    expect(shifter.page.get_by_label("Runs", exact=True)).to_have_value(f"{collisions}, {neighbour}")
    if registry == "down":
        expect(shifter.page.get_by_text("What it said last is shown")).to_be_visible()
        expect(row(shifter, collisions)).to_contain_text("ago?")
    shifter.is_accessible()


def test_five_hundred_pasted_runs_arrive_and_stay_over_filter_claim_and_sign_in(desk, collisions):
    shifter = desk("shifter")
    page = shifter.page
    pasted = "\n".join(f"{collisions - number}{' ' * 33}" for number in range(500)).strip()
    shifter.go("/openruns/")
    search(shifter, pasted)
    expect(row(shifter, collisions)).to_be_visible()
    page.get_by_role("link", name="free", exact=True).click()
    row(shifter, collisions).get_by_role("button", name="claim").first.click()
    expect(page.get_by_text("is yours.")).to_be_visible()
    expect(page.get_by_label("Runs", exact=True)).to_have_value(pasted)
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Search").click()
    page.get_by_label("Username").fill("shifter")
    page.get_by_label("Password").fill("shifter")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_label("Runs", exact=True)).to_have_value(pasted)
    expect(row(shifter, collisions)).to_be_visible()


@well_and_down
def test_a_claim_is_seen_by_the_second_shifter(desk, falls_silent, registry, collisions):
    first, second = desk("shifter"), desk("shifter2")
    falls_silent(first, registry, str(collisions))
    for one in (first, second):
        one.go(f"/openruns/?runs={collisions}")
    row(first, collisions).get_by_role("button", name="claim").first.click()
    expect(row(first, collisions).get_by_text("Claimed by you")).to_be_visible()
    second.page.reload()
    expect(row(second, collisions).get_by_text("shifter · a moment")).to_be_visible()
    second.is_accessible()
    second.go(f"/certify/{collisions}/express/")
    expect(second.page.get_by_text("is claimed by shifter since")).to_be_visible()
    second.is_accessible()
    row(first, collisions).get_by_role("button", name="release").click()
    expect(first.page.get_by_text("is free again.")).to_be_visible()
    assert not Claim.objects.exists()


@well_and_down
def test_certify_next_twice_in_a_row(desk, falls_silent, registry, collisions):
    shifter = desk("shifter")
    page = shifter.page
    falls_silent(shifter, registry, str(collisions))
    shifter.go(f"/openruns/?runs={collisions}")
    page.get_by_role("link", name="Certify next").click()
    for reco in ("Express", "Prompt"):
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"{collisions} {reco}")
        shifter.all_good()
        shifter.submit()
        expect(page.get_by_text("is saved: good")).to_be_visible()
        page.get_by_role("link", name="Certify next", exact=True).click()
    assert TrackerCertification.objects.count() == 2


def test_keys_move_open_claim_and_search(desk, collisions, neighbour):
    shifter = desk("shifter")
    page = shifter.page
    shifter.go(f"/openruns/?runs={collisions},{neighbour}")
    page.keyboard.press("j")
    expect(row(shifter, collisions)).to_be_focused()
    page.keyboard.press("j")
    expect(row(shifter, neighbour)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("c")
    expect(page.get_by_text("is yours.")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_label("Runs", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    page.get_by_label("Runs", exact=True).blur()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{collisions} Express")


def test_a_search_says_that_it_runs(desk, simulator, collisions):
    shifter = desk("shifter")
    shifter.go("/openruns/")
    simulator.faults.set("runregistry", "slow", seconds=1)
    # The browser's tester looks at no page that is being left, so the page itself remembers.
    shifter.page.evaluate(
        """() => {
            const said = document.querySelector("[data-progress]");
            const remember = () => sessionStorage.setItem("said", said.textContent);
            new MutationObserver(remember).observe(said, { childList: true });
        }"""
    )
    search(shifter, str(collisions))
    expect(row(shifter, collisions)).to_be_visible()
    assert shifter.page.evaluate("sessionStorage.getItem('said')") == "Asking the Run Registry…"


def test_without_javascript_one_searches_and_claims(desk, collisions):
    shifter = desk("shifter", java_script_enabled=False)
    shifter.go("/openruns/")
    search(shifter, str(collisions))
    row(shifter, collisions).get_by_role("button", name="claim").first.click()
    expect(row(shifter, collisions).get_by_text("Claimed by you")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_the_work_list_is_readable_wide_and_narrow_light_and_dark(desk, collisions, width, color_scheme):
    leader = desk("shiftleader", viewport={"width": width, "height": 900}, color_scheme=color_scheme)
    leader.go(f"/openruns/?runs={collisions - 40}-{collisions}")
    leader.is_accessible()
    assert leader.page.evaluate("document.documentElement.scrollWidth") <= width
