"""The browser tests and the demo run behind the limits that production has."""

import re
from pathlib import Path

import pytest
import requests
from django.conf import settings

from simulator.serving import OneProcess

pytestmark = [pytest.mark.e2e]

LONGEST_LINE = 4094  # of a request, gunicorn's default
LONGEST_FIELD = 8190


def test_an_address_and_a_header_may_be_as_long_as_in_production(url):
    def asked(length: int, **headers: str) -> int:
        around = len("GET  HTTP/1.1\r\n")
        path = "/healthz?".ljust(length - around, "x")
        return requests.get(url + path, headers=headers, timeout=10).status_code

    assert asked(LONGEST_LINE) == 200
    assert asked(LONGEST_LINE + 10) == 414
    assert asked(100, cookie="x" * LONGEST_FIELD) == 431


def test_its_options_are_those_of_the_readme_but_for_the_processes():
    line = re.search(r"`gunicorn (certhelper\.wsgi:application .*?)`", Path(settings.BASE_DIR, "README.md").read_text())
    words = line[1].split()[1:]
    said = {name.removeprefix("--"): int(value) for name, value in zip(words[::2], words[1::2], strict=True)}
    ours = OneProcess(0).cfg
    assert {name: getattr(ours, name) for name in said} == {**said, "workers": 1}
    assert ours.worker_class_str == "gthread"
    assert (ours.limit_request_line, ours.limit_request_field_size) == (LONGEST_LINE, LONGEST_FIELD)
