"""Storing searches, finding them again, and forgetting those that nobody uses."""

from datetime import timedelta
from threading import Event

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from certify.rounds import one_round
from searches.keeping import MOST_OF_A_GUEST, QuotaReached, SearchGone, forget_the_outlived, store, text_of
from searches.models import StoredSearch, key_of, today

pytestmark = pytest.mark.django_db


def aged(days: int, text: str = "325000") -> StoredSearch:
    key = key_of(text)
    return StoredSearch.objects.create(key=key, text=text, last_used_on=today() - timedelta(days=days))


def test_the_same_text_is_one_search_whoever_sends_it(shifter, guest):
    first = store("325000\r\n325001", shifter)
    assert store(" 325000\n325001\n", guest) == first
    assert StoredSearch.objects.get().stored_by == shifter
    assert text_of(first.key) == "325000\n325001"


def test_another_text_is_another_search(shifter):
    assert store("325000 325001", shifter) != store("325001 325000", shifter)


@pytest.mark.parametrize("key", ["", "325000", "0" * 32, "0" * 31, "g" * 32, "0\x00", "é" * 32, "0" * 5000])
def test_what_names_no_search_is_gone(key):
    with pytest.raises(SearchGone, match="Paste the runs"):
        text_of(key)


def test_after_ninety_days_without_use_it_is_forgotten_and_a_use_begins_them_anew():
    used, unused = aged(90, "325000"), aged(91, "325001")
    assert forget_the_outlived() == 1
    assert not StoredSearch.objects.filter(pk=unused.pk).exists()
    text_of(used.pk)
    used.refresh_from_db()
    assert used.last_used_on == today()


def test_storing_it_again_is_a_use(shifter):
    old = aged(80)
    store("325000", shifter)
    old.refresh_from_db()
    assert old.last_used_on == today()


def test_the_worker_forgets_them(outside):
    aged(91)
    one_round(Event())
    assert not StoredSearch.objects.exists()


def test_it_is_found_where_its_use_can_not_be_stored(monkeypatch):
    old = aged(2)

    def full(*args, **kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr("django.db.models.query.QuerySet.update", full)
    assert text_of(old.pk) == "325000"


def test_a_guest_stores_so_many_a_day_and_finds_all_that_are_there(guest, shifter):
    known = store("the shifter's 1", shifter)
    for number in range(MOST_OF_A_GUEST):
        own = store(f"{325000 + number}", guest)
    with pytest.raises(QuotaReached, match="guests store up to 50 new searches a day"):
        store("326000", guest)
    assert store("the shifter's 1", guest) == known
    assert store(own.text, guest) == own
    StoredSearch.objects.filter(pk=own.pk).update(stored_at=own.stored_at - timedelta(hours=25))
    store("326000", guest)


def test_who_certifies_has_no_quota(shifter):
    for number in range(MOST_OF_A_GUEST + 1):
        store(f"{325000 + number}", shifter)


@pytest.mark.parametrize("text", ["", "x" * 20_001])
def test_the_database_holds_no_search_that_says_nothing_or_too_much(text):
    with pytest.raises(IntegrityError), transaction.atomic():
        StoredSearch.objects.create(key="0" * 32, text=text)


def test_the_database_holds_no_second_one_under_the_same_key():
    aged(0)
    with pytest.raises(IntegrityError), transaction.atomic():
        StoredSearch.objects.create(key=key_of("325000"), text="325001")
