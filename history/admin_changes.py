"""What is changed in the admin, as the history keeps it. Knows rows of any model, and no model by name."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model

from history.models import Action, Entry

State = dict[str, Any]

# Not even as a hash.
_SECRET = {"password"}
_SUBJECT = Entry._meta.get_field("subject").max_length


def plain_state(row: Model) -> State:
    """Field → value of a stored row: text, number, truth, or the sorted names of what it is related to."""
    fields = [field for field in row._meta.concrete_fields if not field.primary_key and field.name not in _SECRET]
    state = {field.name: _plain(getattr(row, field.name)) for field in fields}
    many = {field.name: getattr(row, field.name).select_related() for field in row._meta.many_to_many}
    return state | {name: sorted(str(other) for other in others) for name, others in many.items()}


def fingerprint(state: State) -> str:
    """Tells one state from another, and nothing of what it is."""
    return sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:32]


def changes_between(before: State, after: State) -> dict[str, list[Any]]:
    """Field → [old, new]. Of what is new the empty fields are left out, of what is gone too."""
    names = [*after, *(name for name in before if name not in after)]
    pairs = {name: [before.get(name), after.get(name)] for name in names}
    if not (before and after):
        return {name: pair for name, pair in pairs.items() if any(value not in (None, "", []) for value in pair)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def remember(
    row: Model,
    changes: dict[str, list[Any]],
    by: AbstractBaseUser,
    *,
    click: UUID | None = None,
    kind: str = "",
    typed_by: AbstractBaseUser | None = None,
) -> Entry | None:
    """Who changed what in the admin; None where nothing changed.

    `kind`: what the subject calls it. `typed_by`: whose form it is that `by` took over.
    """
    if not changes:
        return None
    return Entry.objects.create(
        subject=f"{kind or row._meta.verbose_name} {row}"[:_SUBJECT],
        row=row.pk,
        action=Action.ADMIN,
        by=by,
        typed_by=typed_by,
        changes=changes,
        click=click or uuid4(),
    )


def last_change(row: Model, kind: str = "") -> Entry | None:
    about = Entry.objects.filter(row=row.pk, action=Action.ADMIN)
    return (
        about.filter(subject__startswith=f"{kind or row._meta.verbose_name} ").select_related("by", "typed_by").first()
    )


def referring(row: Model) -> list[str]:
    """What the models are called that have rows which refer to this one; those that only pair two others aside."""
    relations = [rel for rel in row._meta.get_fields(include_hidden=True) if rel.one_to_many or rel.one_to_one]
    return sorted(
        {
            str(rel.related_model._meta.verbose_name_plural)
            for rel in relations
            if rel.auto_created
            and not rel.concrete
            and not rel.related_model._meta.auto_created
            and rel.related_model._base_manager.filter(**{rel.field.name: row.pk}).exists()
        }
    )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else str(value)
