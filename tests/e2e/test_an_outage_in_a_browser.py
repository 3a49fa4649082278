"""An outage from beginning to end: certify without the services, they come back, one difference is resolved."""

import os
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from certify.models import TrackerCertification
from oms.models import Difference, OmsRun

pytestmark = [pytest.mark.e2e]


class Film:
    """Pictures of the walk, for people: in the directory FILM, nowhere without it."""

    def __init__(self, page) -> None:
        self.page = page
        self.directory = os.environ.get("FILM")
        self.taken = 0

    def take(self, name: str) -> None:
        self.taken += 1
        if self.directory:
            self.page.screenshot(path=Path(self.directory) / f"{self.taken:02}-{name}.png", full_page=True)


def outage(simulator, mode: str) -> None:
    for service in ("oms", "runregistry"):
        simulator.faults.set(service, mode)


def a_round_of_the_worker() -> None:
    call_command("worker", "--once", stdout=StringIO())


def test_certify_without_services_then_resolve_the_one_difference(desk, simulator):
    number = simulator.world.examples["collisions"]
    official = simulator.world.run(number)["attributes"]
    shifter = desk("shifter")
    page, film = shifter.page, Film(shifter.page)

    outage(simulator, "down")
    shifter.go(f"/certify/{number}/express/")
    expect(page.get_by_text("OMS has not been well since")).to_be_visible()
    shifter.all_good()
    page.get_by_label("Run type").select_option("cosmics")
    page.get_by_label("Lumisections").fill(str(official["last_lumisection_number"]))
    page.get_by_label("B field").fill("3.8")
    film.take("both-down")
    shifter.submit()
    expect(page.get_by_text("is saved: good. Its dataset is not confirmed yet.")).to_be_visible()
    shifter.go("/status/")
    expect(page.get_by_text("not well")).to_have_count(2)
    shifter.is_accessible()
    film.take("status-while-down")

    a_round_of_the_worker()
    assert not TrackerCertification.objects.get().external_info_complete

    outage(simulator, "ok")
    a_round_of_the_worker()
    assert TrackerCertification.objects.get().external_info_complete
    assert TrackerCertification.objects.get().dataset
    assert Difference.objects.get().name == "run_type"

    shifter.go("/")
    expect(page.get_by_text("has not been well")).to_have_count(0)
    film.take("home-with-a-task")
    shifter.is_accessible()
    page.get_by_role("link", name="Decide which holds").click()
    film.take("differences")
    shifter.is_accessible()
    page.get_by_role("link", name=re.compile(f"run {number}")).click()
    expect(page.get_by_text("With OMS's value the run is collisions, not cosmics.")).to_be_visible()
    shifter.is_accessible()
    film.take("the-difference")
    page.get_by_role("radio", name="Keep what was typed").check()
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Say why the stored value stays")).to_be_visible()
    page.get_by_role("radio", name="Take OMS's").check()
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("OMS's value taken for 1")).to_be_visible()
    film.take("resolved")
    assert OmsRun.objects.get().run_type == "collisions"

    shifter.go(f"/list/{number}/express/")
    expect(page.get_by_text("Difference resolved: OMS's value taken")).to_be_visible()
    expect(page.get_by_text("Completed", exact=True)).to_have_count(2)
    shifter.is_accessible()
    film.take("history")
    shifter.go("/status/")
    expect(page.get_by_text("not well")).to_have_count(0)
    shifter.is_accessible()
    film.take("status-well")


def test_refresh_now_in_the_middle_of_typing(desk, simulator):
    number = simulator.world.examples["collisions"]
    shifter = desk("shifter", color_scheme="dark")
    page = shifter.page
    simulator.faults.set("oms", "down")
    simulator.faults.set("runregistry", "down")
    shifter.go(f"/certify/{number}/express/")
    shifter.choose("Pixel", "Bad")
    page.get_by_label("Comment").fill("hot module in layer 2")
    outage(simulator, "ok")
    page.get_by_role("button", name="Refresh now").click()
    expect(page.get_by_text("facts complete")).to_be_visible()
    expect(page.get_by_label("Comment")).to_have_value("hot module in layer 2")
    expect(page.get_by_text("Not saved yet.")).to_have_count(0)
    shifter.is_accessible()
    assert not TrackerCertification.objects.exists()
