"""The demo data: known passwords, so only where that is meant."""

import pytest
from django.core.management import CommandError, call_command

from certify.models import RunReconstruction, TrackerCertification
from certify.reference_marks import why_no_reference
from history.models import Action, Entry
from simulator import demo_data
from users.models import User


@pytest.fixture(autouse=True)
def few_runs(monkeypatch):
    monkeypatch.setattr("simulator.demo_data.CERTIFIED_RUNS", 5)


def test_demo_accounts_are_not_made_without_debug(db):
    with pytest.raises(CommandError, match="known passwords"):
        call_command("load_demo")
    assert not User.objects.exists()


def test_loading_the_demo_twice_changes_nothing(db, capsys):
    call_command("load_demo", force=True)
    made = TrackerCertification.objects.count()
    assert made >= 5
    User.objects.filter(username="shifter").update(password="changed")
    call_command("load_demo", "--force")
    assert TrackerCertification.objects.count() == made
    assert "Made 0 certifications" in capsys.readouterr().out
    assert User.objects.get(username="shifter").password == "changed"


def test_what_the_demo_compares_with_is_certified_and_good(db, monkeypatch):
    monkeypatch.setattr("simulator.demo_data.CERTIFIED_RUNS", 40)
    call_command("load_demo", force=True)
    references = RunReconstruction.objects.filter(is_reference=True)
    assert references.count() >= 3
    assert TrackerCertification.objects.bad().exists()
    assert not [str(of) for of in references if why_no_reference(of)]
    assert TrackerCertification.objects.filter(reference_runreconstruction__in=references).exists()
    marked = Entry.objects.filter(action=Action.ADMIN, subject__startswith="reference ")
    assert {(each.row, each.by.username) for each in marked} == {(of.pk, "shiftleader") for of in references}


def test_the_six_accounts_have_their_roles_and_passwords(db):
    demo_data.make_accounts()
    accounts = {user.username: user for user in User.objects.prefetch_related("groups")}
    assert len(accounts) == 6
    assert {name: user.groups.get().name for name, user in accounts.items()} == demo_data.ACCOUNTS
    assert all(user.check_password(name) for name, user in accounts.items())
    assert {name for name, user in accounts.items() if user.is_staff} == {"expert", "admin"}
    assert not any(user.is_superuser for user in accounts.values())
