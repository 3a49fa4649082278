"""Deciding where two values of a fact differ."""

from __future__ import annotations

import re

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from certify.completion import complete
from certify.deciders import who_decides
from certify.differences import Decided, Difference, decide_all, differences, tasks_of
from certify.models import TrackerCertification
from oms.models import Difference as Task
from oms.models import OmsRun
from users.served import typist_of

_SHOWN = 200
_CHOSEN = re.compile(r"task-(\d{1,18})-(?:decision|reason)", re.ASCII)


@require_safe
@login_required
def all_differences(request: HttpRequest) -> HttpResponse:
    """Every open task, those that they may decide first."""
    mine = set(tasks_of(request.user).values_list("pk", flat=True))
    found = differences(Task.objects.open().with_all_shown()[:_SHOWN])
    context = {
        "mine": [each for each in found if each.task.pk in mine],
        "others": [each for each in found if each.task.pk not in mine],
    }
    return render(request, "listruns/differences.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def of_run(request: HttpRequest, run_number: int) -> HttpResponse:
    """The open tasks of one run and its fill, decided field by field."""
    run = get_object_or_404(OmsRun.objects.select_related("fill"), pk=run_number)
    tasks = Task.objects.open().about(run).with_all_shown()
    mine = set(tasks_of(request.user, tasks).values_list("pk", flat=True))
    if request.method != "POST":
        return _page(request, run, differences(tasks, with_forms=mine), mine)
    if tasks and not mine:
        raise PermissionDenied(" ".join(f"{str(task).capitalize()}: {who_decides(task)}." for task in tasks))
    chosen = _chosen(request.POST)
    _tell_of_others(request, run, chosen)
    # A row that is no longer theirs keeps what they chose, and is refused by itself.
    found = differences(tasks, request.POST, with_forms=mine | chosen)
    if not all([each.form.is_valid() for each in found if each.form]):  # noqa: C419 - all show their errors
        return _page(request, run, found, mine, status=422)
    return _decided(request, run, found, mine)


def _decided(request: HttpRequest, run: OmsRun, found: list[Difference], mine: set[int]) -> HttpResponse:
    done = decide_all(found, request.user, typist_of(request))
    complete(run.pk)
    _tell(request, run, done)
    if not done.problems:
        return redirect("listruns:differences_of_run", run.pk)
    run.refresh_from_db()
    tasks = Task.objects.open().about(run).with_all_shown()
    again = differences(tasks, request.POST, with_forms=mine | set(done.problems))
    for each in again:
        if each.form:
            each.form.show_again(each.task, done.problems.get(each.task.pk, ""))
    return _page(request, run, again, mine, status=409)


def _page(
    request: HttpRequest, run: OmsRun, found: list[Difference], mine: set[int], status: int = 200
) -> HttpResponse:
    context = {
        "run": run,
        "differences": found,
        "certifications": TrackerCertification.objects.filter(run_reconstruction__run=run).with_rows_shown(),
        "may_decide": bool(mine),
    }
    return render(request, "listruns/differences_of_run.html", context, status=status)


def _tell(request: HttpRequest, run: OmsRun, done: Decided) -> None:
    for problem in done.problems.values():
        messages.warning(request, problem)
    if done.taken or done.kept:
        taken, kept = ("the other value", "the stored one") if done.of_people else ("OMS's value", "the typed one")
        messages.success(request, f"Run {run}: {taken} taken for {done.taken}, {kept} kept for {done.kept}.")
    elif not done.problems:
        messages.info(request, "Nothing was chosen, so nothing was changed.")


def _chosen(data: QueryDict) -> set[int]:
    """Keys of the differences of which the page was filled in."""
    found = {name: _CHOSEN.fullmatch(name) for name in data}
    return {int(match[1]) for name, match in found.items() if match and data[name].strip()}


def _tell_of_others(request: HttpRequest, run: OmsRun, chosen: set[int]) -> None:
    """What somebody else, or OMS, has resolved since the page was made."""
    over = Task.objects.about(run).exclude(pk__in=Task.objects.open()).filter(pk__in=chosen)
    for task in over.with_all_shown().select_related("decided_by"):
        who = f" by {task.decided_by}" if task.decided_by_id else ""
        messages.info(request, f"{str(task).capitalize()} was resolved meanwhile{who}: {task.get_state_display()}.")
