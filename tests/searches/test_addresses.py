"""A search that is sent gets a short address, which every page and file understands."""

import csv
import json

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from searches.addresses import LONGEST
from searches.keeping import MOST_OF_A_GUEST, store
from searches.models import StoredSearch, key_of
from tests.factories import EXPRESS, PROMPT, make_certification
from users.served import mark_of

BOARD, LIST, NEXT, LOGIN = "/openruns/", "/list/", "/openruns/next/", "/accounts/login/"
FILES = ("/list/export.csv", "/list/export.json", "/list/export.xlsx")
RUNS = [325000 + 2 * number for number in range(500)]
# Line by line as out of a mail, as long as the promise.
PASTED = "\r\n".join(f"{run}{' ' * 33}" for run in RUNS)
GONE = {"search": "0" * 32}

every_page = pytest.mark.parametrize("path", [BOARD, LIST])


@pytest.fixture
def world(registry_answers, shifter):
    registry_answers((325000, EXPRESS, "OPEN"), (325002, PROMPT, "OPEN"), (325003, PROMPT, "OPEN"))
    make_certification(shifter, 325000, "prompt")
    make_certification(shifter, 325002, "express", pixel="bad")
    make_certification(shifter, 325003, "express")


def runs_on(page) -> list[int]:
    if "page" in page.context:
        return [row.run_reconstruction.run_id for row in page.context["page"].rows]
    return [row.run_number for row in page.context["rows"]]


def typed_in(page) -> str:
    form = page.context["listing"].form if "listing" in page.context else page.context["search_form"]
    return form["runs"].value()


def longest_link(page) -> int:
    return max(len(part.split('"')[0]) for part in page.text.split('href="')[1:])


@every_page
def test_the_whole_promise_gets_a_short_address_that_finds_it(as_shifter, world, path):
    assert 19_000 < len(PASTED) - 2 * 499 <= 20_000
    answer = as_shifter.post(path, {"runs": PASTED})
    assert (answer.status_code, len(answer.url) < 80) == (302, True)
    page = as_shifter.get(answer.url)
    assert runs_on(page) == [325002, 325000]
    assert typed_in(page).split() == [str(run) for run in RUNS]
    assert longest_link(page) < 200


def test_each_address_of_the_list_understands_it_with_filters(as_shifter, world):
    url = as_shifter.post(LIST, {"runs": PASTED, "verdict": "good", "show": "all", "sort": "run", "reco": ""}).url
    assert url == f"/list/?search={key_of(PASTED.replace(chr(13), '').strip())}&verdict=good&sort=run&show=all"
    page = as_shifter.get(url)
    assert runs_on(page) == [325000]
    chips = {chip.words.split(":")[0]: chip.url for chip in page.context["listing"].chips}
    assert chips == {
        "Runs": "?verdict=good&sort=run&show=all",
        "Verdict": f"{url.removeprefix('/list/').replace('&verdict=good', '')}",
    }
    assert 'value="run"' in page.text
    rows = csv.DictReader(as_shifter.get(url.replace("/list/", FILES[0])).getvalue().decode().splitlines())
    assert [row["run_number"] for row in rows] == ["325000"]
    rows = json.loads(as_shifter.get(url.replace("/list/", FILES[1])).getvalue())
    assert [row["run_number"] for row in rows] == [325000]


def test_the_board_understands_it_with_filters(as_shifter, world):
    url = as_shifter.post(BOARD, {"runs": PASTED, "show": "mine"}).url
    assert url.endswith("&show=mine")
    page = as_shifter.get(url)
    assert runs_on(page) == []
    assert all("search=" in link["url"] for link in page.context["filters"][0] + page.context["filters"][1])


def test_days_alone_and_nothing_at_all_need_no_stored_search(as_shifter, world):
    assert as_shifter.post(BOARD, {"runs": "", "days": "3"}).url == "/openruns/?days=3"
    assert as_shifter.post(BOARD, {"runs": " ", "days": ""}).url == "/openruns/"
    assert as_shifter.post(LIST, {"runs": "", "reco": "prompt"}).url == "/list/?reco=prompt&show=all"
    assert not StoredSearch.objects.exists()


