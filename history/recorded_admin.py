"""For what is kept in the admin: every change stands in the history, and no stale page overwrites another's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ManyToManyField, Model, ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format

from history.admin_changes import State, changes_between, fingerprint, last_change, plain_state, remember
from history.odd_values_admin import OddValuesAdmin
from users.served import typist_of

MADE_FROM = "made_from"


class MadeFromForm(forms.ModelForm):
    """The form of a stored row. It says what the row was when the page was made, and is refused when it changed."""

    made_from = forms.CharField(required=False, widget=forms.HiddenInput)
    # What the subject of its entries calls a row; "": the name of the model.
    kind = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before: State = {}
        if self.instance.pk:
            self.initial[MADE_FROM] = self._fingerprint(plain_state(self.instance))
        # A restored page must show what the server served: `made_from` is of that moment.
        for field in self.fields.values():
            # The admin wraps what chooses rows of other models.
            widget = getattr(field.widget, "widget", field.widget)
            widget.attrs = {**widget.attrs, "autocomplete": "off"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk:
            self._lock()
            if cleaned.get(MADE_FROM) != self._fingerprint(self.before):
                raise ValidationError(self._overtaken())
        return cleaned

    def _lock(self) -> None:
        """What is stored now; nobody else changes it before this transaction ends."""
        rows = type(self.instance)._base_manager.select_for_update()
        try:
            self.instance.refresh_from_db(from_queryset=rows)
        except type(self.instance).DoesNotExist as exc:
            raise ValidationError("This was deleted after you opened the page.") from exc
        self.before = plain_state(self.instance)

    def _fingerprint(self, state: State) -> str:
        """Of what the page shows for editing: something may have become read-only meanwhile."""
        return fingerprint({name: state[name] for name in self.fields if name in state})

    def _overtaken(self) -> str:
        last = last_change(self.instance, self.kind)
        who = ""
        if last:
            when = date_format(timezone.localtime(last.at), "j F Y, H:i")
            who = f", in the admin last by {last.who} on {when}"
        return f"This was changed or used after you opened the page{who}. Nothing was saved. Reload the page and look."


class RecordedAdmin(OddValuesAdmin):
    form = MadeFromForm
    actions = ("delete_selected",)
    # Checkboxes, because browsers fill a <select> in again that is to stay as it was served.
    formfield_overrides = {ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}

    def why_kept(self, row: Model) -> str:
        """A sentence that says why the row is not deleted and what to do instead, "" if it may be."""
        return ""

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [name for name in super().get_fields(request, obj) if name != MADE_FROM]

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        shown = list(super().get_fieldsets(request, obj))
        return [*shown, (None, {"fields": [MADE_FROM]})] if obj and self.has_change_permission(request, obj) else shown

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: list[Any], change: bool) -> None:
        super().save_related(request, form, formsets, change)
        stored = type(form.instance)._base_manager.get(pk=form.instance.pk)
        before = form.before if change else {}
        changes = changes_between(before, plain_state(stored))
        remember(stored, changes, request.user, typed_by=typist_of(request))

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        self.delete_queryset(request, type(obj)._base_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        click, typed_by = uuid4(), typist_of(request)
        with transaction.atomic():
            for row in queryset:
                remember(row, changes_between(plain_state(row), {}), request.user, click=click, typed_by=typed_by)
                row.delete()

    @admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
    def delete_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        refusals = list(filter(None, map(self.why_kept, queryset)))
        for refusal in refusals:
            self.message_user(request, refusal, messages.ERROR)
        return None if refusals else delete_selected(self, request, queryset)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        refusal = self.why_kept(row) if row and self.has_delete_permission(request, row) else ""
        if refusal:
            self.message_user(request, refusal, messages.ERROR)
            return redirect(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change", row.pk)
        return self._unless_protected(request, super().delete_view, object_id, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self._unless_protected(request, super().changelist_view, extra_context)

    def _unless_protected(self, request: HttpRequest, view: Callable[..., HttpResponse], *args: Any) -> HttpResponse:
        """Something may come into use between the question and the deletion."""
        try:
            # Reading takes no lock; what is done is done as a whole.
            with transaction.atomic() if request.method == "POST" else nullcontext():
                return view(request, *args)
        except ProtectedError as exc:
            names = {str(type(row)._meta.verbose_name_plural) for row in exc.protected_objects}
            refusal = f"Nothing was deleted: {', '.join(sorted(names))} refer to it by now."
            self.message_user(request, refusal, messages.ERROR)
            return redirect(request.get_full_path())
