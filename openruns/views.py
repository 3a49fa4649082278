"""The work list: where a shifter starts her day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from certify.differences import mark_rows
from certify.links import certify_url
from certify.models import CERTIFIED_RECONSTRUCTIONS, TrackerCertification
from certify.refreshing import AskedAMomentAgo, ask_anew
from oms.models import RunType
from openruns.board import Board, Row
from openruns.claimed import list_of_claims
from openruns.forms import SHOWN, TYPES, AssignForm, ChooseRunForm, SearchForm
from openruns.search import MOST_RUNS, Search, found_for
from openruns.upcoming import Next, first_that_opens, next_free, next_of_claims
from runregistry.client import RunRegistryClient
from users.models import User

_RECENT = 5
_REMEMBERED = "openruns_search"
_SEARCH = ("runs", "days")


@require_safe
@login_required
def openruns(request: HttpRequest) -> HttpResponse:
    """The runs searched for, or the open work as last known."""
    choice = ChooseRunForm(request.GET if "run_number" in request.GET and request.user.may_certify else None)
    if choice.is_valid():
        reco = choice.cleaned_data["reco"]
        return redirect("certify:certify", choice.cleaned_data["run_number"], *([reco] if reco else []))
    form = SearchForm(request.GET)
    board = _board(request, form) if form.is_valid() else {}
    context = {
        **board,
        "search_form": form,
        "form": choice,
        "filters": _filters(request.GET),
        **list_of_claims(request.user),
        "assign_form": AssignForm() if request.user.is_shift_leader else None,
        "recent": TrackerCertification.objects.with_rows_shown()[:_RECENT],
    }
    mark_rows(context["recent"])
    is_wrong = choice.is_bound or not form.is_valid()
    return render(request, "openruns/openruns.html", context, status=422 if is_wrong else 200)


@require_safe
@login_required
def certify_next(request: HttpRequest) -> HttpResponse:
    """To the next dataset: of her claims, else of the search in the URL, else of the one she made last."""
    query = _search_part(request.GET) or request.session.get(_REMEMBERED, "")
    form = SearchForm(QueryDict(query))
    search = form.search if form.is_valid() else Search()
    # Who may not certify asks no service: the page they come to tells them so.
    registry = RunRegistryClient() if request.user.may_certify else None
    upcoming, passed_over = first_that_opens(_candidates(request.user, search), registry)
    for sentence in passed_over[:_RECENT]:
        messages.warning(request, sentence)
    if upcoming is None:
        messages.info(request, "Nothing free is left here. Search for more runs, or refresh the open work.")
        return redirect(f"{reverse('openruns:openruns')}?{query}")
    return redirect(certify_url(upcoming.run_number, upcoming.reco, upcoming.dataset))


def _candidates(user: User, search: Search) -> Iterator[Next]:
    """Their claims; only when none of them can be opened the search is made."""
    yield from next_of_claims(user)
    yield from next_free(found_for(user, search), user)


def _board(request: HttpRequest, form: SearchForm) -> dict[str, Any]:
    search = form.search
    request.session[_REMEMBERED] = _search_part(request.GET)
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
        "search_part": _search_part(request.GET),
    }


def _may_refresh(request: HttpRequest) -> bool:
    """Whether the Run Registry is asked for what it told a moment ago."""
    if "refresh" not in request.GET or not request.user.may_certify:
        return False
    try:
        ask_anew(request.user)
    except AskedAMomentAgo as refusal:
        messages.warning(request, f"{refusal} {refusal.advice}")
        return False
    return True


def _shown(rows: list[Row], query: QueryDict) -> list[Row]:
    wanted = {"free": ("free",), "mine": ("mine",)}.get(query.get("show", ""))
    kind = query.get("type", "")
    return [
        row for row in rows if (not wanted or row.has(*wanted)) and (kind not in RunType.values or row.run_type == kind)
    ]


def _filters(query: QueryDict) -> list[list[dict[str, Any]]]:
    """Links that change one filter and keep the rest of the URL."""
    return [_links(query, "show", SHOWN, "all"), _links(query, "type", TYPES, "")]


def _links(query: QueryDict, name: str, offered: dict[str, str], default: str) -> list[dict[str, Any]]:
    current = query.get(name, default)
    current = current if current in offered else default
    links = []
    for value, words in offered.items():
        rest = [(key, each) for key in (*_SEARCH, "show", "type") if key != name for each in query.getlist(key) if each]
        chosen = [(name, value)] if value != default else []
        links.append({"words": words, "url": f"?{urlencode(rest + chosen)}", "is_current": value == current})
    return links


def _search_part(query: QueryDict) -> str:
    return urlencode([(name, query[name]) for name in _SEARCH if query.get(name)])
