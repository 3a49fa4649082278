"""Collisions or cosmics: what follows from the facts of a run, and what the Run Registry's class suggests."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

_PHYSICS = ("/cdaq/physics", "/cdaq/special")


class RunType(models.TextChoices):
    COLLISIONS = "collisions", "Collisions"
    COSMICS = "cosmics", "Cosmics"
    UNKNOWN = "unknown", "Unknown"


def run_type_of(hlt_key: str | None, stable_beam: bool | None) -> RunType:
    """The run type by the rule of upstream.md; unknown only as long as both answers are possible."""
    is_known = bool(hlt_key and hlt_key.strip())
    is_physics = is_known and any(path in hlt_key for path in _PHYSICS)
    if stable_beam is False or (is_known and not is_physics):
        return RunType.COSMICS
    return RunType.COLLISIONS if is_physics and stable_beam else RunType.UNKNOWN


def follows(run_type: RunType) -> Q:
    """Runs whose type, by `run_type_of`, is collisions or cosmics."""
    # Regular expressions, because `contains` knows no case on SQLite.
    is_known, is_physics = Q(hlt_key__regex=r"\S"), Q(hlt_key__regex=f"({'|'.join(_PHYSICS)})")
    if run_type == RunType.COSMICS:
        return Q(stable_beam=False) | (is_known & ~is_physics)
    return Q(stable_beam=True) & is_physics


def run_type_of_class(run_class: str) -> RunType:
    """What the Run Registry's class suggests: `Collisions18`, `Cosmics22`; `Commissioning22` says neither."""
    name = run_class.strip().lower()
    return next((kind for kind in (RunType.COLLISIONS, RunType.COSMICS) if name.startswith(kind)), RunType.UNKNOWN)
