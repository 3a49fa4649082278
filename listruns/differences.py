"""Deciding where what was typed and what OMS says differ."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from certify.completion import complete
from certify.differences import Difference, decide_all, differences, tasks_of
from certify.models import TrackerCertification
from oms.models import Contradiction, OmsRun

_SHOWN = 200


@require_safe
@login_required
def all_differences(request: HttpRequest) -> HttpResponse:
    """Every open task, those that she may decide first."""
    mine = set(tasks_of(request.user).values_list("pk", flat=True))
    found = differences(Contradiction.objects.open().select_related("run", "fill")[:_SHOWN])
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
    tasks = Contradiction.objects.open().about(run).select_related("run", "fill")
    may_decide = tasks_of(request.user).filter(pk__in=tasks).exists()
    if request.method == "POST" and tasks and not may_decide:
        raise PermissionDenied("Who typed the facts, who certified the run and shift leaders decide about them.")
    found = differences(tasks, request.POST if request.method == "POST" else None, with_forms=may_decide)
    if request.method == "POST" and all([each.form.is_valid() for each in found]):  # noqa: C419 - all show their errors
        return _decided(request, run, found)
    context = {
        "run": run,
        "differences": found,
        "certifications": TrackerCertification.objects.filter(run_reconstruction__run=run).with_rows_shown(),
        "may_decide": may_decide,
    }
    return render(request, "listruns/differences_of_run.html", context, status=422 if request.method == "POST" else 200)


def _decided(request: HttpRequest, run: OmsRun, found: list[Difference]) -> HttpResponse:
    taken, kept, problems = decide_all(found, request.user)
    complete(run.pk)
    for problem in problems:
        messages.warning(request, problem)
    if taken or kept:
        messages.success(request, f"Run {run}: OMS's value taken for {taken}, the typed one kept for {kept}.")
    elif not problems:
        messages.info(request, "Nothing was chosen, so nothing was changed.")
    return redirect("listruns:differences_of_run", run.pk)
