"""Asking as a web server does it, which closes its answers; the test's connection to the database stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import Client


@contextmanager
def connection_kept() -> Iterator[None]:
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


def ask(client: Client, method: str, path: str, *args: Any, **kwargs: Any) -> HttpResponse:
    answer = client.generic(method, path, *args, **kwargs)
    with connection_kept():
        answer.close()
    return answer
