"""Tasks that late facts of OMS make: what hangs on them, who decides, and in which form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import Q
from django.http import QueryDict

from certify.models import TrackerCertification
from oms.decisions import decide
from oms.exceptions import DecisionOvertaken
from oms.models import Contradiction, ContradictionQuerySet, Decision, OmsRun, RunType, run_type_of
from oms.presentation import told_in_words
from users.models import User

_CHOICES = ((Decision.THEIRS.value, "Take OMS's"), (Decision.MINE.value, "Keep what was typed"))


@dataclass(frozen=True)
class Difference:
    """One task as a page shows it. `consequences`: what taking OMS's value would change beyond the fact itself."""

    task: Contradiction
    typed: str
    official: str
    consequences: tuple[str, ...] = ()
    form: DecisionForm | None = None

    @property
    def run_number(self) -> int | None:
        """A run on whose page it can be decided."""
        if self.task.run_id:
            return self.task.run_id
        return self.task.fill.runs.values_list("pk", flat=True).first()


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        choices=_CHOICES, widget=forms.RadioSelect(attrs={"class": "form-check-input"}), required=False
    )
    reason = forms.CharField(required=False, max_length=500, label="Why yours?", strip=True)
    # What the page showed as OMS's value.
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("decision") == Decision.MINE and not cleaned.get("reason"):
            self.add_error("reason", "Say why the typed value stays: the shift leader reads it.")
        return cleaned


def tasks_of(user: User) -> ContradictionQuerySet:
    """Open tasks that she may decide: all for a shift leader, else what she typed or has certified on."""
    tasks = Contradiction.objects.open().select_related("run", "fill")
    if user.is_shift_leader:
        return tasks
    if not user.may_certify:
        return tasks.none()
    runs = TrackerCertification.objects.filter(author=user).values("run_reconstruction__run_id")
    fills = OmsRun.objects.filter(pk__in=runs, fill__isnull=False).values("fill_id")
    return tasks.filter(Q(typed_by=user.get_username()) | Q(run_id__in=runs) | Q(fill_id__in=fills))


def differences(
    tasks: ContradictionQuerySet, data: QueryDict | None = None, with_forms: bool = False
) -> list[Difference]:
    """Those that change a verdict or a run type come first."""
    found = [_difference(task, data, with_forms) for task in tasks]
    return sorted(found, key=lambda each: (not each.consequences, each.task.name))


def decide_all(found: list[Difference], by: User) -> tuple[int, int, list[str]]:
    """How many of OMS's were taken, how many typed ones kept, and what could not be decided, in words."""
    click, taken, kept, problems = uuid4(), 0, 0, []
    for each in found:
        chosen = each.form.cleaned_data["decision"]
        if not chosen:
            continue
        shown = _read(each.form.cleaned_data["shown"])
        try:
            reason = each.form.cleaned_data["reason"]
            decided = decide(each.task.pk, Decision(chosen), reason, by, shown=shown, click=click)
        except DecisionOvertaken as overtaken:
            problems.append(str(overtaken))
            continue
        taken += bool(decided) and chosen == Decision.THEIRS
        kept += bool(decided) and chosen == Decision.MINE
    return taken, kept, problems


def _difference(task: Contradiction, data: QueryDict | None, with_forms: bool) -> Difference:
    form = None
    if with_forms:
        form = DecisionForm(data, prefix=f"task-{task.pk}", initial={"shown": json.dumps(task.official)})
    typed, official = (told_in_words(task.owner, task.name, told) for told in (task.typed, task.official))
    return Difference(task, typed, official, _consequences(task), form)


def _consequences(task: Contradiction) -> tuple[str, ...]:
    """Sentences about the run type and the verdicts, which a run's facts decide and a fill's do not."""
    run = task.run
    becomes = _run_type_with(run, task) if run else None
    if becomes is None or becomes == run.run_type:
        return ()
    told = [f"With OMS's value the run is {becomes.label.lower()}, not {run.get_run_type_display().lower()}."]
    of_run = TrackerCertification.objects.filter(run_reconstruction__run=run).select_related("run_reconstruction")
    for certification in of_run:
        before, after = certification.is_good_as(run.run_type), certification.is_good_as(becomes)
        if before != after:
            reco = certification.run_reconstruction.get_reconstruction_display()
            told.append(f"{reco} would be {_word(after)} instead of {_word(before)}.")
    return tuple(told)


def _run_type_with(run: OmsRun, task: Contradiction) -> RunType | None:
    if task.name == "run_type":
        return RunType(task.official[0])
    if task.name == "hlt_key" and "run_type" not in run.typed:
        return run_type_of(task.official[0], run.stable_beam)
    return None


def _word(is_good: bool) -> str:
    return "good" if is_good else "bad"


def _read(shown: str) -> list[object]:
    """As the page had it; what is not of the page is no value of OMS."""
    try:
        return json.loads(shown)
    except (ValueError, RecursionError):
        return []
