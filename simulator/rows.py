"""What the rows of runs and of fills have in common: units, particles, links."""

from datetime import datetime, timedelta
from typing import Any

from simulator.tables import Row

INTERNAL_HOST = "http://cmsomsapi.cern.ch:8080/api/v1"
PARTICLE = {"protons": "PROTON", "ions": "PB82"}
FILL_TYPE = {"protons": "PROTONS", "ions": "PB", "cosmics": "COSMICS", "commissioning": "COSMICS"}
ENERGY = {"protons": 6800.0, "ions": 6799.0}
_UNITS = {
    "protons": ("pb^{-1}", "10^{34}cm^{-2}s^{-1}"),
    "ions": (r"{\mu}b^{-1}", "10^{27}cm^{-2}s^{-1}"),
}


def luminosity_units(kind: str, integrated: tuple[str, ...], instantaneous: tuple[str, ...]) -> dict[str, str]:
    integral, rate = _UNITS.get(kind, _UNITS["protons"])
    return {**dict.fromkeys(integrated, integral), **dict.fromkeys(instantaneous, rate)}


def row(resource: str, number: int, attributes: dict[str, Any], units: dict[str, str]) -> Row:
    return {
        "id": str(number),
        "type": resource,
        "attributes": attributes,
        "links": {"self": f"{INTERNAL_HOST}/{resource}/{number}"},
        "meta": {"row": {name: {"units": unit} for name, unit in units.items()}},
    }


def moment(origin: datetime, seconds: int) -> str:
    return (origin + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
