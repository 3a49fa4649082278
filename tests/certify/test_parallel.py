"""Many people at the same moment, on the database that the tests run on."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from certify.models import TrackerCertification
from oms.models import OmsFill, OmsRun
from tests.factories import VERDICT, make_user


@pytest.mark.django_db(transaction=True)
def test_of_many_submissions_at_once_exactly_one_is_saved_and_every_loser_is_told(
    outside, oms_is_down, registry_is_down
):
    people = [make_user(f"shifter-{number}") for number in range(8)]
    start = Barrier(len(people))

    def submit(user) -> tuple[int, str]:
        client = Client()
        client.force_login(user)
        start.wait(timeout=20)
        data = {**VERDICT, "omsrun-run_type": "collisions", "omsfill-fill_number": "7324", "comment": user.username}
        try:
            answer = client.post("/certify/325000/express/", data)
            return answer.status_code, answer.content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(submit, people))
    saved = TrackerCertification.objects.get()
    assert sorted(status for status, _ in answers) == [302] + [409] * (len(people) - 1)
    losers = [(user, page) for user, (status, page) in zip(people, answers, strict=True) if status == 409]
    assert all(f"was certified by {saved.author}" in page and user.username in page for user, page in losers)
    assert (OmsRun.objects.count(), OmsFill.objects.count()) == (1, 1)
