"""What the Run Registry lists of a run: now, or last while it is silent."""

from __future__ import annotations

from certify.target import RegistrySilent
from runregistry.known import last_known
from runregistry.listing import KnowsDatasets, Listing, listing_of


def listed_now_or_last(run_number: int, registry: KnowsDatasets) -> tuple[Listing, bool]:
    """And whether it is of now. Of a run that is not known nothing is listed."""
    try:
        return listing_of(run_number, registry), True
    except RegistrySilent:
        memory = last_known(run_number)
        return listing_of(run_number, memory) if memory else Listing(run_number, (), is_whole=False), False
