"""One door for requests: what can't be read is refused in words before any view, what no database holds is replaced."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any

from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import BadRequest
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.shortcuts import render

_NUL, _SHOWN = "\x00", "\N{REPLACEMENT CHARACTER}"
_READ_AS_UTF_8 = ("utf-8", "ascii")


class RequestRefused(BadRequest):
    """`str()` is a sentence for who sent it."""

    status = 400


class OtherEncoding(RequestRefused):
    status = 415


class FilesSent(RequestRefused):
    status = 415


class NoFiles(FileUploadHandler):
    """No page takes files: one that is sent anyway is not kept for a moment, whatever its size."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise FilesSent("No files are taken here. Send the form without a file.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Never comes so far."""

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """Never comes so far."""


class Request(WSGIRequest):
    """One whose Content-Type nobody can read has none: what its body says is not guessed."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)
        except ValueError:  # codecs raise more kinds of it than LookupError
            self.content_type, self.content_params, self._encoding = "", {"charset": "?"}, None


class ReadableMiddleware:
    """NUL, which PostgreSQL does not hold, ends here: in a path it is no address, elsewhere it shows as U+FFFD.

    Left out, it would make another word of what was sent.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _NUL in request.path_info:
            raise Http404
        # An address is in UTF-8, whatever its header says of a body; a body is, or was refused.
        is_utf_8 = _is_utf_8(request.content_params.get("charset", "utf-8"))
        request.encoding = None
        if request.method == "POST":
            if not is_utf_8:
                raise OtherEncoding("A form is read in UTF-8 only, and this one says that it is in another encoding.")
            request.POST = _without_nul(_sent(request))
        request.GET = _without_nul(request.GET)
        request.COOKIES = {name: value.replace(_NUL, _SHOWN) for name, value in request.COOKIES.items()}
        return self.get_response(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page of what Django refuses, and of what is refused here."""
    is_ours = isinstance(exception, RequestRefused)
    sentence = exception if is_ours else ""
    if isinstance(exception, SessionInterrupted):
        sentence = "You signed out in another tab at this very moment. Sign in and look whether it was done."
    context = {"sentence": sentence}
    return render(request, "400.html", context, status=exception.status if is_ours else 400)


def _is_utf_8(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name in _READ_AS_UTF_8
    except (LookupError, ValueError):
        return False


def _sent(request: HttpRequest) -> QueryDict:
    try:
        return request.POST
    except UnreadablePostError as exc:
        raise RequestRefused("The form did not arrive whole. Send it again.") from exc


def _without_nul(data: QueryDict) -> QueryDict:
    if not any(_NUL in text for name, values in data.lists() for text in (name, *values)):
        return data
    cleaned = QueryDict(mutable=True)
    for name, values in data.lists():
        for value in values:
            cleaned.appendlist(name.replace(_NUL, _SHOWN), value.replace(_NUL, _SHOWN))
    cleaned._mutable = False
    return cleaned
