"""The work list: where a shifter starts her day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from certify.differences import mark_rows
from certify.links import certify_url
from certify.models import CERTIFIED_RECONSTRUCTIONS, TrackerCertification
from certify.refreshing import AskedAMomentAgo, ask_anew
from certify.refusals import in_one_message
from oms.models import RunType
from openruns import query as queries
from openruns.board import Board, Row
from openruns.claimed import list_of_claims
from openruns.forms import AssignForm, ChooseRunForm, SearchForm
from openruns.search import MOST_RUNS, Search, found_for
from openruns.upcoming import Next, first_that_opens, next_free, next_of_claims
from runregistry.client import RunRegistryClient
from searches.addresses import is_long
from searches.handover import SearchHandover
from searches.keeping import QuotaReached
from users.carry import onward, sent_query
from users.models import User

_RECENT = 5
_REMEMBERED = "openruns_search"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def openruns(request: HttpRequest) -> HttpResponse:
    """The runs searched for, or the open work as last known. A search that is sent gets an address of its own."""
    if request.method == "POST":
        return _to_its_address(request)
    choice = ChooseRunForm(request.GET if "run_number" in request.GET and request.user.may_certify else None)
    if choice.is_valid():
        reco = choice.cleaned_data["reco"]
        return redirect("certify:certify", choice.cleaned_data["run_number"], *([reco] if reco else []))
    address, form = queries.read(request.GET)
    if not form.is_valid():
        return _page(request, form, choice, address.status)
    form.keep_the_rest()
    return _page(request, form, choice, 422 if choice.is_bound else 200, _board(request, form))


openruns.handover = SearchHandover()


def _to_its_address(request: HttpRequest) -> HttpResponse:
    """Nothing else than a search that was sent changes what "next" takes."""
    sent = sent_query(request)
    address, form = queries.read(sent)
    if not form.is_valid():
        return _page(request, form, ChooseRunForm(), address.status)
    try:
        query = queries.shortened(sent, request.user)
    except QuotaReached as refusal:
        form.refuse(refusal)
        return _page(request, form, ChooseRunForm(), refusal.status)
    request.session[_REMEMBERED] = queries.search_part(query)
    return redirect(f"{reverse('openruns:openruns')}?{queries.whole(query)}".rstrip("?"))


def _page(
    request: HttpRequest, form: SearchForm, choice: ChooseRunForm, status: int, board: dict[str, Any] | None = None
) -> HttpResponse:
    context = {
        **(board or {}),
        "search_form": form,
        "form": choice,
        "filters": queries.filters(request.GET),
        "is_long": is_long(request),
        **list_of_claims(request.user),
        "assign_form": AssignForm() if request.user.is_shift_leader else None,
        "recent": TrackerCertification.objects.with_rows_shown()[:_RECENT],
    }
    mark_rows(context["recent"])
    return render(request, "openruns/openruns.html", context, status=status)


@require_safe
@login_required
def certify_next(request: HttpRequest) -> HttpResponse:
    """To the next dataset: of her claims, else of the search in the URL, else of the one she sent last."""
    query = request.GET or QueryDict(request.session.get(_REMEMBERED, ""))
    board = f"{reverse('openruns:openruns')}?{query.urlencode()}"
    form = queries.read(query)[1]
    if not form.is_valid():
        return onward(request, board)
    # Who may not certify asks no service: the page they come to tells them so.
    registry = RunRegistryClient() if request.user.may_certify else None
    upcoming, passed_over = first_that_opens(_candidates(request.user, form.search), registry)
    for sentence in passed_over[:_RECENT]:
        messages.warning(request, sentence)
    if upcoming is None:
        messages.info(request, "Nothing free is left here. Search for more runs, or refresh the open work.")
        return onward(request, board)
    return redirect(certify_url(upcoming.run_number, upcoming.reco, upcoming.dataset))


def _candidates(user: User, search: Search) -> Iterator[Next]:
    """Their claims; only when none of them can be opened the search is made."""
    yield from next_of_claims(user)
    yield from next_free(found_for(user, search), user)


def _board(request: HttpRequest, form: SearchForm) -> dict[str, Any]:
    search = form.search
    found = found_for(request.user, search, fresh=_may_refresh(request))
    known = {run.run_number for run in found.runs}
    missing = [run for run in search.typed.singles if run not in known]
    board = Board(found, request.user, unheard=missing if found.failure else [])
    return {
        "found": found,
        "search": search,
        "rows": _shown(board.rows(), request.GET),
        "recos": CERTIFIED_RECONSTRUCTIONS,
        "missing": [] if found.failure else missing,
        "most_runs": MOST_RUNS,
        "search_part": queries.search_part(request.GET),
        "next_part": queries.search_part(request.GET) or queries.OPEN_WORK,
    }


def _may_refresh(request: HttpRequest) -> bool:
    """Whether the Run Registry is asked for what it told a moment ago."""
    if "refresh" not in request.GET or not request.user.may_certify:
        return False
    try:
        ask_anew(request.user)
    except AskedAMomentAgo as refusal:
        messages.warning(request, in_one_message(refusal, request.user))
        return False
    return True


def _shown(rows: list[Row], query: QueryDict) -> list[Row]:
    wanted = {"free": ("free",), "mine": ("mine",)}.get(query.get("show", ""))
    kind = query.get("type", "")
    return [
        row for row in rows if (not wanted or row.has(*wanted)) and (kind not in RunType.values or row.run_type == kind)
    ]
