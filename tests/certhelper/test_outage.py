"""The database gone, full or not migrated, no static files, no worker: what probes, people and the log are told."""

import logging
import os
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from certhelper.outage import OncePerSecond
from certhelper.readiness import watch
from certify.models import Round


def _ready(client) -> tuple[int, str]:
    watch.forget()
    answer = client.get("/readyz")
    return answer.status_code, answer.text


def test_all_is_well_while_a_worker_goes_round(client, db):
    Round.objects.note(runs=0, completed=0)
    assert _ready(client) == (200, "ready")


def test_a_missing_worker_is_told(client, as_shifter, db):
    status, said = _ready(client)
    assert (status, said.splitlines()[0]) == (200, "ready, degraded")
    assert "no worker has been running yet" in said
    Round.objects.note(runs=0, completed=0)
    Round.objects.update(ended_at=timezone.now() - timedelta(hours=1))
    assert "no worker has ended a round since" in _ready(client)[1]
    assert "missing" in as_shifter.get("/status/").text
    Round.objects.note(runs=0, completed=0)
    assert "missing" not in as_shifter.get("/status/").text


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, DatabaseError])
def test_a_database_that_does_not_answer_or_store_is_not_ready(client, db, monkeypatch, error):
    def lost(*args, **kwargs):
        raise error("secret host name")

    with monkeypatch.context() as patch:
        patch.setattr(Session.objects, "update_or_create", lost)
        status, said = _ready(client)
    assert (status, said.splitlines()[0]) == (503, "not ready")
    assert error.__name__ in said
    assert "secret" not in said


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a full PostgreSQL is tried by bench.load")
def test_a_full_disk_is_not_ready_and_people_get_a_page(client, as_shifter, transactional_db):
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count")
        (limit,) = cursor.fetchone()
        cursor.execute("PRAGMA max_page_count = 1")  # as many as there are
        try:
            Session.objects.all().delete()
            for size in (40_000, 4_000, 400):  # until there is room for nothing, whatever the tests before left
                with pytest.raises(OperationalError, match="full"):
                    for number in range(10_000):
                        Session.objects.create(
                            pk=f"{size} {number}", session_data="x" * size, expire_date=timezone.now()
                        )
            assert "nothing can be stored" in _ready(client)[1]
        finally:
            cursor.execute(f"PRAGMA max_page_count = {limit}")
    watch.forget()
    assert client.get("/readyz").status_code == 200


def test_pending_migrations_are_not_ready_by_name(client, db):
    (newest,) = MigrationExecutor(connection).loader.graph.leaf_nodes("certify")
    MigrationRecorder.Migration.objects.filter(app="certify", name=newest[1]).delete()
    status, said = _ready(client)
    assert status == 503
    assert f"certify.{newest[1]}" in said and "manage.py migrate" in said


def test_static_files_that_were_not_collected_are_not_ready_by_name(client, db, monkeypatch, settings, tmp_path):
    settings.STATIC_ROOT = str(tmp_path)
    monkeypatch.setattr("certhelper.readiness.staticfiles_storage", ManifestStaticFilesStorage())
    status, said = _ready(client)
    assert status == 503
    assert "manage.py collectstatic" in said


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
@pytest.mark.parametrize("host", [None, "10.1.2.3:8000", "nobody.knows.it", "a b"])
def test_a_probe_is_answered_whatever_name_it_calls_us_by(client, db, settings, url, host):
    settings.SECURE_SSL_REDIRECT = True
    headers = {} if host is None else {"HTTP_HOST": host}
    assert client.get(url, **headers).status_code == 200
    assert client.head(url, **headers).status_code == 200


@pytest.fixture
def lost_database(client, monkeypatch):
    def lost(*args, **kwargs):
        raise OperationalError("connection refused, secret host name")

    client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", lost)
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.save", lost)
    client.cookies["sessionid"] = "x" * 32


@pytest.mark.parametrize("path", ["/", "/list/", "/openruns/", "/certify/325000/express/", "/admin/", "/status/"])
def test_without_a_database_a_page_says_so_and_when_to_try_again(client, db, lost_database, path):
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "does not answer" in answer.text
    assert "secret" not in answer.text


def test_who_sends_a_form_is_promised_nothing(client, db, lost_database):
    answer = client.post("/certify/325000/express/", {"comment": "x"})
    assert answer.status_code == 503
    assert "Whether this was stored is not known" in answer.text


def test_any_other_error_stays_one(client, db, monkeypatch):
    def broken(*args, **kwargs):
        raise ImproperlyConfigured("ours")

    client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", broken)
    client.cookies["sessionid"] = "x" * 32
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something broke" in answer.text


def outage_line(error: Exception) -> logging.LogRecord:
    return logging.LogRecord("django.request", logging.ERROR, "", 0, "%s", ("x",), (type(error), error, None))


def test_a_lost_database_costs_the_log_one_line_a_second(tmp_path):
    limit = OncePerSecond(tmp_path / "last")
    first, second, other = (
        outage_line(each) for each in (OperationalError("gone\nDETAIL"), OperationalError("gone"), ValueError("ours"))
    )
    assert [limit.filter(each) for each in (first, second, other)] == [True, False, True]
    assert (first.getMessage(), first.exc_info) == ("The database does not answer: gone", None)
    assert other.exc_info


def test_all_processes_together_write_one_line_a_second(tmp_path):
    last = tmp_path / "last"
    processes = [OncePerSecond(last) for _ in range(3)]
    written = [limit.filter(outage_line(OperationalError("gone"))) for limit in processes]
    assert written == [True, False, False]
    os.utime(last, (0, 0))
    assert processes[1].filter(outage_line(OperationalError("gone")))


def test_where_no_file_can_be_written_each_process_writes_for_itself(tmp_path):
    nowhere = tmp_path / "not there" / "last"
    processes = [OncePerSecond(nowhere) for _ in range(2)]
    assert all(limit.filter(outage_line(OperationalError("gone"))) for limit in processes)
    assert not any(limit.filter(outage_line(OperationalError("gone"))) for limit in processes)
