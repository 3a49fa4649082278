"""The admin keeps the rules of the application: roles, authors and what upstream owns."""

import pytest
from django.contrib import admin
from django.urls import reverse

from certify import models
from oms.models import OmsFill, OmsRun
from tests.factories import make_certification, make_fill, make_run, make_user
from users import roles
from users.models import User

ADD = reverse("admin:certify_trackercertification_add")


def staff(username: str, role: str) -> User:
    user = make_user(username, role)
    user.is_staff = True
    user.save()
    return user


def change(instance) -> str:
    return reverse(f"admin:{instance._meta.app_label}_{instance._meta.model_name}_change", args=[instance.pk])


def delete(instance) -> str:
    return change(instance).replace("/change/", "/delete/")


def no_inlines() -> dict[str, str]:
    prefixes = [
        f"{seen._meta.get_field('certification').remote_field.get_accessor_name(model=seen) or '+'}"
        for seen in (models.PixelProblemSeen, models.StripProblemSeen, models.TrackingProblemSeen)
    ]
    assert len(prefixes) == 3
    return {}


@pytest.fixture
def as_administrator(client, db):
    client.force_login(staff("boss", roles.ADMINISTRATOR))
    return client
