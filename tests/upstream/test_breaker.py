"""A service that keeps failing costs no page more than a moment, and is noticed when it is back."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

import pytest
from django.core.cache import cache

from upstream import breaker
from upstream.budget import PageBudgetMiddleware
from upstream.errors import RequestRefused, Resting, ServerError, TimedOut, TokenRefused
from upstream.health import FAILURES_UNTIL_OPEN, health_of, health_of_all
from upstream.threads import in_flight


def fails(error: type = ServerError) -> Callable[[], None]:
    def question() -> None:
        raise error("OMS")

    return question


def break_it() -> None:
    for _ in range(FAILURES_UNTIL_OPEN):
        with pytest.raises(ServerError):
            breaker.ask("OMS", fails())


def test_an_answer_is_passed_on_and_noted():
    assert breaker.ask("OMS", lambda: 42) == 42
    health = health_of("OMS")
    assert health.last_success
    assert not health.is_ill


def test_one_failure_is_told_with_its_words_and_the_service_asked_again():
    with pytest.raises(ServerError):
        breaker.ask("OMS", fails())
    health = health_of("OMS")
    assert health.is_ill and not health.is_open
    assert health.last_error == "OMS answered with an error of its own."
    assert breaker.ask("OMS", lambda: 42) == 42
    assert not health_of("OMS").is_ill
    assert health_of("OMS").last_error, "what went wrong last stays to be read"


@pytest.mark.parametrize("error", [RequestRefused, TokenRefused, Resting])
def test_a_wrong_question_and_an_old_token_are_no_illness(error):
    with pytest.raises(error):
        breaker.ask("OMS", fails(error))
    assert not health_of("OMS").is_ill


def test_a_refusal_is_shown_though_the_service_is_well(caplog):
    """As by a wrong address of it, which every question is refused for."""
    for _ in range(2):
        with pytest.raises(RequestRefused):
            breaker.ask("OMS", fails(RequestRefused))
    health = health_of("OMS")
    assert (health.is_ill, health.last_error) == (False, str(RequestRefused("OMS")))
    assert health.last_error_at
    assert [record.getMessage() for record in caplog.records].count(f"OMS refuses: {RequestRefused('OMS')}") == 1


def test_an_old_token_is_asked_for_again_and_no_error_to_be_shown():
    with pytest.raises(TokenRefused):
        breaker.ask("OMS", fails(TokenRefused))
    assert not health_of("OMS").last_error


def test_the_illness_began_with_the_first_failure():
    break_it()
    since = health_of("OMS").ill_since
    with pytest.raises(ServerError):
        breaker.ask("OMS", fails())
    assert health_of("OMS").ill_since == since
    assert health_of("The Run Registry").ill_since is None
    assert [health.is_open for health in health_of_all()] == [True, False, False]


def test_when_it_is_back_the_very_next_question_is_answered():
    break_it()
    assert health_of("OMS").is_open
    assert breaker.ask("OMS", lambda: 42) == 42
    assert not health_of("OMS").is_ill


def test_a_service_that_hangs_is_probed_by_one_and_not_waited_for(monkeypatch):
    monkeypatch.setattr(breaker, "PATIENCE", 0.05)
    break_it()
    released, asked = Event(), []

    def hangs() -> str:
        asked.append(1)
        released.wait(10)
        return "late"

    def ask(_: int) -> None:
        with pytest.raises(Resting, match="OMS is not well, so it was not asked"):
            breaker.ask("OMS", hangs)

    started = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(ask, range(20)))
    assert time.monotonic() - started < 2
    assert len(asked) == 1
    released.set()
    wait(list(in_flight), timeout=10)
    # The answer that came too late for the page still says that the service is back.
    assert not health_of("OMS").is_ill


def test_a_probe_of_another_process_is_waited_for_only_while_it_is_new(monkeypatch):
    break_it()
    cache.set("upstream-probe:OMS", time.time() - 5)
    asked = []
    started = time.monotonic()
    with pytest.raises(Resting):
        breaker.ask("OMS", lambda: asked.append(1))
    assert time.monotonic() - started < breaker.PATIENCE
    assert not asked


def test_a_question_that_never_comes_back_ends_with_the_budget(settings):
    settings.UPSTREAM_PAGE_BUDGET = 0.05
    released = Event()

    def page(request: object) -> None:
        breaker.ask("OMS", lambda: released.wait(10))

    started = time.monotonic()
    with pytest.raises(TimedOut):
        PageBudgetMiddleware(page)(None)
    assert time.monotonic() - started < 2
    assert health_of("OMS").is_ill
    released.set()
