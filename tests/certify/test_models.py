"""What a certification means, and what the database itself refuses."""

from itertools import product

import pytest
from django.db import DatabaseError, IntegrityError
from django.db.models import ProtectedError

from certify.models import BadReason, PixelProblem, RunReconstruction, TrackerCertification, writing
from oms.models import OmsRun, RunType
from tests.factories import VERDICT, make_certification, make_reconstruction, make_run

VERDICTS = ("good", "bad", "excluded")
COMPONENTS = ("pixel", "strip", "tracking")


def test_good_means_the_same_in_the_database_and_in_python_for_every_combination(shifter):
    combinations = list(product(RunType.values, *[VERDICTS] * 3, *[(False, True)] * 3))
    assert len(combinations) == 648
    runs = [OmsRun(run_number=300_000 + n, run_type=kind[0]) for n, kind in enumerate(combinations)]
    OmsRun.objects.bulk_create(runs)
    recos = RunReconstruction.objects.bulk_create(RunReconstruction(run=run, reconstruction="prompt") for run in runs)
    with writing():
        TrackerCertification.objects.bulk_create(
            TrackerCertification(
                run_reconstruction=reco,
                author=shifter,
                trackermap="exists",
                **dict(zip(COMPONENTS, values[1:4], strict=True)),
                **{f"{name}_lowstat": mark for name, mark in zip(COMPONENTS, values[4:], strict=True)},
            )
            for reco, values in zip(recos, combinations, strict=True)
        )
    stored = TrackerCertification.objects.select_related("run_reconstruction__run")
    assert stored.count() == 648
    good_in_python = {certification.pk for certification in stored if certification.is_good}
    assert good_in_python == set(TrackerCertification.objects.good().values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("run_type", "fields", "is_good"),
    [
        ("collisions", {}, True),
        ("collisions", {"pixel": "bad"}, False),
        ("collisions", {"pixel": "bad", "pixel_lowstat": True}, True),
        ("collisions", {"pixel": "excluded"}, False),
        ("collisions", {"pixel": "excluded", "pixel_lowstat": True}, False),
        ("collisions", {"strip": "bad"}, False),
        ("collisions", {"tracking": "bad", "tracking_lowstat": True}, True),
        ("cosmics", {"pixel": "bad"}, True),
        ("cosmics", {"pixel": "excluded"}, True),
        ("cosmics", {"strip": "excluded"}, False),
        ("cosmics", {"tracking": "bad"}, False),
        ("cosmics", {"strip": "bad", "strip_lowstat": True}, True),
        ("unknown", {"pixel": "bad"}, False),
        ("unknown", {}, True),
    ],
)
def test_the_physics_rules_decide_what_is_good(shifter, run_type, fields, is_good):
    make_run(run_type=run_type)
    certification = make_certification(shifter, **fields)
    assert certification.is_good is is_good
    assert TrackerCertification.objects.good().exists() is is_good


def test_a_dataset_of_a_run_is_certified_once(shifter, shifter2):
    first = make_certification(shifter)
    with pytest.raises(IntegrityError):
        TrackerCertification.objects.create(
            run_reconstruction=first.run_reconstruction, dataset=first.dataset, author=shifter2, **VERDICT
        )


def test_a_reconstruction_of_a_run_exists_once(db):
    make_reconstruction()
    with pytest.raises(IntegrityError):
        make_reconstruction()


def test_what_a_certification_stands_on_can_not_be_deleted(shifter):
    reference = make_reconstruction(300_000, is_reference=True)
    reason = BadReason.objects.create(name="DAQ")
    certification = make_certification(shifter, reference_runreconstruction=reference, bad_reason=reason)
    problem = PixelProblem.objects.create(name="sector off")
    certification.pixel_problems.add(problem)
    of = certification.run_reconstruction
    for needed in (of.run, of, shifter, certification.dataset, reference, reason, problem):
        with pytest.raises(ProtectedError):
            needed.delete()


def test_deleting_a_certification_leaves_its_words(shifter):
    certification = make_certification(shifter)
    certification.pixel_problems.add(PixelProblem.objects.create(name="sector off"))
    with writing():
        certification.delete()
    assert PixelProblem.objects.filter(name="sector off").exists()


@pytest.mark.parametrize("run_number", [0, 2_147_483_648])
def test_the_database_refuses_an_impossible_run_number(db, run_number):
    with pytest.raises(DatabaseError):
        make_run(run_number)


@pytest.mark.parametrize("field", [*COMPONENTS, "trackermap"])
def test_the_database_refuses_an_unknown_verdict(shifter, field):
    with pytest.raises(IntegrityError):
        make_certification(shifter, **{field: "fine"})


def test_the_database_refuses_an_unknown_reconstruction(db):
    make_run()
    with pytest.raises(IntegrityError):
        RunReconstruction.objects.bulk_create([RunReconstruction(run_id=325000, reconstruction="nonsense")])


def test_the_database_refuses_an_unknown_run_type(db):
    with pytest.raises(IntegrityError):
        make_run(run_type="beams")


def test_the_copied_reconstruction_is_always_that_of_what_is_certified(shifter):
    certification = make_certification(shifter, reco="express")
    certification.reconstruction = "prompt"
    certification.save()
    another = TrackerCertification(run_reconstruction=make_reconstruction(325001, "rereco"), author=shifter, **VERDICT)
    with writing():
        TrackerCertification.objects.bulk_create([another])
    stored = TrackerCertification.objects.order_by("id").values_list("reconstruction", flat=True)
    assert list(stored) == ["express", "rereco"]
