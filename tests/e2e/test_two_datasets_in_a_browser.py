"""Two datasets of one reconstruction are two certifications: neither asks about, nor becomes, the other."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from certify.models import TrackerCertification

pytestmark = [pytest.mark.e2e]


@pytest.fixture
def campaigns(simulator) -> tuple[int, str, str]:
    """A run with the ReReco datasets of November and of September."""
    run_number = simulator.world.examples["two_rerecos"]
    names = simulator.world.dataset_names_of(run_number)
    november, september = (next(each for each in names if month in each) for month in ("_12Nov2026", "_17Sept2026"))
    return run_number, november, september


def page_of(run_number: int, dataset: str) -> str:
    return f"/certify/{run_number}/rereco/?{urlencode({'dataset': dataset})}"


def is_about(one, dataset: str) -> None:
    expect(one.page.locator("main")).to_contain_text(dataset)


def stored() -> dict[str, tuple[str, str]]:
    return {
        each.dataset.name: ("good" if each.is_good else "bad", each.comment)
        for each in TrackerCertification.objects.all()
    }


def both_are_listed(one, run_number: int, november: str, september: str) -> None:
    one.go("/list/?show=all")
    for name, verdict in ((november, "Good"), (september, "Bad")):
        row = one.page.get_by_role("row").filter(has_text=str(run_number)).filter(has_text=name)
        expect(row).to_have_count(1)
        expect(row).to_contain_text(verdict)


def test_two_tabs_of_one_person_save_each_its_own_dataset(desk, campaigns):
    run_number, november, september = campaigns
    first = desk("shifter")
    second = first.second_tab()
    first.go(page_of(run_number, november))
    second.go(page_of(run_number, september))
    first.all_good()
    first.page.get_by_label("Comment").fill("seen in November")
    second.all_good()
    second.choose("Strip", "Bad")
    second.page.get_by_label("Comment").fill("seen in September")
    first.submit()
    expect(first.page.get_by_text("is saved: good")).to_be_visible()
    second.submit()
    expect(second.page.get_by_text("is saved: bad")).to_be_visible()
    assert stored() == {november: ("good", "seen in November"), september: ("bad", "seen in September")}
    both_are_listed(second, run_number, november, september)


def test_two_tabs_of_one_dataset_are_still_one_certification(desk, campaigns):
    run_number, november, _ = campaigns
    first = desk("shifter")
    second = first.second_tab()
    for tab in (first, second):
        tab.go(page_of(run_number, november))
        tab.all_good()
    first.submit()
    expect(first.page.get_by_text("is saved: good")).to_be_visible()
    second.submit()
    expect(second.page.get_by_text("was saved already")).to_be_visible()
    assert stored() == {november: ("good", "")}


def test_in_one_tab_the_second_dataset_has_a_page_of_its_own(desk, campaigns):
    run_number, november, september = campaigns
    shifter = desk("shifter")
    page = shifter.page
    shifter.go(page_of(run_number, november))
    is_about(shifter, november)
    shifter.all_good()
    shifter.submit()
    expect(page.get_by_text("is saved: good")).to_be_visible()
    shifter.go(page_of(run_number, september))
    expect(page).to_have_url(shifter.url + page_of(run_number, september))
    is_about(shifter, september)
    expect(page.locator("input[name=version]")).to_have_count(0)
    shifter.all_good()
    shifter.choose("Strip", "Bad")
    shifter.submit()
    expect(page.get_by_text("is saved: bad")).to_be_visible()
    assert stored() == {november: ("good", ""), september: ("bad", "")}
    both_are_listed(shifter, run_number, november, september)


def test_from_the_run_alone_the_second_dataset_is_offered_after_the_first(desk, campaigns):
    run_number, november, september = campaigns
    shifter = desk("shifter")
    for dataset in (november, september):
        shifter.go(f"/certify/{run_number}/rereco/")
        is_about(shifter, dataset)
        shifter.all_good()
        shifter.submit()
        expect(shifter.page.get_by_text("is saved: good")).to_be_visible()
    assert set(stored()) == {november, september}


def test_both_datasets_can_be_read_and_reached_on_a_narrow_screen(desk, campaigns):
    run_number, november, september = campaigns
    first = desk("shifter")
    first.go(page_of(run_number, november))
    first.all_good()
    first.submit()
    expect(first.page.get_by_text("is saved: good")).to_be_visible()
    other = desk("shifter2", viewport={"width": 390, "height": 900})
    # Who certified it is told on the one page, which leads to the other dataset; the board has both.
    for path, names in (
        (page_of(run_number, november), [september]),
        (f"/openruns/?runs={run_number}", [november, september]),
    ):
        other.go(path)
        other.is_accessible()
        for name in names:
            box = other.page.get_by_role("link").filter(has_text=name).first.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390, (path, name)
