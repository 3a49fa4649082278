"""One certification: what was found, on which facts, and how it came about."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from certify.addressed import to_be_shown
from certify.chronicle import timeline, undoable
from certify.differences import mark_rows, tasks_of
from certify.exceptions import SeveralDatasetsCertified
from certify.links import certify_url, url_of
from certify.models import COMPONENTS, DatasetStanding, Reconstruction, TrackerCertification
from certify.siblings import DatasetOfReco, datasets_to_choose, siblings_of
from listruns.addressing import nothing_at, tells_refusals
from oms.models import Difference, State
from oms.presentation import fact_groups
from users.models import User


@require_safe
@login_required
@tells_refusals
def detail(request: HttpRequest, run_number: int, reco: str) -> HttpResponse:
    """The live certification; without one, what the bin has, marked as deleted and with status 410.

    Of several datasets, and none named, the page that lists them.
    """
    try:
        certification = to_be_shown(run_number, reco, request.GET.get("dataset"))
    except TrackerCertification.DoesNotExist as exc:
        raise nothing_at(request, run_number, reco) from exc
    except SeveralDatasetsCertified:
        return _datasets(request, run_number, reco)
    context = _page(certification, request.user)
    return render(request, "listruns/detail.html", context, status=410 if certification.deleted_at else 200)


def _page(certification: TrackerCertification, user: User) -> dict[str, Any]:
    of = certification.run_reconstruction
    undo = undoable(user)
    mark_rows([certification])
    groups = fact_groups(of.run)
    tasks = [task for owner in (of.run, of.run.fill) if owner for task in owner.standing if task.state == State.OPEN]
    shown = Difference.objects.filter(pk__in=[task.pk for task in tasks])
    others = siblings_of(of.run_id, of.reconstruction)
    return {
        "certification": certification,
        "may_edit": certification.can_be_edited_by(user),
        "may_restore": certification.can_be_restored_by(user),
        "may_bring_back": user.is_shift_leader and not certification.deleted_at,
        "fact_groups": groups,
        "components": [_component(certification, name) for name in COMPONENTS],
        "timeline": timeline(of, certification),
        "open_tasks": len(tasks),
        "open_proposals": any(task.is_proposal for task in tasks),
        "may_decide": bool(tasks) and tasks_of(user, shown).exists(),
        "undo": undo if undo and undo.row == certification.pk else None,
        "siblings": others,
        "this_dataset": certification.dataset_name or "",
        "tracker_state": next((each.state for each in others if each.name == certification.dataset_name), ""),
        "rival": _rival(certification, others),
        "datasets_to_choose": datasets_to_choose(certification, others, user),
        "certify_url": certify_url(of.run_id, of.reconstruction, certification.dataset_name),
        **{f"{page}_url": url_of(certification, page) for page in ("update", "delete", "refresh", "move")},
    }


def _rival(certification: TrackerCertification, others: list[DatasetOfReco]) -> TrackerCertification | None:
    """One without a name that can only be of the same dataset, so that one of both has to go."""
    if certification.deleted_at:
        return None
    rivals = (each.certification for each in others if each.certification and each.certification != certification)
    return next((each for each in rivals if each.dataset_standing == DatasetStanding.TAKEN), None)


def _datasets(request: HttpRequest, run_number: int, reco: str) -> HttpResponse:
    context = {
        "run_number": run_number,
        "reco_name": Reconstruction(reco).label,
        "certifications": TrackerCertification.objects.of(run_number, reco).with_rows_shown(),
        "siblings": [each for each in siblings_of(run_number, reco) if not each.certification],
    }
    mark_rows(context["certifications"])
    for certification in context["certifications"]:
        certification.may_edit = certification.can_be_edited_by(request.user)
    return render(request, "listruns/datasets.html", context)


def _component(certification: TrackerCertification, name: str) -> dict[str, object]:
    return {
        "name": name.capitalize(),
        "verdict": getattr(certification, name),
        "label": getattr(certification, f"get_{name}_display")(),
        "lowstat": getattr(certification, f"{name}_lowstat"),
        "problems": list(getattr(certification, f"{name}_problems").all()),
    }
