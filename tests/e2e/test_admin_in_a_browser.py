"""The forms of the admin in a browser: a page that comes back shows what the server served."""

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from history.models import Entry
from users import roles
from users.models import User

pytestmark = [pytest.mark.e2e]


@pytest.fixture
def boss(desk):
    shiftleader = User.objects.get(username="shiftleader")
    shiftleader.is_staff = shiftleader.is_superuser = True
    shiftleader.save()
    return desk("shiftleader")


@pytest.mark.parametrize("way", ["back", "reload"])
def test_a_page_that_comes_back_does_not_repeat_what_was_chosen_before(boss, way):
    shifter = User.objects.get(username="shifter")
    page, url = boss.page, f"/admin/users/user/{shifter.pk}/change/"
    page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    boss.go(url)
    page.get_by_role("checkbox", name=roles.EXPERT).check()
    page.get_by_role("checkbox", name="Staff status").check()
    page.get_by_label("First name").fill("Ada")
    if way == "back":
        boss.go("/admin/")
    shifter.groups.set([Group.objects.get(name=roles.GUEST)])
    page.go_back() if way == "back" else page.reload()
    expect(page.get_by_role("checkbox", name=roles.EXPERT)).not_to_be_checked()
    expect(page.get_by_role("checkbox", name=roles.GUEST)).to_be_checked()
    expect(page.get_by_role("checkbox", name="Staff status")).not_to_be_checked()
    expect(page.get_by_label("First name")).to_have_value("")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert not Entry.objects.exists()


def test_a_stale_page_is_refused_in_a_sentence_and_the_page_is_accessible(boss):
    shifter = User.objects.get(username="shifter")
    boss.go(f"/admin/users/user/{shifter.pk}/change/")
    shifter.groups.set([])
    boss.page.get_by_label("First name").fill("Ada")
    boss.page.get_by_role("button", name="Save", exact=True).click()
    expect(boss.page.get_by_text("after you opened the page")).to_be_visible()
    expect(boss.page.get_by_label("First name")).to_have_value("Ada")
    assert not boss.complaints
    boss.is_accessible()
    boss.complaints.clear()  # axe itself sets styles while it looks at this page
