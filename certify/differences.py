"""Differences of facts as pages show them: what hangs on them, the form that decides them, which rows to mark."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.utils import timezone

from certify.chronicle import subject
from certify.deciders import NOBODY_DEPENDS, may_decide, on_which_nobody_depends, tasks_of, who_decides
from certify.exceptions import MayNotDecide
from certify.facts import decide
from certify.models import Notice, TrackerCertification
from history.models import Action, Entry
from oms.exceptions import DecisionOvertaken
from oms.models import Decision, DifferenceQuerySet, OmsRun, RunType
from oms.models import Difference as Task
from oms.presentation import told_in_words
from users.models import User

__all__ = ["Difference", "decide_all", "differences", "mark_differences", "mark_rows", "may_decide", "tasks_of"]

_CHOICES = ((Decision.THEIRS.value, "Take OMS's"), (Decision.MINE.value, "Keep what was typed"))
_CHOICES_OF_PROPOSAL = (
    (Decision.THEIRS.value, "Take what was proposed"),
    (Decision.MINE.value, "Keep what is stored"),
)
# A verdict that turned is marked so long, and until its author has seen it.
_RECENT = timedelta(days=2)


@dataclass(frozen=True)
class Difference:
    """One task as a page shows it.

    `consequences`: what taking the other value would change beyond the fact itself. `note`: what else is to be known.
    """

    task: Task
    stored: str
    told: str
    consequences: tuple[str, ...] = ()
    form: DecisionForm | None = None
    note: str = ""

    @property
    def run_number(self) -> int | None:
        """A run on whose page it can be decided."""
        if self.task.run_id:
            return self.task.run_id
        return self.task.fill.runs.values_list("pk", flat=True).first()

    @property
    def who_decides(self) -> str:
        return who_decides(self.task)


@dataclass
class Decided:
    """What came of a page. `problems`: key of a difference → why it could not be decided."""

    taken: int = 0
    kept: int = 0
    of_people: bool = False
    problems: dict[int, str] = field(default_factory=dict)


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        choices=_CHOICES, widget=forms.RadioSelect(attrs={"class": "form-check-input"}), required=False
    )
    reason = forms.CharField(required=False, max_length=500, label="Why yours?", strip=True)
    # What the page showed: the other value and its unit, then the stored ones.
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: QueryDict | None, task: Task) -> None:
        shown = json.dumps([*task.told, *task.stored])
        super().__init__(data, prefix=f"task-{task.pk}", initial={"shown": shown})
        if task.is_proposal:
            self.fields["decision"].choices = _CHOICES_OF_PROPOSAL

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("decision") == Decision.MINE and not cleaned.get("reason"):
            self.add_error("reason", "Say why the stored value stays: others read it.")
        return cleaned

    @property
    def is_filled_in(self) -> bool:
        return bool(self.is_bound and any(self.data.get(self.add_prefix(name)) for name in ("decision", "reason")))

    def show_again(self, task: Task, problem: str) -> None:
        """What was chosen stays; the page is made with what is stored now."""
        self.data = self.data.copy()
        self.data[self.add_prefix("shown")] = json.dumps([*task.told, *task.stored])
        if problem:
            self.is_valid()
            self.add_error("decision", problem)


def differences(
    tasks: DifferenceQuerySet, data: QueryDict | None = None, with_forms: Collection[int] = ()
) -> list[Difference]:
    """Those that change a verdict or a run type come first. `with_forms`: keys of those to decide here."""
    free = on_which_nobody_depends(tasks)
    found = [_difference(task, data, with_forms, task.pk in free) for task in tasks]
    return sorted(found, key=lambda each: (not each.consequences, each.task.name))


def decide_all(found: list[Difference], by: User, typed_by: User | None = None) -> Decided:
    """Each by itself, by the rights that they have now; one that can't be decided keeps no other back.

    `typed_by`: whose form it is that `by` took over.
    """
    done, of_all = Decided(), {"click": uuid4(), "typed_by": typed_by}
    for each in found:
        if not each.form or not each.form.cleaned_data["decision"]:
            continue
        said = each.form.cleaned_data
        chosen = Decision(said["decision"])
        try:
            decided = decide(each.task.pk, chosen, said["reason"], by, shown=_read(said["shown"]), **of_all)
        except (DecisionOvertaken, MayNotDecide) as exc:
            done.problems[each.task.pk] = str(exc)
            continue
        done.of_people |= each.task.is_proposal
        done.taken += bool(decided) and chosen == Decision.THEIRS
        done.kept += bool(decided) and chosen == Decision.MINE
    return done


def mark_rows(certifications: Iterable[TrackerCertification]) -> None:
    """Give each its `open_differences` and whether its verdict `turned`. Two queries in all."""
    rows = list(certifications)
    mark_differences(rows)
    turned = _turned(rows)
    for row in rows:
        row.turned = row.pk in turned


def mark_differences(rows: list[TrackerCertification]) -> None:
    """Give each its `open_differences`: labels of the facts, of its run or fill, that are to be decided."""
    labels = _open_on([row.run_reconstruction.run for row in rows])
    for row in rows:
        row.open_differences = labels[row.run_reconstruction.run_id]


def open_differences(run: OmsRun) -> list[str]:
    """The same of one run, which may be unsaved."""
    return _open_on([run])[run.pk]


def _open_on(runs: list[OmsRun]) -> dict[int, list[str]]:
    """Run number → labels."""
    fills = {run.pk: run.number_of_its_fill for run in runs}
    about = Q(run__in=list(fills)) | Q(fill__in=set(fills.values()) - {None})
    of_run, of_fill = defaultdict(list), defaultdict(list)
    for task in Task.objects.open().filter(about).order_by("name").select_related("run", "fill") if runs else ():
        (of_run[task.run_id] if task.run_id else of_fill[task.fill_id]).append(task.label)
    return {run: list(dict.fromkeys(of_run[run] + of_fill[fill])) for run, fill in fills.items()}


def _turned(rows: list[TrackerCertification]) -> set[int]:
    subjects = {subject(row.run_reconstruction) for row in rows}
    entries = Entry.objects.about(*subjects).filter(action=Action.TURNED)
    unseen = Exists(Notice.objects.filter(entry=OuterRef("pk"), seen_at=None))
    recent = Q(at__gte=timezone.now() - _RECENT)
    return set(entries.filter(unseen | recent).values_list("row", flat=True)) if rows else set()


def _difference(task: Task, data: QueryDict | None, with_forms: Collection[int], is_free: bool) -> Difference:
    form = DecisionForm(data, task) if task.pk in with_forms else None
    stored, told = (told_in_words(task.owner, task.name, each) for each in (task.stored, task.told))
    return Difference(task, stored, told, _consequences(task), form, NOBODY_DEPENDS if is_free else "")


def _consequences(task: Task) -> tuple[str, ...]:
    """Sentences about the run type and the verdicts, which a run's facts decide and a fill's do not."""
    run = task.run
    becomes = _run_type_with(run, task) if run else None
    if becomes is None or becomes == run.run_type:
        return ()
    which = "the value proposed" if task.is_proposal else "OMS's value"
    told = [f"With {which} the run is {becomes.label.lower()}, not {run.get_run_type_display().lower()}."]
    of_run = TrackerCertification.objects.filter(run_reconstruction__run=run).select_related("run_reconstruction")
    for certification in of_run:
        before, after = certification.is_good_as(run.run_type), certification.is_good_as(becomes)
        if before != after:
            reco = certification.run_reconstruction.get_reconstruction_display()
            told.append(f"{reco} would be {_word(after)} instead of {_word(before)}.")
    return tuple(told)


def _run_type_with(run: OmsRun, task: Task) -> RunType:
    return RunType(run.run_type_with({task.name: task.told[0]}))


def _word(is_good: bool) -> str:
    return "good" if is_good else "bad"


def _read(shown: str) -> list[object]:
    """As the page had it; what is not of the page is no value of anybody."""
    try:
        return json.loads(shown)
    except (ValueError, RecursionError):
        return []
