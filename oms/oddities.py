"""What is plausible of a fact. Beyond it a value is shown as odd, with the reason; it is never refused."""

from __future__ import annotations

from collections.abc import Callable

from oms.run_types import RunType

# Between the energy at which the LHC takes its beams and what it was built for (upstream.md, physics rules).
_LOWEST_ENERGY, _HIGHEST_ENERGY = 440, 6900

_USUAL: dict[str, tuple[Callable[[float], bool], str]] = {
    "lumisections": (lambda n: 1 <= n <= 3300, "a run has 1 to 3300"),
    "b_field": (lambda tesla: abs(tesla) < 0.1 or abs(tesla - 3.8) < 0.1, "3.8 T or about 0 is usual"),
    "energy": (lambda gev: 0 <= gev <= _HIGHEST_ENERGY, "up to 6800 GeV a beam is usual"),
    "peak_pileup": (lambda pileup: 0 <= pileup <= 200, "0 to 200 is usual"),
    "efficiency_lumi": (lambda percent: 0 <= percent <= 100.5, "0 to 100 % is usual"),
}


def why_odd(name: str, value: float, run_type: str = "") -> str:
    """Why the value is not what one expects, "" where it is."""
    if name == "energy" and run_type == RunType.COLLISIONS and value < _LOWEST_ENERGY:
        return _why_so_low(value)
    is_usual, why = _USUAL.get(name, (lambda number: number >= 0, "it is negative"))
    return "" if is_usual(value) else why


def _why_so_low(gev: float) -> str:
    """A number of TeV, of both beams together or of one, is the usual slip."""
    guesses = []
    if _is_energy_of_beam(gev * 500):
        guesses.append(f"{gev:g} TeV, i.e. {gev * 500:g} GeV a beam")
    if _is_energy_of_beam(gev * 1000):
        guesses.append(f"{gev:g} TeV a beam, i.e. {gev * 1000:g} GeV")
    if not guesses:
        return f"beams collide at {_LOWEST_ENERGY} GeV or more"
    return f"{gev:g} GeV: is it {', or '.join(guesses)}?"


def _is_energy_of_beam(gev: float) -> bool:
    return _LOWEST_ENERGY <= gev <= _HIGHEST_ENERGY
