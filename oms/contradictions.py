"""Tasks for people: what they typed and what OMS says differ, field by field."""

from __future__ import annotations

from django.utils import timezone

from oms.models import Contradiction, Decision, OmsFill, OmsRun

# Only its number is compared; the row of the fill follows it.
_NEVER_ASKED = frozenset({"fill"})


def open_tasks(owner: OmsRun | OmsFill) -> None:
    """One open task per fact that differs, none for what agrees. Call it whenever `owner` has been saved."""
    opened = {task.name: task for task in owner.contradictions.open()}
    for name, official in owner.official.items():
        if not official["seen"] and name not in _NEVER_ASKED:
            _open(owner, name, opened.pop(name, None))
    for task in opened.values():
        task.decision, task.decided_at = Decision.SETTLED, timezone.now()
        task.save()


def _open(owner: OmsRun | OmsFill, name: str, task: Contradiction | None) -> None:
    told, said = owner.told(name), owner.official[name]
    typed, official = [told.value, told.unit], [said["value"], said["unit"]]
    decided = owner.contradictions.filter(name=name, decision=Decision.MINE, typed=typed, official=official)
    if task and (task.typed, task.official) == (typed, official):
        return
    if task is None and decided.exists():
        return  # and neither has changed its word since
    kind = "run" if isinstance(owner, OmsRun) else "fill"
    task = task or Contradiction(**{kind: owner}, name=name)
    stamp = owner.typed.get(name) or owner.typed.get(f"{name}_unit") or {}
    task.typed, task.official, task.typed_by = typed, official, stamp.get("by", "")
    task.save()