@every_page
@pytest.mark.parametrize("query", [GONE, {"search": ""}, {"search": "325000"}, {"search": "a\x00"}], ids=str)
def test_what_is_not_stored_any_more_says_what_to_do_and_shows_nothing(as_shifter, world, path, query):
    page = as_shifter.get(path, query)
    assert page.status_code == 404
    assert "Paste the runs here once more" in page.text
    assert "too long to go on from" not in page.text
    assert page.context.get("found") is None
    assert page.context.get("page") is None
    assert "325002" not in page.text.split("Recently certified")[0]


@pytest.mark.parametrize("path", FILES)
def test_no_file_holds_everything_because_a_search_is_gone(as_shifter, world, path):
    for query in (GONE, {**GONE, "verdict": "good"}, {"search": ""}):
        answer = as_shifter.get(path, query)
        assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize("path", [BOARD, LIST, *FILES])
def test_a_search_and_runs_beside_each_other_are_refused(as_shifter, world, shifter, path):
    page = as_shifter.get(path, {"search": store("325000", shifter).key, "runs": "325002"})
    assert (page.status_code, "leave one of them out" in page.text) == (422, True)


@every_page
def test_what_is_refused_comes_back_as_it_was_typed_and_nothing_is_stored(as_shifter, world, path):
    for typed in ("325,097", "x" * 20_001):
        page = as_shifter.post(path, {"runs": typed})
        assert (page.status_code, typed_in(page)) == (422, typed)
        assert longest_link(page) < 3600
    page = as_shifter.post(path, {"rnus": "325000"})
    assert (page.status_code, "“rnus” is not known here" in page.text) == (422, True)
    assert not StoredSearch.objects.exists()


@every_page
def test_a_guest_beyond_the_quota_is_told_and_keeps_what_was_typed(client, guest, world, path):
    client.force_login(guest)
    for number in range(MOST_OF_A_GUEST):
        assert client.post(path, {"runs": str(326000 + number)}).status_code == 302
    typed = {BOARD: "325000\n abc", LIST: "325000\n325002"}[path]
    page = client.post(path, {"runs": typed})
    assert (page.status_code, typed_in(page)) == (429, typed)
    assert "guests store up to 50 new searches a day" in page.text
    assert client.post(path, {"runs": "326001"}).status_code == 302


def test_the_same_search_leads_to_the_same_address_from_either_page_and_for_everybody(client, guest, shifter, world):
    client.force_login(shifter)
    key = client.post(BOARD, {"runs": PASTED}).url.partition("=")[2]
    client.force_login(guest)
    assert key in client.post(LIST, {"runs": PASTED}).url
    assert runs_on(client.get(LIST, {"search": key})) == [325002, 325000]
    assert StoredSearch.objects.count() == 1


def test_junk_is_told_each_time_the_address_is_opened(as_shifter, world):
    page = as_shifter.get(as_shifter.post(BOARD, {"runs": "325000, look"}).url)
    assert "No run number: “look”" in page.text
    assert (typed_in(page), runs_on(page)) == ("325000", [325000])


def test_the_lines_of_a_pasted_column_are_lines_on_both_pages(as_shifter, world):
    key = as_shifter.post(BOARD, {"runs": "325000\r\n325002"}).url.partition("=")[2]
    for path in (BOARD, LIST):
        assert "325000\n325002</textarea>" in as_shifter.get(path, {"search": key}).text


def test_filters_that_make_no_short_address_are_refused_and_kept(as_shifter, world):
    page = as_shifter.post(LIST, {"runs": PASTED, "comment": "é" * 1000})
    assert (page.status_code, "too long together" in page.text) == (422, True)
    assert typed_in(page) == PASTED
    assert "é" * 1000 in page.text
    answer = as_shifter.post(LIST, {"runs": PASTED, "comment": "é" * 200})
    assert (answer.status_code, len(answer.url) <= LONGEST + 6) == (302, True)


