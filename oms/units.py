"""Units of luminosity as OMS writes them, for people and for sums."""

import re
import unicodedata
from functools import lru_cache

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")

# Integrated luminosity, in inverse picobarn: 1 pb⁻¹ = 10⁶ µb⁻¹ = 10⁻³ fb⁻¹ (upstream.md, physics rules).
_IN_INVERSE_PICOBARN = {"fb": 1e3, "pb": 1.0, "nb": 1e-3, "µb": 1e-6, "mb": 1e-9, "b": 1e-12}
# One barn with its prefix to the power of -1, or below a stroke; what is of LaTeX or of typography is gone by then.
_INVERSE = re.compile(r"(?:1?/(?P<below>[fpnum]?b)|(?P<base>[fpnum]?b)\^?-1)")
_MU = ("\\mu", "\u03bc")  # NFKC has made one code point of the two
_LATEX = re.compile(r"\\(?:mathrm|text|rm|,)|[{}$\s]")

INTEGRATED_UNITS = (r"pb^{-1}", r"{\mu}b^{-1}", r"nb^{-1}", r"fb^{-1}")
INSTANTANEOUS_UNITS = (
    r"10^{34}cm^{-2}s^{-1}",
    r"10^{30}cm^{-2}s^{-1}",
    r"10^{27}cm^{-2}s^{-1}",
    r"10^{24}cm^{-2}s^{-1}",
)

# Since 2018 OMS gives both kinds of beams always in the same units; before, the same attribute came in several.
_USUAL_SINCE_2018 = {
    "PROTONS": (r"pb^{-1}", r"10^{34}cm^{-2}s^{-1}"),
    "PB": (r"{\mu}b^{-1}", r"10^{27}cm^{-2}s^{-1}"),
    "IONS": (r"{\mu}b^{-1}", r"10^{27}cm^{-2}s^{-1}"),
}
_RUNS_OF_2018 = range(315_252, 1_000_000)


def usual_units(particles: str, *, year: int | None, run_number: int) -> tuple[str, str]:
    """Of integrated and of instantaneous luminosity where they are known, two empty strings where not.

    `particles`: the fill type. `year`: of the run's start; where nobody knows it, its number tells.
    """
    is_known = year >= 2018 if year else run_number in _RUNS_OF_2018
    return _USUAL_SINCE_2018.get(particles.strip().upper(), ("", "")) if is_known else ("", "")


def pretty(unit: str) -> str:
    r"""`10^{34}cm^{-2}s^{-1}` → `10³⁴ cm⁻²s⁻¹`; what is not understood stays as it came."""
    barn = _barn_of(unit)
    if barn:
        return f"{barn}⁻¹"
    text = unit.replace(r"{\mu}", "µ").replace(r"\mu", "µ").replace("\\%", "%")
    text = re.sub(r"^(10\^\{-?\d+\})(?=\w)", r"\1 ", text)
    return re.sub(r"\^\{(-?\d+)\}", lambda found: found[1].translate(_SUPERSCRIPTS), text)


def is_integrated(unit: str) -> bool:
    """Whether it is a unit of integrated luminosity that we can convert."""
    return _barn_of(unit) is not None


def in_inverse_picobarn(value: float | None, unit: str) -> float | None:
    """Integrated luminosity in pb⁻¹; None when the value or its unit is unknown: unknown is not zero."""
    barn = _barn_of(unit)
    return None if value is None or barn is None else value * _IN_INVERSE_PICOBARN[barn]


@lru_cache(maxsize=500)  # an export asks for each of its rows
def _barn_of(unit: str) -> str | None:
    r"""`pb` of `pb^{-1}`, `/pb`, `PB-1`, `\mathrm{pb}^{-1}` and the like; None when it is no such unit."""
    text = unicodedata.normalize("NFKC", unit).lower().replace("\u2212", "-")
    for mu in _MU:
        text = text.replace(mu, "u")
    found = _INVERSE.fullmatch(_LATEX.sub("", text))
    return (found["below"] or found["base"]).replace("u", "µ") if found else None
