"""A run that one answer of the Run Registry no longer has, while another brings a dataset of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from openruns import search
from runregistry.known import remember
from runregistry.models import KnownDataset, KnownRun
from runregistry.rows import RegistryDataset
from tests.factories import EXPRESS


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_locks where not granted")
        return cursor.fetchone()[0] > 0


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time")
@pytest.mark.django_db(transaction=True)
def test_the_run_and_what_was_brought_are_forgotten_together():
    KnownRun.objects.create(run_number=325000, asked_at=timezone.now())

    def forget() -> None:
        try:
            search._forget(Q(run_number=325000), [])
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            remember([RegistryDataset(325000, EXPRESS, "OPEN", "Collisions18")])
            forgetting = pool.submit(forget)
            while not (forgetting.done() or somebody_waits()):
                pass
        forgetting.result(timeout=20)
    assert not KnownRun.objects.exists() and not KnownDataset.objects.exists()
