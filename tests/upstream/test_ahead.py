"""Several questions at once, one token for all, and an end to waiting."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from types import SimpleNamespace

import pytest
import responses
from django.conf import settings
from django.core.cache import caches

from upstream import budget
from upstream.ahead import Ahead
from upstream.errors import TimedOut, UnexpectedAnswer
from upstream.http import send
from upstream.tokens import bearer_token


class Client:
    """Each question waits for the other: only side by side do both get answered."""

    def __init__(self) -> None:
        self.both = Barrier(2, timeout=10)
        self.asked: list[str] = []

    def run(self, number: int) -> str:
        self.asked.append("run")
        self.both.wait()
        return f"run {number}"

    def fill(self, number: int) -> str:
        self.asked.append("fill")
        self.both.wait()
        raise LookupError(f"fill {number}")

    def alone(self) -> str:
        return "asked when needed"


def test_what_is_asked_ahead_is_asked_side_by_side_and_once():
    client = Client()
    ahead = Ahead(client)
    ahead.ask("run", 1)
    ahead.ask("fill", 2)
    assert ahead.run(1) == ahead.run(1) == "run 1"
    with pytest.raises(LookupError, match="fill 2"):
        ahead.fill(2)
    assert sorted(client.asked) == ["fill", "run"]
    assert ahead.alone() == "asked when needed"


def test_an_answer_that_never_ends_is_not_waited_for_beyond_the_budget(settings):
    settings.UPSTREAM_PAGE_BUDGET = 0.05
    client, released = SimpleNamespace(service=SimpleNamespace(name="OMS")), Event()
    client.run = lambda number: released.wait(10)
    ahead = Ahead(client)

    def page(request) -> None:
        ahead.ask("run", 1)
        ahead.run(1)

    with pytest.raises(TimedOut, match="OMS did not answer in time"):
        budget.PageBudgetMiddleware(page)(None)
    released.set()


def test_fifty_first_questions_make_one_token_request(outside):
    start = Barrier(50, timeout=30)

    def ask(_: int) -> str:
        start.wait()
        return bearer_token("cmsoms-prod")

    with ThreadPoolExecutor(50) as pool:
        tokens = set(pool.map(ask, range(50)))
    assert tokens == {"t0ken"}
    assert len(outside.calls) == 1


def test_another_thread_that_asks_is_waited_for(outside):
    key = f"sso-token:{settings.SSO_CLIENT_ID}:cmsoms-prod"
    cache = caches["process"]
    cache.set(f"{key}:asking", True)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(bearer_token, "cmsoms-prod")
        cache.set(key, "from the other thread")
        cache.delete(f"{key}:asking")
        assert waiting.result(timeout=10) == "from the other thread"
    assert not outside.calls


def test_one_that_died_while_asking_is_not_waited_for_for_ever(outside):
    caches["process"].set(f"sso-token:{settings.SSO_CLIENT_ID}:cmsoms-prod:asking", True, timeout=0.05)
    assert bearer_token("cmsoms-prod") == "t0ken"


def test_a_page_that_has_used_up_its_budget_asks_nobody(outside, settings):
    settings.UPSTREAM_PAGE_BUDGET = 0
    page = budget.PageBudgetMiddleware(lambda request: send("OMS", "GET", "https://oms.test/agg/api/v1/runs"))
    with pytest.raises(TimedOut):
        page(None)
    assert not outside.calls
    assert budget.remaining() == float("inf")


def test_the_limits_of_a_call_shrink_with_the_budget(outside, settings):
    settings.UPSTREAM_PAGE_BUDGET = 1.5
    outside.get("https://oms.test/agg/api/v1/runs", json={})
    page = budget.PageBudgetMiddleware(lambda request: send("OMS", "GET", "https://oms.test/agg/api/v1/runs"))
    started = time.monotonic()
    page(None)
    connect, read = outside.calls[0].request.req_kwargs["timeout"]
    assert connect <= 1.5
    assert read <= 1.5
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize("token", ["t\u20acken", "t0\nken", "t0 ken", "", 5, None])
def test_a_token_that_no_header_carries_is_no_token(token):
    with responses.RequestsMock() as mock:
        mock.post(settings.SSO_TOKEN_URL, json={"access_token": token, "expires_in": 1200})
        with pytest.raises(UnexpectedAnswer, match="SSO"):
            bearer_token("cmsoms-prod")
