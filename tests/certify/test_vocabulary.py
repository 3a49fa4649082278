"""A word keeps its meaning: once anything refers to it, its name stays."""

from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from certify.models import BadReason, Draft, PixelProblem, TrackerCertification
from history.models import Action, Entry
from tests.factories import VERDICT, make_certification

USES = ["certification", "bin", "draft", "history", "what it replaced"]


def use(word, how: str, user) -> None:
    field = "bad_reason" if isinstance(word, BadReason) else "pixel_problems"
    value = [word.pk, word.name] if field == "bad_reason" else [[word.pk + 100, "another"], [word.pk, word.name]]
    if how in ("certification", "bin"):
        certification = make_certification(user)
        if how == "bin":
            certification.deleted_at, certification.deleted_by = timezone.now(), user
        if field == "bad_reason":
            certification.bad_reason = word
        else:
            certification.pixel_problems.add(word)
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
    with pytest.raises(ValidationError, match="retire it and add a new one"):
        word.full_clean()
    word.name = "hot module"
    word.full_clean()


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
    model.objects.update(name="Everything was fine")
    client.force_login(shiftleader)
    answer = client.post(
        f"/list/325000/prompt/versions/{entry.pk}/bring-back/", {"version": certification.version}, follow=True
    )
    assert "these words exist no more: hot module" in answer.text
    saved = TrackerCertification.objects.get()
    assert (list(saved.pixel_problems.all()), saved.bad_reason) == ([], None)
