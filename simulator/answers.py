"""An answer before it is put on the wire."""

import json
from dataclasses import dataclass
from typing import Any

JSON = "application/json"
JSON_UTF8 = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    content_type: str = JSON
    location: str = ""


@dataclass(frozen=True)
class Request:
    """`headers` are in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes = b""


def json_answer(payload: Any, status: int = 200, content_type: str = JSON) -> Answer:
    return Answer(status, json.dumps(payload).encode(), content_type)


def html_answer(html: str, status: int = 200) -> Answer:
    return Answer(status, html.encode("utf-8", "replace"), HTML)


def redirect(location: str, status: int = 302) -> Answer:
    return Answer(status, b"", HTML, location)


def login_page() -> Answer:
    return html_answer(
        '<!DOCTYPE html><html lang="en"><head><title>Sign in to CERN</title></head><body><h1>Sign in</h1>'
        '<form method="post"><input name="username"><input name="password" type="password"></form></body></html>'
    )


def not_found(request: Request) -> Answer:
    return html_answer(f"<!DOCTYPE html><html><body><pre>Cannot {request.method} this path</pre></body></html>", 404)
