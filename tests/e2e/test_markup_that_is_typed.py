"""Markup that people have typed stays text where scripts of ours take part: drafts, references, problems."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import expect

from certify.models import Draft, PixelProblem
from tests.e2e.test_markup_in_a_browser import MARK
from tests.factories import make_certification
from users.models import User

pytestmark = [pytest.mark.e2e]

_PUTS_MARKUP = re.compile(r"(?:innerHTML|outerHTML) *\+?= *(.+);|insertAdjacentHTML\([^,]*, *(.+)\);|document\.write")


def test_what_was_typed_is_text_after_it_went_through_our_scripts(desk, simulator):
    number = simulator.world.examples["collisions"]
    one = desk("shifter")
    PixelProblem.objects.create(name=MARK)
    reference = make_certification(User.objects.get(username="shiftleader"), 324999, comment=MARK).run_reconstruction
    reference.is_reference = True
    reference.save()
    User.objects.filter(username="shiftleader").update(first_name=MARK[:150])
    one.go(f"/certify/{number}/express/")
    one.choose("Pixel", "Bad")
    one.page.get_by_label("Comment").fill(MARK)
    expect(one.page.get_by_text("Draft kept")).to_be_visible()
    for path in (f"/certify/{number}/express/", "/", "/openruns/", "/list/?show=all", "/list/324999/prompt/"):
        one.go(path)
        expect(one.page.locator("x-m")).to_have_count(0)
    one.go(f"/certify/{number}/express/?draft={Draft.objects.get().pk}")
    expect(one.page.get_by_label("Comment")).to_have_value(MARK)
    one.all_good()
    one.submit()
    expect(one.page.get_by_text("is saved: good")).to_be_visible()
    one.go(f"/list/{number}/express/")
    expect(one.page.get_by_text(MARK).first).to_be_visible()
    expect(one.page.locator("x-m")).to_have_count(0)


def test_scripts_put_no_markup_into_a_page_but_what_the_server_escaped():
    scripts = Path(settings.BASE_DIR, "static", "js").glob("**/*.js")
    found = [line.strip() for each in scripts for line in each.read_text().splitlines() if _PUTS_MARKUP.search(line)]
    # The list of references, as its template renders it.
    assert found == [
        "if (page === 1) choices.innerHTML = html;",
        'else choices.insertAdjacentHTML("beforeend", html);',
    ]