def test_only_a_search_that_was_sent_changes_what_next_takes(as_shifter, world, shifter):
    foreign = {"search": store("325002", shifter).key}
    sent = as_shifter.post(BOARD, {"runs": "325000"}).url
    for query in (foreign, {"runs": "325002"}, {"days": "3"}, {}):
        as_shifter.get(BOARD, query)
    as_shifter.post(LIST, {"runs": "325002"})
    assert as_shifter.get(NEXT).url.startswith("/certify/325000/express/")
    assert as_shifter.get(NEXT, foreign).url.startswith("/certify/325002/prompt/")
    assert as_shifter.get(NEXT).url.startswith("/certify/325000/express/")
    as_shifter.post(BOARD, {"runs": "325003"})
    assert as_shifter.get(NEXT).url.startswith("/certify/325003/prompt/")
    page = as_shifter.get(sent)
    assert f'href="{NEXT}{sent.removeprefix(BOARD)}"' in page.text


def test_next_to_the_open_work_is_of_the_open_work(as_shifter, world):
    as_shifter.get(BOARD, {"runs": "325000-325003"})  # now all three are known
    as_shifter.post(BOARD, {"runs": "325000"})
    page = as_shifter.get(BOARD)
    assert f'href="{NEXT}?runs="' in page.text
    assert as_shifter.get(NEXT, {"runs": ""}).url.startswith("/certify/325003/prompt/")


@pytest.mark.parametrize("query", [GONE, {"runs": "abc"}, {"rnus": "325000"}], ids=str)
def test_next_takes_nothing_by_a_search_that_is_not_understood(as_shifter, world, query):
    page = as_shifter.get(NEXT, query, follow=True)
    assert page.redirect_chain[0][0].startswith(BOARD)
    assert page.status_code in (404, 422)


def test_a_search_that_was_sent_and_is_gone_is_told_by_next(as_shifter, world):
    as_shifter.post(BOARD, {"runs": "325000"})
    StoredSearch.objects.all().delete()
    assert as_shifter.get(NEXT, follow=True).status_code == 404


@every_page
def test_signed_out_it_waits_behind_the_sign_in_and_one_click_sends_it(client, shifter, world, path):
    waiting = client.post(path, {"runs": PASTED})
    assert "Nothing you typed is lost" in waiting.text
    carried = {"next": path, "form_waits": "1", "carried-runs": PASTED, "username": "shifter", "password": "shifter"}
    page = client.post(LOGIN, carried)
    assert (page.status_code, 'name="runs"' in page.text) == (200, True)
    assert "All that you typed is still here" in page.text
    assert runs_on(client.post(path, {"runs": PASTED, "served_to": mark_of(shifter)}, follow=True)) == [325002, 325000]


@every_page
def test_a_search_is_of_whoever_sends_it(client, guest, shifter, world, path):
    client.force_login(guest)
    assert client.post(path, {"runs": "325000", "served_to": mark_of(shifter)}).status_code == 302


@pytest.mark.parametrize("path", [BOARD, LIST, FILES[0]])
def test_an_old_long_address_survives_the_sign_in(client, shifter, world, path):
    url = f"{path}?runs={'+'.join(map(str, RUNS[:500]))}"
    waiting = client.get(url)
    assert waiting.status_code == 403
    page = client.post(LOGIN, {"next": url, "username": "shifter", "password": "shifter"})
    assert (page.status_code, f'href="{url}"' in page.text) == (200, True)
    again = client.get(url)
    assert again.status_code == 200
    assert again.streaming or "too long to go on from" in again.text


def test_a_claim_at_an_old_long_address_leads_back_to_it(as_shifter, world):
    url = f"{BOARD}?runs={'+'.join(map(str, RUNS[:500]))}"
    page = as_shifter.post("/openruns/claims/", {"claim": f"325000/express/{EXPRESS}", "next": url})
    assert f'href="{url}"' in page.text
    assert "is yours." in page.text


@pytest.mark.parametrize("url", ["https://evil.test/?a", "//evil.test?a", "/\\evil.test?a", "https:evil?" + "a" * 3000])
def test_the_sign_in_leads_to_no_other_site(client, shifter, url):
    answer = client.post(LOGIN, {"next": url, "username": "shifter", "password": "shifter"})
    assert (answer.status_code, answer.url) == (302, "/")


@every_page
def test_a_stored_search_costs_one_query(as_shifter, world, shifter, path):
    key = store("325000", shifter).key

    def queries(query: dict[str, str]) -> int:
        cache.clear()
        as_shifter.get(path, query)
        with CaptureQueriesContext(connection) as captured:
            as_shifter.get(path, query)
        return len(captured)

    assert queries({"search": key}) == queries({"runs": "325000"}) + 1
