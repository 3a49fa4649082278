"""What a browser does with a page: waits for it, reads what it says, sends its form."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import Any

from django.conf import settings
from django.test import Client

# Beyond what the services may take together: our own work, on a busy machine.
_OUR_OWN_SECONDS = 1.0
_FOREIGN = ("500 Internal Server Error", "Sign in to CERN", 'type="password"', "this is not JSON", "Access denied")
_TAG = re.compile(r"</?\w+>")
_WARNING = re.compile(r'<div class="note-warn" role="status">(.*?)</div>', re.DOTALL)


class Browser:
    """Every page it is given came in time and shows nothing of an upstream's own pages."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, url: str, query: Mapping[str, Any] | None = None) -> Any:
        return _checked(lambda: self._client.get(url, query))

    def post(self, url: str, fields: Mapping[str, Any]) -> Any:
        return _checked(lambda: self._client.post(url, fields))


def warnings_of(page: Any) -> list[str]:
    return [html.unescape(_TAG.sub("", warning)) for warning in _WARNING.findall(page.text)]


def fields_of(page: Any) -> dict[str, Any]:
    """Name → what the certification form of the page would send."""
    form = _Form()
    form.feed(page.text)
    form.close()
    return form.fields


def _checked(ask: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    page = ask()
    took = time.perf_counter() - start
    assert took <= settings.UPSTREAM_PAGE_BUDGET + _OUR_OWN_SECONDS, f"it took {took:.2f} s"
    shown = [text for text in _FOREIGN if text in html.unescape(page.text)]
    assert not shown, f"the page shows {shown}"
    return page


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}
        self._is_inside = False
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "form":
            self._is_inside = given.get("id") == "certify-form"
        elif not self._is_inside:
            return
        elif tag == "input":
            self._input(given)
        elif tag == "textarea":
            self._textarea = given["name"]
            self.fields[self._textarea] = ""
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and (self._select not in self.fields or "selected" in given):
            self.fields[self._select] = given["value"]

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # HTML drops one line break after the start tag.
            self.fields[self._textarea] = self.fields[self._textarea].removeprefix("\r\n").removeprefix("\n")
            self._textarea = ""
        elif tag == "form":
            self._is_inside = False

    def _input(self, given: dict[str, str | None]) -> None:
        is_off = given.get("type") in ("radio", "checkbox") and "checked" not in given
        if given.get("name") and not is_off and "disabled" not in given:
            self.fields[given["name"]] = given.get("value") or ""
