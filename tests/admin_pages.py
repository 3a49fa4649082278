"""What a browser does with a page of the admin: open it, and send back what it served."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.forms import BaseForm
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.factories import make_user
from users.models import User


def staff(username: str, role: str) -> User:
    user = make_user(username, role)
    user.is_staff = True
    user.save()
    return user


def page(row: Model, what: str = "change") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{what}", args=[row.pk])


def listing(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def served(answer: HttpResponse) -> dict[str, Any]:
    """The fields of the form on the page, as it shows them."""
    return fields_of(answer.context["adminform"].form)


def fields_of(form: BaseForm) -> dict[str, Any]:
    data = {}
    for bound in form:
        value = bound.value()
        if isinstance(value, list) and value and isinstance(value[0], Model):
            value = [each.pk for each in value]
        if hasattr(bound.field.widget, "widgets"):
            parts = bound.field.widget.decompress(value)
            data |= {f"{bound.html_name}_{n}": str(part) for n, part in enumerate(parts) if part is not None}
        elif value not in (None, False):
            data[bound.html_name] = "on" if value is True else value
    return data


def send(client: Client, row: Model, **typed: Any) -> HttpResponse:
    """Open the page of the row, type into it, and save. None unticks a box."""
    data = {**served(client.get(page(row))), **typed}
    return client.post(page(row), {name: value for name, value in data.items() if value is not None})


def act(client: Client, action: str, *rows: Model, **more: str) -> HttpResponse:
    """Choose rows of a list and an action."""
    sent = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return client.post(listing(type(rows[0])), sent, follow=True)


def errors(answer: HttpResponse) -> str:
    return " ".join(sentence for part in answer.context["errors"] for sentence in part)


def said(answer: HttpResponse) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def admin_of(model: type[Model]) -> admin.ModelAdmin:
    return admin.site._registry[model]
