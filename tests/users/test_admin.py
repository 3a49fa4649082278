"""Administrators give roles, and can't make themselves more than administrators."""

import pytest
from django.contrib.auth.models import Group, Permission

from certify.models import Draft
from history.models import Entry
from tests.admin_pages import act, errors, page, said, send, served
from tests.factories import make_certification, make_user
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
    assert send(as_administrator, guest, groups=[group.pk]).status_code == 302
    assert list(guest.groups.all()) == [group]


def test_an_administrator_does_not_become_superuser(as_administrator, administrator):
    assert send(as_administrator, administrator, is_superuser="on").status_code == 302
    administrator.refresh_from_db()
    assert not administrator.is_superuser


def test_an_administrator_changes_no_superuser(as_administrator):
    root = User.objects.create_superuser("root", password="root")
    secret = {"password1": "taken-over-by-me", "password2": "taken-over-by-me", "usable_password": "true"}
    assert as_administrator.post(page(root), {"username": "root", "email": "mine@example.org"}).status_code == 403
    assert as_administrator.post(f"/admin/users/user/{root.pk}/password/", secret).status_code == 403
    assert as_administrator.post(page(root, "delete"), {"post": "yes"}).status_code == 403
    as_administrator.post("/admin/users/user/", {"action": "delete_selected", "_selected_action": root.pk, "post": "1"})
    root.refresh_from_db()
    assert root.check_password("root") and root.email == ""


def test_a_new_role_stands_in_the_history_with_who_gave_it(as_administrator, administrator, guest):
    shifters = Group.objects.get(name=roles.SHIFTER)
    assert send(as_administrator, guest, groups=[shifters.pk], username="renamed").status_code == 302
    entry = Entry.objects.get()
    assert (entry.subject, entry.row, entry.action, entry.by) == ("user renamed", guest.pk, "admin", administrator)
    assert entry.changes == {"username": ["guest", "renamed"], "groups": [["guest"], ["shifter"]]}


def test_permissions_of_a_person_stand_in_the_history(client, guest):
    client.force_login(User.objects.create_superuser("root"))
    permission = Permission.objects.get(codename="delete_trackercertification")
    assert send(client, guest, user_permissions=[permission.pk]).status_code == 302
    assert Entry.objects.get().changes == {"user_permissions": [[], [str(permission)]]}


def test_permissions_of_a_role_stand_in_the_history(as_administrator):
    guests = Group.objects.get(name=roles.GUEST)
    kept = guests.permissions.exclude(codename="view_entry")
    assert send(as_administrator, guests, permissions=[each.pk for each in kept]).status_code == 302
    entry = Entry.objects.get()
    assert (entry.subject, list(entry.changes)) == ("group guest", ["permissions"])
    before, after = entry.changes["permissions"]
    assert set(before) - set(after) == {"History | entry | Can view entry"}


def test_a_new_person_stands_in_the_history_without_a_password(as_administrator, administrator):
    password = "a-long-enough-secret"
    new = {"username": "newcomer", "usable_password": "true", "password1": password, "password2": password}
    as_administrator.post("/admin/users/user/add/", new)
    entry = Entry.objects.get()
    assert (entry.subject, entry.by, entry.changes["username"]) == ("user newcomer", administrator, [None, "newcomer"])
    assert "password" not in entry.changes
    assert password not in str(entry.changes) and User.objects.get(username="newcomer").password not in str(
        entry.changes
    )


def test_a_new_password_stands_in_the_history_but_not_what_it_is(as_administrator, administrator, guest):
    secret = {"password1": "a-long-enough-secret", "password2": "a-long-enough-secret", "usable_password": "true"}
    url = f"/admin/users/user/{guest.pk}/password/"
    assert as_administrator.post(url, {**secret, "password2": "another"}).status_code == 200
    assert not Entry.objects.exists()
    assert as_administrator.post(url, secret).status_code == 302
    guest.refresh_from_db()
    assert guest.check_password("a-long-enough-secret")
    entry = Entry.objects.get()
    assert (entry.subject, entry.row, entry.by) == ("user guest", guest.pk, administrator)
    assert entry.changes == {"password": ["not shown", "a new one, not shown"]}


