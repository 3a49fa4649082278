"""What an address of the admin asks for and no column can hold."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ERROR_FLAG
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

# A number beyond the column's, a year beyond the calendar's.
_NO_VALUE = (OverflowError, ValueError, DataError)


class OddValuesAdmin(admin.ModelAdmin):
    """A list that can't be filtered as asked shows all, and says so. Django notices only some of it."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        shows_all = f"{request.path}?{ERROR_FLAG}=1"
        try:
            answer = super().changelist_view(request, extra_context)
            if hasattr(answer, "render"):  # it asks for the years and months only there
                answer.render()
        except _NO_VALUE:
            answer = redirect(shows_all)
        if answer.status_code == 302 and answer.url == shows_all:
            self.message_user(request, "Nothing can be like that: this is the whole list.", messages.WARNING)
        return answer
