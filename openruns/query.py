"""How the addresses of the work list say what is shown, and what "next" takes."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.http import urlencode

from openruns.forms import SHOWN, TYPES, SearchForm
from searches.addresses import RUNS, SEARCH, Address
from searches.keeping import store
from users.models import User

# The open work, where else the search that was sent last would be taken.
OPEN_WORK = "runs="
_SEARCH = (SEARCH, RUNS, "days")
_FILTERS = ("show", "type")


def read(query: QueryDict) -> tuple[Address, SearchForm]:
    """Of what an address says; the form tells what is wrong with it."""
    address = Address.read(query)
    form = SearchForm(address.query)
    address.complain(form)
    return address, form


def shortened(sent: QueryDict, user: User) -> QueryDict:
    """With a stored search in the place of its runs. Raises QuotaReached."""
    query = sent.copy()
    runs = query.pop(RUNS, [""])[-1].strip()
    if runs:
        query[SEARCH] = store(runs, user).key
    return query


def search_part(query: QueryDict, besides: tuple[str, ...] = ()) -> str:
    return urlencode([(name, query[name]) for name in (*_SEARCH, *besides) if query.get(name)])


def whole(query: QueryDict) -> str:
    return search_part(query, _FILTERS)


def filters(query: QueryDict) -> list[list[dict[str, Any]]]:
    """Links that change one filter and keep the rest of the URL."""
    return [_links(query, "show", SHOWN, "all"), _links(query, "type", TYPES, "")]


def _links(query: QueryDict, name: str, offered: dict[str, str], default: str) -> list[dict[str, Any]]:
    current = query.get(name, default)
    current = current if current in offered else default
    links = []
    for value, words in offered.items():
        kept = [each for each in (*_SEARCH, *_FILTERS) if each != name]
        rest = [(each, said) for each in kept for said in query.getlist(each) if said]
        chosen = [(name, value)] if value != default else []
        links.append({"words": words, "url": f"?{urlencode(rest + chosen)}", "is_current": value == current})
    return links