def test_ones_own_new_password_stands_in_the_history_too(as_administrator, administrator):
    administrator.set_password("administrator")
    administrator.save()
    as_administrator.force_login(administrator)
    assert "/admin/password_change/" in as_administrator.get("/admin/").text
    secret = {"old_password": "administrator", "new_password1": "a-long-enough-secret"}
    url = "/admin/password_change/"
    assert as_administrator.post(url, {**secret, "new_password2": "another"}).status_code == 200
    assert as_administrator.post(url, {**secret, "old_password": "wrong", "new_password2": "x"}).status_code == 200
    assert not Entry.objects.exists()
    assert as_administrator.post(url, {**secret, "new_password2": "a-long-enough-secret"}).status_code == 302
    administrator.refresh_from_db()
    assert administrator.check_password("a-long-enough-secret")
    entry = Entry.objects.get()
    assert (entry.subject, entry.row, entry.by) == (f"user {administrator}", administrator.pk, administrator)
    assert entry.changes == {"password": ["not shown", "a new one, not shown"]}


def test_nobody_changes_a_password_without_signing_in(client, db):
    assert client.get("/admin/password_change/").status_code == 302
    assert client.post("/admin/password_change/", {"new_password1": "x"}).status_code == 403


def test_a_person_who_wrote_something_stays_and_the_page_says_what_to_do(as_administrator, shifter):
    make_certification(shifter)
    one = as_administrator.post(page(shifter, "delete"), {"post": "yes"}, follow=True)
    many = act(as_administrator, "delete_selected", shifter, post="yes")
    for answer in (one, many):
        assert answer.status_code == 200
        assert "shifter has left traces (tracker certifications)" in said(answer) and "Untick “Active”" in said(answer)
    assert User.objects.filter(username="shifter").exists()


def test_what_a_person_only_typed_stays_too(as_administrator, shifter):
    Draft.objects.create(user=shifter, run_number=325000, reconstruction="prompt", fields=[["comment", "typed"]])
    answer = as_administrator.post(page(shifter, "delete"), {"post": "yes"}, follow=True)
    assert "(drafts)" in said(answer)
    assert Draft.objects.exists()


def test_a_person_who_wrote_nothing_is_deleted_with_an_entry(as_administrator, administrator, guest):
    assert as_administrator.post(page(guest, "delete"), {"post": "yes"}).status_code == 302
    assert not User.objects.filter(username="guest").exists()
    entry = Entry.objects.get()
    assert (entry.subject, entry.by, entry.changes["groups"]) == ("user guest", administrator, [["guest"], None])
    assert "password" not in entry.changes


def test_one_who_wrote_among_many_keeps_all_of_them(as_administrator, shifter, guest):
    make_certification(shifter)
    act(as_administrator, "delete_selected", shifter, guest, post="yes")
    assert User.objects.filter(username__in=["shifter", "guest"]).count() == 2
    assert not Entry.objects.exists()


def test_a_role_that_somebody_has_is_not_deleted(as_administrator, shifter):
    shifters = Group.objects.get(name=roles.SHIFTER)
    answer = as_administrator.post(page(shifters, "delete"), {"post": "yes"}, follow=True)
    assert "1 person has the role “shifter”" in said(answer)
    assert shifter.groups.exists()
    empty = Group.objects.get(name=roles.EXPERT)
    assert as_administrator.post(page(empty, "delete"), {"post": "yes"}).status_code == 302
    assert Entry.objects.get().subject == "group expert"


def test_a_page_opened_before_a_role_was_given_does_not_take_it_away(as_administrator, administrator, guest):
    stale = served(as_administrator.get(page(guest)))
    shifters = Group.objects.get(name=roles.SHIFTER)
    guest.groups.set([shifters])
    answer = as_administrator.post(page(guest), {**stale, "first_name": "Ada"})
    assert answer.status_code == 200 and "after you opened the page" in errors(answer)
    guest.refresh_from_db()
    assert (list(guest.groups.all()), guest.first_name) == ([shifters], "")


def test_permissions_that_pages_ask_for_stay(shifter, shiftleader, administrator):
    assert shifter.may_certify and not shifter.is_shift_leader
    assert shiftleader.is_shift_leader and not shiftleader.has_perm("certify.delete_trackercertification")
    assert administrator.has_perm("certify.delete_trackercertification")
