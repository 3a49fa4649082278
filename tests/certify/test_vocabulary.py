"""A word keeps its meaning: once anything refers to it, its name stays."""

from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Replace
from django.utils import timezone

from certify.models import (
    BadReason,
    Draft,
    PixelProblem,
    StripProblem,
    TrackerCertification,
    TrackingProblem,
    WordKeepsItsName,
)
from history.models import Action, Entry
from tests.factories import DATASETS, VERDICT, make_certification

FIELDS = {
    PixelProblem: "pixel_problems",
    StripProblem: "strip_problems",
    TrackingProblem: "tracking_problems",
    BadReason: "bad_reason",
}
USES = ["certification", "bin", "draft", "history", "what it replaced"]


def use(word, how: str, user) -> None:
    field = FIELDS[type(word)]
    value = [word.pk, word.name] if field == "bad_reason" else [[word.pk + 100, "another"], [word.pk, word.name]]
    if how in ("certification", "bin"):
        certification = make_certification(user)
        if how == "bin":
            certification.deleted_at, certification.deleted_by = timezone.now(), user
        if field == "bad_reason":
            certification.bad_reason = word
        else:
            getattr(certification, field).add(word)
        certification.save()
    elif how == "draft":
        Draft.objects.create(user=user, run_number=1, reconstruction="prompt", fields=[[field, str(word.pk)]])
    else:
        told = {"state": {field: value}} if how == "history" else {"changes": {field: [value, None]}}
        subject = "certification 325000 prompt"
        Entry.objects.create(subject=subject, action=Action.CHANGED, by=user, click=uuid4(), **told)


@pytest.mark.parametrize("how", USES)
@pytest.mark.parametrize("model", [PixelProblem, BadReason])
def test_a_used_word_is_not_renamed(shifter, model, how):
    word, unused = model.objects.create(name="hot module"), model.objects.create(name="other")
    assert not word.is_used()
    use(word, how, shifter)
    assert word.is_used() and not unused.is_used()
    word.name = "Everything was fine"
    with pytest.raises(ValidationError, match="keeps its name"):
        word.full_clean()
    word.name = "hot module"
    word.full_clean()


def by_save(word, name):
    word.name = name
    word.save()


def by_save_of_the_field(word, name):
    word.name = name
    word.save(update_fields=["name"])


def by_bulk_update(word, name):
    word.name = name
    type(word).objects.bulk_update([word], ["name"])


RENAMES = {
    "save": by_save,
    "save of the field": by_save_of_the_field,
    "update": lambda word, name: type(word).objects.update(name=name),
    "update of some": lambda word, name: type(word).objects.filter(name__startswith="hot").update(name=name),
    "an expression": lambda word, name: type(word).objects.update(name=Replace("name", Value("x"), Value(name))),
    "the base manager": lambda word, name: type(word)._base_manager.filter(pk=word.pk).update(name=name),
    "bulk_update": by_bulk_update,
    "update_or_create": lambda word, name: type(word).objects.update_or_create(pk=word.pk, defaults={"name": name}),
}


def names(model):
    """Asked of the database, past all managers."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM {model._meta.db_table} ORDER BY name")
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.parametrize("how", ["certification", "draft", "history"])
@pytest.mark.parametrize("by", RENAMES)
@pytest.mark.parametrize("model", [PixelProblem, StripProblem, TrackingProblem, BadReason])
def test_no_path_renames_a_used_word(shifter, model, by, how):
    word = model.objects.create(name="hot x")
    use(word, how, shifter)
    with pytest.raises(WordKeepsItsName), transaction.atomic():
        RENAMES[by](word, "fine")
    assert names(model) == ["hot x"]


@pytest.mark.parametrize("by", RENAMES)
def test_no_path_renames_an_unused_word(db, by):
    """A form that is open may have shown it, and carries its key alone."""
    word = PixelProblem.objects.create(name="hot x")
    with pytest.raises(WordKeepsItsName), transaction.atomic():
        RENAMES[by](word, "fine")
    assert names(PixelProblem) == ["hot x"]


def test_a_word_deleted_while_a_form_is_open_is_no_other_word(as_shifter, oms_is_down, registry_lists):
    registry_lists(325000, DATASETS["express"])
    word = PixelProblem.objects.create(name="hot x")
    page = as_shifter.get("/certify/325000/express/")
    key = word.pk
    word.delete()
    PixelProblem.objects.create(name="Everything was fine")
    sent = {**VERDICT, "pixel_problems": key, "omsrun-run_type": "cosmics", "seal": page.context["seal"]}
    refused = as_shifter.post(page.context["action"], sent)
    assert refused.status_code == 422
    assert "pixel_problems" in refused.context["form"].errors
    assert not TrackerCertification.objects.exists()


def test_a_used_word_is_renamed_through_no_certification(shifter):
    word = PixelProblem.objects.create(name="hot x")
    use(word, "certification", shifter)
    with pytest.raises(WordKeepsItsName):
        TrackerCertification.objects.get().pixel_problems.update(name="fine")
    assert names(PixelProblem) == ["hot x"]


def test_words_are_not_renamed_by_making_others(shifter):
    word = PixelProblem.objects.create(name="hot x")
    use(word, "certification", shifter)
    clash = {"update_conflicts": True, "unique_fields": ["id"], "update_fields": ["name"]}
    with pytest.raises(TypeError, match="keep their names"):
        PixelProblem.objects.bulk_create([PixelProblem(pk=word.pk, name="fine")], **clash)
    assert names(PixelProblem) == ["hot x"]


def test_a_used_word_is_retired_and_saved_under_its_name(shifter):
    word = PixelProblem.objects.create(name="hot x")
    use(word, "certification", shifter)
    word.is_retired = True
    word.save()
    PixelProblem.objects.update(name="hot x", is_retired=True)
    word.refresh_from_db()
    assert word.is_retired


def test_a_key_of_another_vocabulary_is_no_use(shifter):
    reason = BadReason.objects.create(pk=77, name="DAQ")
    problem = PixelProblem.objects.create(pk=77, name="hot module")
    use(problem, "history", shifter)
    use(problem, "draft", shifter)
    assert problem.is_used() and not reason.is_used()


@pytest.mark.parametrize("how", ["a problem", "a reason"])
def test_a_word_renamed_since_does_not_come_back_under_its_key(client, shiftleader, shifter, how):
    certification = make_certification(shifter)
    model, field = (PixelProblem, "pixel_problems") if how == "a problem" else (BadReason, "bad_reason")
    word = model.objects.create(name="hot module")
    value = [[word.pk, word.name]] if how == "a problem" else [word.pk, word.name]
    entry = Entry.objects.create(
        subject="certification 325000 prompt",
        row=certification.pk,
        action=Action.BEFORE,
        by=shifter,
        click=uuid4(),
        state={**VERDICT, "comment": "", **{f"{name}_lowstat": False for name in ("pixel", "strip", "tracking")}}
        | {field: value},
    )
    certification.save()  # version 2
    # As before words in use kept their names.
    QuerySet(model).update(name="Everything was fine")
    client.force_login(shiftleader)
    answer = client.post(
        f"/list/325000/prompt/versions/{entry.pk}/bring-back/", {"version": certification.version}, follow=True
    )
    assert "these words exist no more: hot module" in answer.text
    saved = TrackerCertification.objects.get()
    assert (list(saved.pixel_problems.all()), saved.bad_reason) == ([], None)
