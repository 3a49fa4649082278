"""Many with the same question make one request."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from oms.exceptions import OmsApiDataInvalid, OmsApiRunNumberNotFound
from runregistry.exceptions import RunRegistryDataInvalid
from upstream.errors import ServerError, TimedOut, UpstreamError
from upstream.flight import shared

FAILURES = (UpstreamError,)


def twenty(ask) -> list:
    start = Barrier(20, timeout=30)

    def one(_: int) -> object:
        start.wait()
        try:
            return shared("OMS", "the-question", ask, FAILURES)
        except UpstreamError as failure:
            return str(failure)

    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(one, range(20)))


def test_twenty_who_ask_at_once_share_the_answer_also_when_it_is_none():
    asked, done = [], Event()

    def ask() -> None:
        asked.append(1)
        done.wait(0.2)

    assert twenty(ask) == [None] * 20
    assert len(asked) == 1


def test_those_who_waited_share_the_failure_and_who_comes_later_asks_again():
    asked, done = [], Event()

    def ask() -> None:
        asked.append(1)
        done.wait(0.2)
        raise ServerError("OMS", "status 500")

    assert set(twenty(ask)) == {"OMS answered with an error of its own (status 500)."}
    first = len(asked)
    assert first < 20, "those who came while one asked did not ask"
    assert shared("OMS", "the-question", lambda: "well again", FAILURES) == "well again"


def test_another_failure_passes_and_leaves_nobody_waiting():
    def ask() -> None:
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            shared("OMS", "the-question", ask, FAILURES)


@pytest.mark.parametrize(
    "failure",
    [
        TimedOut("OMS", "why"),
        OmsApiRunNumberNotFound(325000),
        OmsApiDataInvalid("run 325000"),
        RunRegistryDataInvalid(),
    ],
)
def test_what_is_shared_survives_the_way_to_another_process(failure):
    told = pickle.loads(pickle.dumps(failure))
    assert type(told) is type(failure)
    assert str(told) == str(failure)
