"""Many people at the same moment, on the database that the tests run on."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client, override_settings

from certify import writer
from certify.models import RunReconstruction, TrackerCertification
from certify.writer import Act, Mode
from oms.models import OmsFill, OmsRun
from simulator.server import Simulator
from tests.factories import VERDICT, make_certification, make_user


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


@pytest.mark.django_db(transaction=True)
def test_a_hundred_submissions_of_twenty_reconstructions_by_ten_people_make_twenty_certifications(
    outside, oms_is_down, registry_is_down
):
    people = [make_user(f"shifter-{number}") for number in range(10)]
    targets = [(325000 + number, reco) for number in range(5) for reco in ("express", "prompt", "rereco", "rerecoul")]
    # Each person submits ten of the twenty, so that each reconstruction is submitted by five.
    work = [(user, targets[(2 * place + step) % 20]) for step in range(10) for place, user in enumerate(people)]
    at_once = 50  # connections: the database allows a hundred
    start = Barrier(at_once)

    def submit(number: int, user, target) -> int:
        client = Client(raise_request_exception=False)
        client.force_login(user)
        if number < at_once:
            start.wait(timeout=60)
        # All write to the same fill, too: that is where deadlocks would be.
        data = {**VERDICT, "omsrun-run_type": "collisions", "omsfill-fill_number": "7324", "comment": user.username}
        try:
            return client.post("/certify/{}/{}/".format(*target), data).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(at_once) as pool:
        jobs = [pool.submit(submit, number, *job) for number, job in enumerate(work)]
        statuses = [job.result() for job in jobs]
    assert len(work) == 100
    assert TrackerCertification.objects.count() == 20
    assert sorted(statuses) == [302] * 20 + [409] * 80
    assert sorted(targets) == sorted(
        TrackerCertification.objects.values_list("run_reconstruction__run_id", "run_reconstruction__reconstruction")
    )


@pytest.mark.django_db(transaction=True)
def test_twenty_people_who_open_the_same_new_run_at_once_make_one_set_of_questions():
    people = [make_user(f"shifter-{number}") for number in range(20)]
    start = Barrier(len(people))
    with Simulator(latency_ms=300) as simulator, override_settings(**addresses_of(simulator)):
        number = simulator.world.examples["collisions"]

        def open_page(user) -> int:
            client = Client()
            client.force_login(user)
            start.wait(timeout=20)
            try:
                return client.get(f"/certify/{number}/express/").status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(len(people)) as pool:
            statuses = list(pool.map(open_page, people))
        asked = sorted(f"{each['target']} {each['path'].rsplit('/', 1)[-1]}" for each in simulator.requests.all())
    assert statuses == [200] * 20
    assert asked == [
        "oms fills",
        "oms lumisections",
        "oms runs",
        f"runregistry {number}",
        "runregistry datasets_filtered_ordered",
        "sso token",
        "sso token",
    ]


def addresses_of(simulator: Simulator) -> dict[str, str]:
    return {
        "OMS_API_URL": simulator.oms_url,
        "RUN_REGISTRY_API_URL": simulator.run_registry_url,
        "SSO_TOKEN_URL": simulator.token_url,
    }


@pytest.mark.django_db(transaction=True)
def test_two_references_that_choose_each_other_at_once_are_both_saved():
    """On PostgreSQL: who locks a row with its key keeps everybody from referring to it."""
    people = [make_user(f"shifter-{number}") for number in range(2)]
    made = [make_certification(person, 325000 + number) for number, person in enumerate(people)]
    RunReconstruction.objects.update(is_reference=True)
    rounds = 6
    start = Barrier(len(people))

    def choose(number: int) -> list[int]:
        values = {**VERDICT, "reference_runreconstruction": made[1 - number].run_reconstruction}
        versions = []
        try:
            for version in range(1, rounds + 1):
                start.wait(timeout=20)
                # What is changed is locked before the reference is written.
                certification = writer.change(
                    made[number].pk, version, values, Act(people[number]), complete=False, mode=Mode.RECORDED
                )
                values["reference_runreconstruction"] = None if version % 2 else made[1 - number].run_reconstruction
                versions.append(certification.version)
        finally:
            connection.close()
        return versions

    with ThreadPoolExecutor(len(people)) as pool:
        assert list(pool.map(choose, range(len(people)))) == [list(range(2, rounds + 2))] * 2
