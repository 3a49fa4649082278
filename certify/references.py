"""Which references to offer for a run: the most alike first, or those that a search finds."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import BooleanField, Case, F, IntegerField, Q, Value, When
from django.db.models.functions import Abs, Cast

from certify.models import Reconstruction, RunReconstruction
from oms.models import MAX_RUN_NUMBER, OmsRun, RunType

OFFERED = 6
PAGE = 50


@dataclass(frozen=True)
class ReferenceChoice:
    pk: int
    run_number: int
    reco: str
    traits: str
    is_chosen: bool = False


@dataclass(frozen=True)
class ReferenceChoices:
    choices: list[ReferenceChoice]
    next_page: int | None = None


def references_for(
    run: OmsRun, reco: str, *, query: str = "", chosen: str = "", page: int = 1, size: int = OFFERED
) -> ReferenceChoices:
    """One page of references, alike ones first; on the first page the chosen one always comes first.

    `query`: words that must all be found in run number, reconstruction, run type, era or particles.
    """
    # What is being certified is no reference for itself.
    others = _matching(query).exclude(run_id=run.run_number, reconstruction=reco)
    found = others.annotate(
        same_reco=_flag(Q(reconstruction=reco)),
        same_type=_flag(Q(run__run_type=run.run_type)),
        apart=Abs(Cast(F("run_id"), IntegerField()) - Value(run.run_number)),
    )
    chosen_pk = int(chosen) if chosen.isdecimal() and len(chosen) < 19 else None
    ordered = found.exclude(pk=chosen_pk).order_by("-same_reco", "-same_type", "apart", "pk").select_related("run")
    start = (page - 1) * size
    rows = list(ordered[start : start + size + 1])
    choices = [_choice(row, run, reco) for row in rows[:size]]
    if page == 1 and chosen_pk:
        current = RunReconstruction.objects.select_related("run").filter(pk=chosen_pk)
        choices = [_choice(row, run, reco, is_chosen=True) for row in current] + choices
    # A short first list is followed by the first full page, not by the second.
    following = page + 1 if size == PAGE else 1
    return ReferenceChoices(choices, following if len(rows) > size else None)


def _matching(query: str):
    references = RunReconstruction.objects.filter(is_reference=True)
    for word in query.split()[:8]:
        meant = Q(reconstruction__startswith=word.lower()) | Q(run__era__icontains=word)
        meant |= Q(run__run_type__startswith=word.lower()) | Q(run__fill_type_runtime__icontains=word)
        if word.isdecimal():
            meant |= _run_numbers_starting_with(word)
        references = references.filter(meant)
    return references


def _run_numbers_starting_with(digits: str) -> Q:
    """`3250` means 3250, 325000 to 325099 …: ranges, because the primary key's index knows numbers, not digits."""
    ranges = Q(pk__in=[])
    for zeros in range(7):
        low = int(digits[:12]) * 10**zeros
        if low <= MAX_RUN_NUMBER:
            ranges |= Q(run_id__gte=low, run_id__lt=min(low + 10**zeros, MAX_RUN_NUMBER))
    return ranges


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _choice(row: RunReconstruction, run: OmsRun, reco: str, is_chosen: bool = False) -> ReferenceChoice:
    name = Reconstruction(row.reconstruction).label
    traits = [RunType(row.run.run_type).label.lower(), row.run.era, row.run.fill_type_runtime]
    if row.run.b_field is not None:
        traits.append(f"{row.run.b_field:.1f} T")
    if row.reconstruction != reco:
        traits.append("another reconstruction")
    apart = run.run_number - row.run_id
    traits.append(f"{abs(apart)} runs {'older' if apart > 0 else 'newer'}" if apart else "this very run")
    return ReferenceChoice(row.pk, row.run_id, name, " · ".join(filter(None, traits)), is_chosen)
