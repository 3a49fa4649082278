"""One certification: what was found, on which facts, and how it came about."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from certify.chronicle import subject, timeline, undoable
from certify.differences import mark_rows, tasks_of
from certify.models import COMPONENTS, TrackerCertification
from oms.models import State
from oms.presentation import fact_groups


@require_safe
@login_required
def detail(request: HttpRequest, run_number: int, reco: str) -> HttpResponse:
    """The live certification; without one, what the bin has, marked as deleted and with status 410."""
    certification = _certification(run_number, reco)
    of = certification.run_reconstruction
    undo = undoable(request.user)
    mark_rows([certification])
    groups = fact_groups(of.run)
    tasks = [task for owner in (of.run, of.run.fill) if owner for task in owner.standing if task.state == State.OPEN]
    context = {
        "certification": certification,
        "may_edit": certification.can_be_edited_by(request.user),
        "may_bring_back": request.user.is_shift_leader and not certification.deleted_at,
        "fact_groups": groups,
        "components": [_component(certification, name) for name in COMPONENTS],
        "timeline": timeline(of, certification),
        "open_tasks": len(tasks),
        "open_proposals": any(task.is_proposal for task in tasks),
        "may_decide": tasks_of(request.user).filter(pk__in=[task.pk for task in tasks]).exists(),
        "undo": undo if undo and undo.subject == subject(of) else None,
    }
    return render(request, "listruns/detail.html", context, status=410 if certification.deleted_at else 200)


def _certification(run_number: int, reco: str) -> TrackerCertification:
    found = TrackerCertification.everything.of(run_number, reco).with_everything_shown().select_related("deleted_by")
    certification = found.filter(deleted_at=None).first() or found.order_by("-deleted_at").first()
    if certification is None:
        raise Http404
    return certification


def _component(certification: TrackerCertification, name: str) -> dict[str, object]:
    return {
        "name": name.capitalize(),
        "verdict": getattr(certification, name),
        "label": getattr(certification, f"get_{name}_display")(),
        "lowstat": getattr(certification, f"{name}_lowstat"),
        "problems": list(getattr(certification, f"{name}_problems").all()),
    }
