"""A certification as plain data: what history keeps, what two versions are compared by, and what brings one back."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.utils.text import capfirst

from certify.models import COMPONENTS, RunReconstruction, TrackerCertification
from oms.models import OmsFill, OmsRun

State = dict[str, Any]

# What a person decides, in the order of the page.
DECIDED = (
    *(field for name in COMPONENTS for field in (name, f"{name}_lowstat", f"{name}_problems")),
    "bad_reason",
    "reference_runreconstruction",
    "trackermap",
    "date",
    "comment",
)
FOUND = ("dataset", "dataset_standing", "external_info_complete")
_LABELS = {
    **{f"{name}_lowstat": f"{name.capitalize()} low stat" for name in COMPONENTS},
    "reference_runreconstruction": "Reference",
    "trackermap": "Tracker map",
    "dataset_standing": "Dataset in the Run Registry",
    "external_info_complete": "External info complete",
    # Facts of the run, which turn a verdict or come with its end.
    **{field.name: capfirst(str(field.verbose_name)) for field in OmsRun._meta.concrete_fields},
}
_FACTS = (field.name for model in (OmsRun, OmsFill) for field in model._meta.concrete_fields)
_PLACES = {name: place for place, name in enumerate(dict.fromkeys((*DECIDED, *FOUND, *_FACTS)))}


def snapshot(certification: TrackerCertification) -> State:
    """Field → value: text, truth, ISO date, [primary key, words] of a relation, or a sorted list of those."""
    return {name: _plain(_value(certification, name)) for name in (*DECIDED, *FOUND)}


def state_of(cleaned: dict[str, Any]) -> State:
    """The same shape, from the cleaned data of a valid form; only what a person decides."""
    return {name: _plain(cleaned[name]) for name in DECIDED}


def changes_between(before: State, after: State) -> dict[str, list[Any]]:
    """Field → [old, new] of what differs."""
    return {name: [before.get(name), after[name]] for name in after if before.get(name) != after[name]}


def in_order(changes: dict[str, list[Any]]) -> list[tuple[str, list[Any]]]:
    """As on the page; PostgreSQL keeps JSON in an order of its own."""
    return sorted(changes.items(), key=lambda change: _PLACES.get(change[0], len(_PLACES)))


def values_of(state: State) -> tuple[dict[str, Any], list[str]]:
    """What a person decided, as the models hold it; and the words of it that exist no more."""
    gone: list[str] = []
    values: dict[str, Any] = {}
    for name in DECIDED:
        field = TrackerCertification._meta.get_field(name)
        value = state.get(name)
        if field.many_to_many:
            found = [_find(field.related_model, pair, gone) for pair in value or []]
            values[name] = [word for word in found if word]
        elif field.is_relation:
            values[name] = _find(field.related_model, value, gone)
        elif name in state:
            values[name] = date.fromisoformat(value) if name == "date" else value
    return values, gone


def label_of(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def in_words(value: Any) -> str:
    """A value of a state as a person reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in (None, "", []):
        return "–"
    if isinstance(value, list):
        return ", ".join(pair[1] for pair in value) if isinstance(value[0], list) else str(value[1])
    return str(value)


def as_input(value: Any) -> list[str]:
    """A value of a state as a browser would send it."""
    if isinstance(value, bool):
        return ["on"] if value else []
    if isinstance(value, list) and value and isinstance(value[0], list):
        return [str(pair[0]) for pair in value]
    if isinstance(value, list):
        return [str(value[0])] if value else []
    return ["" if value is None else str(value)]


def _value(certification: TrackerCertification, name: str) -> Any:
    value = getattr(certification, name)
    return value.all() if isinstance(value, models.Manager) else value


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return [value.pk, _name(value)]
    if isinstance(value, models.QuerySet):
        return sorted([word.pk, str(word)] for word in value)
    return value.isoformat() if isinstance(value, date) else value


def _name(value: models.Model) -> str:
    return f"{value.run_id} {value.reconstruction}" if isinstance(value, RunReconstruction) else str(value)


def _find(model: type[models.Model], pair: list[Any] | None, gone: list[str]) -> models.Model | None:
    """By its key, if it still says the same: a word that was renamed since is another one."""
    found = model._default_manager.filter(pk=pair[0]).first() if pair else None
    if pair and (found is None or _name(found) != pair[1]):
        gone.append(pair[1])
        return None
    return found
