"""Two people changed the same certification: one chooses which version is kept, or what of both."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.functional import cached_property

from certify import merge
from certify.buttons import Button
from certify.exceptions import CertificationOvertaken
from certify.links import url_of
from listruns.update import UpdateRunView


class ConflictView(UpdateRunView):
    """A form without a choice, as after a lost session, shows both versions once more."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(self.canonical_url())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        choice = request.POST.get(Button.MERGE)
        if choice == merge.THEIRS:
            return self.leave_theirs()
        if choice in (merge.MINE, merge.MIX):
            return super().post(request, *args, **kwargs)
        stored = self.context.certification
        return self.choose_between(stored, CertificationOvertaken(stored))

    @property
    def is_submit(self) -> bool:
        return Button.MERGE in self.request.POST

    @cached_property
    def typed(self) -> QueryDict | None:
        return merge.merged(self.request.POST, self.context.certification)

    def leave_theirs(self) -> HttpResponse:
        self.drop_draft()
        messages.info(self.request, "What is stored stays; nothing of yours was saved.")
        return redirect(url_of(self.context.certification))
