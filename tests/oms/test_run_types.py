"""Collisions or cosmics: in Python, as a query, and from the Run Registry's class."""

from itertools import product

import pytest

from oms.models import OmsRun, RunType, Source, run_type_of
from oms.queue import runs_with_outdated_type
from oms.run_types import follows, run_type_of_class
from tests.factories import make_run

PHYSICS = ["/cdaq/physics/Run2018/2e34/v3.6.1/HLT/V2", "/cdaq/special/2018/HLT"]
OTHERS = ["/cdaq/cosmic/commissioning2018/HLT", "/CDAQ/PHYSICS/shouted", "nonsense"]
NOT_KNOWN = ["", " "]
EVERY_CASE = [
    *((key, True, RunType.COLLISIONS) for key in PHYSICS),
    *((key, None, RunType.UNKNOWN) for key in PHYSICS),
    *((key, beams, RunType.COSMICS) for key, beams in product(OTHERS, (True, None))),
    *((key, beams, RunType.UNKNOWN) for key, beams in product(NOT_KNOWN, (True, None))),
    *((key, False, RunType.COSMICS) for key in PHYSICS + OTHERS + NOT_KNOWN),
]


@pytest.mark.parametrize(("hlt_key", "stable_beam", "run_type"), [*EVERY_CASE, (None, None, RunType.UNKNOWN)])
def test_the_run_type_is_unknown_only_while_both_answers_are_possible(hlt_key, stable_beam, run_type):
    assert run_type_of(hlt_key, stable_beam) == run_type


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [RunType.COLLISIONS, RunType.COSMICS])
def test_the_database_knows_the_same_rule(kind):
    for number, (hlt_key, stable_beam, _) in enumerate(EVERY_CASE, start=1):
        make_run(number, hlt_key=hlt_key, stable_beam=stable_beam)
    expected = {number for number, case in enumerate(EVERY_CASE, start=1) if case[2] == kind}
    assert set(OmsRun.objects.filter(follows(kind)).values_list("pk", flat=True)) == expected


@pytest.mark.django_db
def test_stored_runs_whose_type_the_rule_would_change_are_found_but_not_what_a_person_chose(shifter):
    for number, (hlt_key, stable_beam, run_type) in enumerate(
        product(PHYSICS[:1] + OTHERS[:1] + [""], (True, False, None), RunType)
    ):
        make_run(325000 + number, hlt_key=hlt_key, stable_beam=stable_beam, run_type=run_type)
    chosen = make_run(1, source=Source.PERSON)
    chosen.type_in({"run_type": "collisions"}, by=shifter)
    chosen.stable_beam = False
    chosen.save()
    found = {run.pk for run in runs_with_outdated_type()}
    expected = set()
    for run in OmsRun.objects.exclude(pk=1):
        before = run.run_type
        run.compute_run_type()
        if run.run_type != before:
            expected.add(run.pk)
    assert found == expected and len(found) > 5
    for run in runs_with_outdated_type():
        run.compute_run_type()
        run.save()
    assert not runs_with_outdated_type().exists()


@pytest.mark.parametrize(
    ("run_class", "kind"),
    [("Collisions18", "collisions"), ("Cosmics22", "cosmics"), ("cosmics26", "cosmics"), ("Commissioning22", "unknown")]
    + [("", "unknown"), ("NoCollisions18", "unknown")],
)
def test_what_the_class_of_the_run_registry_suggests(run_class, kind):
    assert run_type_of_class(run_class) == kind
