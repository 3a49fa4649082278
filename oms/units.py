"""Units of luminosity as OMS writes them, for people and for sums."""

import re

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")

# Integrated luminosity, in inverse picobarn: 1 pb⁻¹ = 10⁶ µb⁻¹ = 10⁻³ fb⁻¹ (upstream.md, physics rules).
_IN_INVERSE_PICOBARN = {
    r"pb^{-1}": 1.0,
    r"{\mu}b^{-1}": 1e-6,
    r"ub^{-1}": 1e-6,
    r"\mub^{-1}": 1e-6,
    r"nb^{-1}": 1e-3,
    r"fb^{-1}": 1e3,
}

INTEGRATED_UNITS = (r"pb^{-1}", r"{\mu}b^{-1}", r"nb^{-1}", r"fb^{-1}")
INSTANTANEOUS_UNITS = (
    r"10^{34}cm^{-2}s^{-1}",
    r"10^{30}cm^{-2}s^{-1}",
    r"10^{27}cm^{-2}s^{-1}",
)


def pretty(unit: str) -> str:
    r"""`10^{34}cm^{-2}s^{-1}` → `10³⁴ cm⁻²s⁻¹`; what is not understood stays as it came."""
    text = unit.replace(r"{\mu}", "µ").replace(r"\mu", "µ").replace("\\%", "%")
    text = re.sub(r"^(10\^\{-?\d+\})(?=\w)", r"\1 ", text)
    return re.sub(r"\^\{(-?\d+)\}", lambda found: found[1].translate(_SUPERSCRIPTS), text)


def in_inverse_picobarn(value: float | None, unit: str) -> float | None:
    """Integrated luminosity in pb⁻¹; None when the value or its unit is unknown: unknown is not zero."""
    if value is None or unit not in _IN_INVERSE_PICOBARN:
        return None
    return value * _IN_INVERSE_PICOBARN[unit]
