"""Keeping what is typed before it is submitted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any

from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from certify.exceptions import MadeForAnother
from certify.models import Draft, TrackerCertification
from certify.target import RECOS, unseal
from oms.models import MAX_RUN_NUMBER
from runregistry.names import is_dataset_name
from users.models import User
from users.served import OPENING, TAKEN_OVER

PAGE = OPENING
_PAGE_NAME = re.compile(r"[\w-]{1,40}", re.ASCII)
_OF_THE_PAGE = ("seal", PAGE, TAKEN_OVER, "date", "external_info_complete")
# Of one user and reconstruction, the newest so many pages are kept: more tabs nobody has open.
_MOST_PAGES = 8
# Of one user, of whatever they are.
_MOST_DRAFTS = 200
_FORGOTTEN_AFTER = timedelta(days=180)


def page_of(posted: str) -> str:
    """The name of one opening of the form: as the form says, or a new one."""
    return posted if _PAGE_NAME.fullmatch(posted) else token_urlsafe(9)


def keep(
    user: User,
    run_number: int,
    reco: str,
    dataset: str,
    page: str,
    fields: list[tuple[str, str]],
    *,
    makes_room: bool = True,
) -> bool:
    """Store the fields of a form as its page's draft; False for what is no page of a reconstruction, or of a guest's.

    `dataset` is "" where the page knows no name. What somebody else sends for them makes no room: it never pushes
    out what they typed themselves, and is not kept where there is none.
    """
    if dataset and not is_dataset_name(dataset):
        return False
    if reco not in RECOS or not 0 < run_number <= MAX_RUN_NUMBER or not fields or not _PAGE_NAME.fullmatch(page):
        return False
    if not user.may_certify and not _had_the_page(run_number, reco, fields):
        return False
    if not makes_room and _is_full(user, run_number, reco, page):
        return False
    fields = [(name, value) for name, value in fields if name != PAGE]
    of_page = {"run_number": run_number, "reconstruction": reco, "dataset": dataset, "page": page}
    if not _store(user, of_page, fields):
        return False
    _tidy(user, run_number, reco)
    return True


def _store(user: User, of_page: dict[str, Any], fields: list[tuple[str, str]]) -> bool:
    """False where its person, or the draft while it was changed, is deleted at this moment."""
    try:
        Draft.objects.update_or_create(user=user, **of_page, defaults={"fields": fields})
    except IntegrityError:
        return False
    return True


def _had_the_page(run_number: int, reco: str, fields: list[tuple[str, str]]) -> bool:
    """Whether it was made for somebody who may certify, who lost their role since."""
    try:
        return unseal(dict(fields).get("seal", ""), run_number, reco) is not None
    except MadeForAnother:
        return False


def says_something(fields: list[tuple[str, str]]) -> bool:
    """Whether a person has chosen or typed anything of it: what the page itself put there is not worth keeping."""
    made_with = {name.removeprefix("initial-"): value for name, value in fields if name.startswith("initial-")}
    said = [(name, value) for name, value in fields if value and name not in _OF_THE_PAGE]
    return any(
        made_with.get(name, "") != value
        for name, value in said
        if not (name.startswith("initial-") or name.endswith("_unit"))
    )


def _is_full(user: User, run_number: int, reco: str, page: str) -> bool:
    others = Draft.objects.filter(user=user, run_number=run_number, reconstruction=reco).exclude(page=page)
    return others.count() >= _MOST_PAGES


def _tidy(user: User, run_number: int, reco: str) -> None:
    """Those that were used longest ago go when there are too many; of others' drafts none."""
    of_user = Draft.objects.filter(user=user)
    _drop_surplus(of_user.filter(run_number=run_number, reconstruction=reco), _MOST_PAGES)
    _drop_surplus(of_user, _MOST_DRAFTS)
    of_user.filter(updated_at__lt=timezone.now() - _FORGOTTEN_AFTER).delete()


def _drop_surplus(drafts: QuerySet[Draft], most: int) -> None:
    surplus = list(drafts.values_list("pk", flat=True)[most:])
    if surplus:
        Draft.objects.filter(pk__in=surplus).delete()


def drop(user: User, run_number: int, reco: str, page: str) -> None:
    Draft.objects.filter(user=user, run_number=run_number, reconstruction=reco, page=page).delete()


def offered(user: User, run_number: int, reco: str, dataset: str | None, but: str = "") -> list[Draft]:
    """Their drafts of the dataset, newest first, without that of the page `but`; without a name, all of the reco."""
    return with_certified_since(_maybe_of(user, run_number, reco, dataset).exclude(page=but))


def with_certified_since(found: Iterable[Draft]) -> list[Draft]:
    """Each with `certified_since`: what was certified since it was typed as new, or changed since it was typed."""
    found = list(found)
    runs = {draft.run_number for draft in found}
    certified = TrackerCertification.objects.filter(run_reconstruction__run__in=runs)
    of = {
        (each.run_reconstruction.run_id, each.reconstruction, each.dataset_name or ""): each
        for each in certified.select_related("author", "dataset", "run_reconstruction")
    }
    for draft in found:
        stored = of.get((draft.run_number, draft.reconstruction, draft.dataset))
        is_older = stored and (draft.version is None or draft.version < stored.version)
        draft.certified_since = stored if is_older else None
    return found


def opened(user: User, run_number: int, reco: str, dataset: str | None, pk: str) -> Draft | None:
    """The one that the URL opens; never one that was typed for another dataset."""
    if not pk.isdecimal() or len(pk) > 18:
        return None
    return _maybe_of(user, run_number, reco, dataset).filter(pk=pk).first()


def _maybe_of(user: User, run_number: int, reco: str, dataset: str | None) -> QuerySet[Draft]:
    found = Draft.objects.filter(user=user, run_number=run_number, reconstruction=reco)
    if dataset and not is_dataset_name(dataset):
        return found.none()
    return found.filter(dataset__in=("", dataset)) if dataset else found


def as_post(draft: Draft) -> QueryDict:
    """What the browser would have sent."""
    data = QueryDict(mutable=True)
    for name, value in draft.fields:
        data.appendlist(name, value)
    data[PAGE] = draft.page
    return data
