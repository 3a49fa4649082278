"""Addresses of what is certified and of what is to be certified: each names its dataset where one is known."""

from __future__ import annotations

from django.urls import reverse
from django.utils.http import urlencode

from certify.models import Draft, TrackerCertification


def certify_url(run_number: int, reco: str, dataset: str | None = None) -> str:
    url = reverse("certify:certify", args=[run_number, reco] if reco else [run_number])
    return f"{url}?{urlencode({'dataset': dataset})}" if dataset else url


def draft_keeping_url(run_number: int, reco: str, dataset: str | None) -> str:
    url = reverse("certify:draft", args=[run_number, reco])
    return f"{url}?{urlencode({'dataset': dataset})}" if dataset else url


def address(page: str, run_number: int, reco: str, dataset: str | None) -> str:
    """`page` is a URL name of listruns. An empty `dataset` in it is the one that is not known by name."""
    return f"{reverse(f'listruns:{page}', args=[run_number, reco])}?{urlencode({'dataset': dataset or ''})}"


def url_of(certification: TrackerCertification, page: str = "detail", is_alone: bool = False) -> str:
    """`page`: detail, update, conflict, delete, refresh or move. `is_alone`: it is the only dataset of its kind."""
    of = certification.run_reconstruction
    if is_alone:
        return reverse(f"listruns:{page}", args=[of.run_id, of.reconstruction])
    return address(page, of.run_id, of.reconstruction, certification.dataset_name)


def short_url_of(certification: TrackerCertification, page: str = "detail", **query: object) -> str:
    """For a redirect: without the dataset where the reconstruction has no other certification."""
    of = certification.run_reconstruction
    others = TrackerCertification.objects.filter(run_reconstruction=of).exclude(pk=certification.pk)
    if others.exists() or certification.deleted_at:
        query = {"dataset": certification.dataset_name or "", **query}
    url = reverse(f"listruns:{page}", args=[of.run_id, of.reconstruction])
    return f"{url}?{urlencode(query)}" if query else url


def url_of_draft(draft: Draft) -> str:
    """The page that it goes on with."""
    if draft.is_of_update:
        url = address("update", draft.run_number, draft.reconstruction, draft.dataset)
        return f"{url}&{urlencode({'draft': draft.pk})}"
    url = certify_url(draft.run_number, draft.reconstruction, draft.dataset)
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'draft': draft.pk})}"
