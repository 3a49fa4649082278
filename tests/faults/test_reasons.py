"""The administrator reads in the log why a service is not well, once; people read whose fault it is and what to do."""

from __future__ import annotations

import html
import logging
from contextlib import suppress
from datetime import timedelta

import pytest
import trustme

from oms.client import OmsClient
from oms.exceptions import OmsApiError
from tests.faults.browser import Browser
from tests.faults.conftest import move
from tests.faults.places import with_certificate
from upstream.errors import UpstreamError

REASONS = {
    "refused": "connection refused",
    "dns": "its host name does not resolve",
    "connect_timeout": "no connection in time",
    "hang_after_headers": "connected, but no answer in time",
    "expired_certificate": "its certificate has expired",
    "other_host": "its certificate is for another host name",
    "unknown_authority": "its certificate is of an unknown authority; see UPSTREAM_CA_BUNDLE",
    "no_bundle": "UPSTREAM_CA_BUNDLE names no file",
    "empty_bundle": "UPSTREAM_CA_BUNDLE holds no certificate",
    "truncated": "its answer is clipped",
    "error_html": "status 500",
}


@pytest.fixture(params=REASONS)
def reason(request, services, simulator, places, monkeypatch, tmp_path):
    """OMS is ill for this reason."""
    if request.param in ("truncated", "error_html"):
        simulator.faults.set("oms", request.param)
    elif request.param in ("no_bundle", "empty_bundle"):
        (tmp_path / "empty_bundle").write_text("nothing")
        services.UPSTREAM_CA_BUNDLE = str(tmp_path / request.param)
        move(services, "oms", places["valid_certificate"])
    elif request.param == "other_host":
        move(services, "oms", places["valid_certificate"].replace("127.0.0.1", "localhost"))
    elif request.param == "unknown_authority":
        with with_certificate(trustme.CA(), timedelta(days=1)) as place:
            move(services, "oms", place)
            yield REASONS[request.param]
        return
    else:
        request.getfixturevalue("nobody_resolves")
        move(services, "oms", places[request.param])
    yield REASONS[request.param]


def ask(run: int = 325000) -> None:
    with suppress(UpstreamError, OmsApiError):
        OmsClient().run(run)


def told(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "upstream.health"]


def test_the_log_names_the_reason_once_and_when_it_is_over(reason, services, simulator, caplog):
    caplog.set_level(logging.INFO)
    for _ in range(4):
        ask()
    (line,) = told(caplog)
    assert line.startswith("OMS is not well: OMS ")
    assert reason in line


def test_when_it_is_over_the_log_says_so_once(services, simulator, caplog):
    caplog.set_level(logging.INFO)
    for run, fault in enumerate(("error_json", None, None, "error_json"), start=325000):
        simulator.faults.clear()
        if fault:
            simulator.faults.set("oms", fault)
        ask(run)
    assert [line.split(" after ")[0] for line in told(caplog)] == [
        "OMS is not well: OMS answered with an error of its own (status 500).",
        "OMS is well again,",
        "OMS is not well: OMS answered with an error of its own (status 500).",
    ]


def test_the_page_says_whose_fault_it_is_and_what_to_do(reason, visitor: Browser, run: int):
    page = visitor.get(f"/certify/{run}/express/")
    (notice,) = [each for each in page.context["warnings"] if each.service == "OMS"]
    assert notice.sentence.startswith("OMS ") and notice.sentence in html.unescape(page.text)
    assert notice.advice in html.unescape(page.text)
    assert "fill in what you know" in notice.advice.lower()
    assert "CertHelper maintainers" in notice.advice


@pytest.mark.parametrize("fault", ["error_json", "truncated"])
def test_a_search_says_what_to_do_too(services, simulator, visitor: Browser, run: int, fault):
    simulator.faults.set("runregistry", fault)
    page = visitor.get("/openruns/", {"runs": run})
    assert page.context["found"].failure.service == "The Run Registry"
    assert "if it lasts, tell the CertHelper maintainers" in page.text
    page = visitor.get(f"/certify/{run}/")
    assert page.status_code == 503
    assert "if it lasts, tell the CertHelper maintainers" in page.text
    assert "if it lasts, tell the CertHelper maintainers" in visitor.get("/status/").text
