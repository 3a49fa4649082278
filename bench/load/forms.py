"""A form of a page with what a browser would send of it."""

from __future__ import annotations

from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__()
        self._form_id = form_id
        self._is_in_it = False
        self._select = ""
        self._text = ""
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.unticked: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = dict(attributes)
        if tag == "form":
            self._is_in_it = said.get("id") == self._form_id
            if self._is_in_it:
                self.action = said.get("action") or ""
        elif self._is_in_it:
            self._field(tag, said, said.get("name") or "")

    def _field(self, tag: str, said: dict[str, str | None], name: str) -> None:
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._text = name
        elif tag == "option" and self._select and ("selected" in said or self._select not in self.fields):
            self.fields[self._select] = said.get("value") or ""
        elif tag == "input" and said.get("type") in ("checkbox", "radio") and "checked" not in said:
            self.unticked |= {name} if said["type"] == "checkbox" else set()
        elif tag == "input" and name:
            self.fields[name] = said.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self._text:
            # The first line break after <textarea> is none.
            self.fields[self._text] = data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_in_it = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._text = ""


def read_form(html: str, form_id: str) -> _Reader | None:
    """None where the page does not have it."""
    reader = _Reader(form_id)
    reader.feed(html)
    return None if reader.action is None else reader
