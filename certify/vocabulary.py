"""Words are taken out of the choice, and put into it again; their names stay."""

from __future__ import annotations

from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet

from certify.exceptions import MayNotCorrect
from history.admin_changes import changes_between, plain_state, remember
from users.models import User


def set_retired(words: QuerySet, is_retired: bool, by: User, typed_by: User | None = None) -> int:
    """How many words changed; each has an entry in the history. Raises MayNotCorrect.

    `typed_by`: whose form it is that `by` took over.
    """
    if not by.has_perm(f"{words.model._meta.app_label}.change_{words.model._meta.model_name}"):
        raise MayNotCorrect("Only experts and administrators keep the words that certifications choose from.")
    click = uuid4()
    with transaction.atomic():
        changed = list(words.select_for_update().exclude(is_retired=is_retired))
        for word in changed:
            before = plain_state(word)
            word.is_retired = is_retired
            word.save(update_fields=["is_retired"])
            remember(word, changes_between(before, plain_state(word)), by, click=click, typed_by=typed_by)
    return len(changed)
