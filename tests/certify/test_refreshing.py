"""Asking the services at once: who may, and how often."""

import pytest
from django.core.cache import cache

from certify import refreshing
from tests.factories import EXPRESS, PROMPT, make_certification, make_user

PAUSE = 30
# Every way to ask, as a request: method, address and what is sent.
WAYS = {
    "the status page": ("post", "/status/ask/", {}),
    "a certification": ("post", "/list/325000/prompt/refresh/", {}),
    "the work list": ("get", "/openruns/", {"refresh": "1"}),
    "a form": ("post", "/certify/325000/express/", {"refresh": "1", "comment": "typed"}),
    "a correction": ("post", "/list/325000/prompt/update/", {"refresh": "1", "comment": "typed"}),
}
every_way = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(autouse=True)
def world(shifter, settings, oms_is_down, registry_lists):
    settings.REFRESH_PAUSE = PAUSE
    make_certification(shifter)
    registry_lists(325000, EXPRESS, PROMPT)
    registry_lists(1)


def go(client, way: str):
    method, url, sent = WAYS[way]
    return getattr(client, method)(url, sent, follow=True)


@every_way
def test_the_second_time_they_wait(as_shifter, outside, way):
    first = go(as_shifter, way)
    assert outside.calls and "asked the services" not in first.text
    page = go(as_shifter, way)
    assert page.status_code == 200
    assert "You asked the services a moment ago." in page.text
    assert "again in 30 seconds" in page.text
    if "comment" in WAYS[way][2]:
        assert "typed" in page.text
        assert "is-invalid" not in page.text


@every_way
def test_the_pause_is_one_person_s_and_ends(as_shifter, client, outside, way):
    refreshing.ask_anew(make_user("other"))
    assert "a moment ago." not in go(as_shifter, way).text
    cache.clear()
    assert "a moment ago." not in go(as_shifter, way).text


def test_it_is_one_pause_for_all_ways(as_shifter):
    go(as_shifter, "the status page")
    assert "a moment ago." in go(as_shifter, "a certification").text


def test_who_only_reads_is_told_why_not(client, guest):
    client.force_login(guest)
    for way in ("the status page", "a certification"):
        page = go(client, way)
        assert page.status_code == 403
        assert "shifter role" in page.text
    page = client.get("/openruns/", {"runs": "325000-325010"})
    assert "not asked" in page.text
    assert "has nothing of" not in page.text
    for url in ("/openruns/", "/status/", "/list/325000/prompt/"):
        page = client.get(url)
        assert "Ask them now" not in page.text and "Refresh" not in page.text
