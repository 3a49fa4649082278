"""Roles are groups, and each may do what the one before it may."""

from itertools import pairwise

import pytest
from django.contrib.auth.models import Group

from tests.factories import make_certification, make_user
from users import roles

pytestmark = pytest.mark.django_db
IN_ORDER = [roles.GUEST, roles.SHIFTER, roles.SHIFT_LEADER, roles.EXPERT, roles.ADMINISTRATOR]


def permissions_of(role: str) -> set[str]:
    permissions = Group.objects.get(name=role).permissions.select_related("content_type")
    return {f"{permission.content_type.app_label}.{permission.codename}" for permission in permissions}


def test_migrating_makes_every_role_with_its_permissions():
    assert {role: permissions_of(role) for role in IN_ORDER} == roles.PERMISSIONS


@pytest.mark.parametrize(("lower", "higher"), list(pairwise(IN_ORDER)))
def test_each_role_may_do_more_than_the_one_before(lower, higher):
    assert permissions_of(lower) < permissions_of(higher)


@pytest.mark.parametrize(
    ("role", "certifies", "leads", "edits_words", "edits_users"),
    [
        (roles.GUEST, False, False, False, False),
        (roles.SHIFTER, True, False, False, False),
        (roles.SHIFT_LEADER, True, True, False, False),
        (roles.EXPERT, True, True, True, False),
        (roles.ADMINISTRATOR, True, True, True, True),
    ],
)
def test_what_each_role_may(role, certifies, leads, edits_words, edits_users):
    user = make_user("somebody", role)
    assert (user.may_certify, user.is_shift_leader) == (certifies, leads)
    assert user.has_perm("certify.change_badreason") is edits_words
    assert user.has_perm("users.change_user") is edits_users
    assert user.has_perm("certify.view_trackercertification")


def test_without_a_role_nothing_may_be_done():
    user = make_user("somebody")
    user.groups.clear()
    assert not user.may_certify and not user.is_shift_leader


def test_only_the_author_and_shift_leaders_edit_a_certification():
    author = make_user("author")
    certification = make_certification(author)
    assert certification.can_be_edited_by(author)
    assert certification.can_be_edited_by(make_user("leader", roles.SHIFT_LEADER))
    assert not certification.can_be_edited_by(make_user("other"))
    assert not certification.can_be_edited_by(make_user("guest", roles.GUEST))


def test_a_changed_group_stays_as_it_is_and_a_deleted_one_comes_back():
    Group.objects.get(name=roles.SHIFTER).permissions.clear()
    Group.objects.get(name=roles.GUEST).delete()
    roles.create_roles()
    assert permissions_of(roles.SHIFTER) == set()
    assert permissions_of(roles.GUEST) == roles.PERMISSIONS[roles.GUEST]
