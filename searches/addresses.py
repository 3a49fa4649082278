"""Which runs an address asks for: they stand in it as `runs`, or it names a stored search."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.http import HttpRequest, QueryDict

from searches.keeping import SearchRefused, text_of

SEARCH, RUNS = "search", "runs"
# Whatever is added to it on the way, as when it waits behind the sign-in, it passes every web server.
LONGEST = 1500  # characters


class TwoSearches(SearchRefused):
    def __init__(self) -> None:
        super().__init__(f"“{SEARCH}” and “{RUNS}” both say which runs: leave one of them out.")


def is_long(request: HttpRequest) -> bool:
    """As an old one may be, with all its runs: what is added to it may be too much for a web server."""
    return len(request.get_full_path()) > LONGEST


@dataclass(frozen=True)
class Address:
    """`query`: what it asks for, with the text of its stored search as `runs`. `refusal`: why that is not to be had."""

    query: QueryDict
    key: str = ""
    refusal: SearchRefused | None = None

    @classmethod
    def read(cls, query: QueryDict) -> Address:
        if SEARCH not in query:
            return cls(query)
        try:
            if query.get(RUNS):
                raise TwoSearches
            unfolded = query.copy()
            unfolded[RUNS] = text_of(query[SEARCH])
            return cls(unfolded, query[SEARCH])
        except SearchRefused as exc:
            return cls(query, refusal=exc)

    @property
    def status(self) -> int:
        """Of a page that says what is wrong."""
        return self.refusal.status if self.refusal else SearchRefused.status

    def complain(self, form: forms.Form) -> None:
        """Nothing is found by a form whose stored search is not to be had."""
        if self.refusal:
            form.add_error(RUNS, str(self.refusal))
