"""Finding certifications again, and sharing what was found. Each with the Run Registry well and down."""

import csv
import io
import json
import re

import pytest
from playwright.sync_api import expect

from tests.factories import make_certification
from users.models import User

pytestmark = [pytest.mark.e2e]
well_and_down = pytest.mark.parametrize("registry", ["well", "down"])


@pytest.fixture
def certified(people) -> None:
    shifter, other = (User.objects.get(username=name) for name in ("shifter", "shifter2"))
    for number in range(55):
        make_certification(shifter, 325000 + number, comment=f"=HYPERLINK({number})")
    for number in range(3):
        make_certification(other, 325010 + number, "express", strip="bad", dataset="/Express/Collisions2018/DQM")


@pytest.fixture
def at_the_list(desk, simulator, certified):
    def sit_down(name: str, registry: str):
        if registry == "down":
            simulator.faults.set("runregistry", "down")
        one = desk(name, accept_downloads=True)
        one.go("/list/")
        return one

    return sit_down


def on_screen(one) -> list[str]:
    rows = one.page.get_by_role("table", name="Certifications").get_by_role("row").all()[1:]
    return [re.search(r"\d{6}", row.inner_text())[0] for row in rows]


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_pasted_column_is_searched_by_its_lines(desk, certified, has_scripts):
    shifter = desk("shifter", java_script_enabled=has_scripts)
    shifter.go("/list/")
    field = shifter.page.get_by_label("Runs", exact=True)
    field.fill("325020\n325021")
    if has_scripts:
        field.press("Enter")
    else:
        shifter.page.get_by_role("button", name="Filter").click()
    expect(shifter.page.get_by_role("link", name="Runs: ")).to_be_visible()
    assert on_screen(shifter) == ["325021", "325020"]
    expect(field).to_have_value("325020\n325021")


@well_and_down
def test_filter_sort_and_share_the_url(at_the_list, registry):
    shifter, other = at_the_list("shifter", registry), at_the_list("shifter2", registry)
    page = shifter.page
    shifter.is_accessible()
    page.get_by_label("Reconstruction").select_option("express")
    page.get_by_text("More filters").click()
    page.get_by_label("Strip").select_option("bad")
    page.get_by_label("Author").fill("shifter2")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("columnheader", name="Run").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Run")).to_have_attribute("aria-sort", "ascending")
    assert on_screen(shifter) == ["325010", "325011", "325012"]
    shifter.is_accessible()
    other.page.goto(page.url)
    assert on_screen(other) == on_screen(shifter)
    expect(other.page.get_by_role("link", name="Author: shifter2")).to_be_visible()
    other.page.get_by_role("link", name="Author: shifter2").click()
    expect(other.page.get_by_role("link", name="Author: shifter2")).to_be_hidden()
    other.page.get_by_role("link", name="Clear all").click()
    expect(other.page.get_by_text("Filtered by")).to_be_hidden()


@well_and_down
def test_the_export_opened_again_equals_the_screen(at_the_list, registry):
    shifter = at_the_list("shifter", registry)
    page = shifter.page
    shifter.go("/list/?author=shifter&sort=run")
    screen = on_screen(shifter)
    links = {ending: page.get_by_role("link", name=ending, exact=True) for ending in ("CSV", "JSON")}
    files = {}
    for ending, link in links.items():
        with page.expect_download() as download:
            link.click()
        files[ending] = download.value.path()
    page.get_by_role("link", name="Further").click()
    expect(page.get_by_text("Page 2")).to_be_visible()
    screen += on_screen(shifter)
    assert len(screen) == 55
    rows = list(csv.DictReader(io.StringIO(files["CSV"].read_bytes().decode(), newline="")))
    assert [row["run_number"] for row in rows] == screen
    assert rows[7]["comment"] == "'=HYPERLINK(7)"
    assert [str(row["run_number"]) for row in json.loads(files["JSON"].read_text(encoding="utf-8"))] == screen


def test_a_wrong_filter_keeps_its_text(at_the_list):
    shifter = at_the_list("shifter", "well")
    shifter.page.get_by_label("Runs").fill("325000 and more")
    shifter.page.get_by_role("button", name="Filter").click()
    expect(shifter.page.get_by_text("No run number: “and”, “more”.")).to_be_visible()
    expect(shifter.page.get_by_label("Runs")).to_have_value("325000 and more")
    shifter.is_accessible()
