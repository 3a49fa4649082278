"""Administrators give roles, and can't make themselves more than administrators."""

import pytest
from django.urls import reverse

from tests.factories import make_user
from users import roles
from users.models import User


@pytest.fixture
def administrator(db):
    user = make_user("boss", roles.ADMINISTRATOR)
    user.is_staff = True
    user.save()
    return user


@pytest.fixture
def as_administrator(client, administrator):
    client.force_login(administrator)
    return client


def page(user: User, what: str = "change") -> str:
    return reverse(f"admin:users_user_{what}", args=[user.pk])


def sent(user: User, **more) -> dict:
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
    return {"username": user.username, "is_active": "on", "is_staff": "on", **joined, **more}


def test_people_are_listed_with_their_roles_and_found_by_name(as_administrator, shifter, guest):
    listed = as_administrator.get("/admin/users/user/", {"q": "shift"}).text
    assert '<td class="field-roles">shifter</td>' in listed
    assert '<td class="field-roles">guest</td>' not in listed


def test_a_new_user_can_be_made(as_administrator):
    password = "a-long-enough-secret"
    new = {"username": "newcomer", "usable_password": "true", "password1": password, "password2": password}
    assert as_administrator.post("/admin/users/user/add/", new).status_code == 302
    assert User.objects.get(username="newcomer").check_password(password)


def test_an_administrator_gives_a_role(as_administrator, guest):
    group = guest.groups.model.objects.get(name=roles.SHIFTER)
    assert as_administrator.post(page(guest), sent(guest, groups=group.pk)).status_code == 302
    assert list(guest.groups.all()) == [group]


def test_an_administrator_does_not_become_superuser(as_administrator, administrator):
    assert as_administrator.post(page(administrator), sent(administrator, is_superuser="on")).status_code == 302
    administrator.refresh_from_db()
    assert not administrator.is_superuser


def test_an_administrator_changes_no_superuser(as_administrator):
    root = User.objects.create_superuser("root", password="root")
    secret = {"password1": "taken-over-by-me", "password2": "taken-over-by-me", "usable_password": "true"}
    assert as_administrator.post(page(root), sent(root, email="mine@example.org")).status_code == 403
    assert as_administrator.post(f"/admin/users/user/{root.pk}/password/", secret).status_code == 403
    assert as_administrator.post(page(root, "delete"), {"post": "yes"}).status_code == 403
    as_administrator.post("/admin/users/user/", {"action": "delete_selected", "_selected_action": root.pk, "post": "1"})
    root.refresh_from_db()
    assert root.check_password("root") and root.email == ""
