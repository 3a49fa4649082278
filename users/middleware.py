from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from users.carry import pairs
from users.handover import handed_over, is_for_anybody


class ServedToMiddleware:
    """No view sees a form that was served to somebody else than who is signed in.

    A form that does not say who it was served to, as a program's, is of who is signed in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.method != "POST" or not request.user.is_authenticated or is_for_anybody(request):
            return None
        return handed_over(request, request.get_full_path(), pairs(request.POST))
