"""Many searches at the same moment, on the database that the tests run on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from searches.keeping import MOST_OF_A_GUEST, QuotaReached, store
from searches.models import StoredSearch

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 8


def at_once(search: Callable[[int], str]) -> list[str]:
    start = Barrier(MANY)

    def one(number: int) -> str:
        start.wait(timeout=20)
        try:
            return search(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(one, range(MANY)))


def test_the_same_text_sent_by_many_is_stored_once(shifter):
    assert len(set(at_once(lambda number: store("325000", shifter).key))) == 1
    assert StoredSearch.objects.count() == 1


def test_a_guest_does_not_get_around_the_quota_by_haste(guest):
    for number in range(MOST_OF_A_GUEST - 1):
        store(str(325000 + number), guest)

    def search(number: int) -> str:
        try:
            return store(str(326000 + number), guest).text
        except QuotaReached:
            return "refused"

    assert sorted(at_once(search))[1:] == ["refused"] * (MANY - 1)
    assert StoredSearch.objects.count() == MOST_OF_A_GUEST
