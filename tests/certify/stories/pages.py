"""What a browser makes of a page: its forms that are sent by POST, each with what it would send."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

Fields = dict[str, list[str]]
Attributes = dict[str, str | None]


@dataclass
class Form:
    """`fields`: what is sent if nobody touches it; `options`: what radio buttons, boxes and selects offer."""

    url: str
    fields: Fields = field(default_factory=dict)
    options: Fields = field(default_factory=dict)


def forms_of(page: Any) -> list[Form]:
    path, query = page.request["PATH_INFO"], page.request["QUERY_STRING"]
    reader = _Reader(f"{path}?{query}" if query else path)
    reader.feed(page.text)
    reader.close()
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self, here: str) -> None:
        super().__init__()
        self.here = here
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._name = self._text = ""
        self._option: Attributes | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "form" and given.get("method") == "post":
            self._form = Form(given.get("action") or self.here)
            self.forms.append(self._form)
        elif self._form is None or "disabled" in given:
            return
        elif tag == "input" and given.get("name"):
            self._input(given)
        elif tag in ("select", "textarea"):
            self._name, self._text = given["name"] or "", ""
        elif tag == "option":
            self._option, self._text = given, ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif self._form and tag == "textarea":
            # HTML drops one line break after the start tag.
            self._form.fields[self._name] = [self._text.removeprefix("\r\n").removeprefix("\n")]
        elif self._form and self._option is not None and tag == "option":
            self._offer(self._option.get("value", self._text) or "", "selected" in self._option)
            self._option = None

    def _input(self, given: Attributes) -> None:
        name, value = given["name"] or "", given.get("value") or ""
        if given.get("type") in ("radio", "checkbox"):
            value = given.get("value", "on") or ""
            self._form.options.setdefault(name, []).append(value)
            if "checked" not in given:
                return
        self._form.fields.setdefault(name, []).append(value)

    def _offer(self, value: str, is_chosen: bool) -> None:
        options = self._form.options.setdefault(self._name, [])
        options.append(value)
        if is_chosen or len(options) == 1:
            self._form.fields[self._name] = [value]
