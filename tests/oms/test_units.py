"""Units for people and for sums."""

from itertools import product

import pytest

from oms.units import in_inverse_picobarn, is_integrated, pretty, usual_units


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("10^{34}cm^{-2}s^{-1}", "10³⁴ cm⁻²s⁻¹"),
        ("10^{30}cm^{-2}s^{-1}", "10³⁰ cm⁻²s⁻¹"),
        ("10^{27}cm^{-2}s^{-1}", "10²⁷ cm⁻²s⁻¹"),
        ("pb^{-1}", "pb⁻¹"),
        (r"{\mu}b^{-1}", "µb⁻¹"),
        ("T", "T"),
        ("", ""),
        ("furlongs^{x}", "furlongs^{x}"),
    ],
)
def test_a_unit_is_written_for_people_and_stays_where_it_is_not_understood(unit, shown):
    assert pretty(unit) == shown


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(95.2, "pb^{-1}", 95.2), (2_000_000, r"{\mu}b^{-1}", 2.0), (0.5, "fb^{-1}", 500.0), (1500, "nb^{-1}", 1.5)]
    + [(0.0, "pb^{-1}", 0.0), (-0.004, "pb^{-1}", -0.004)],
)
def test_integrated_luminosity_is_converted_before_summing(value, unit, expected):
    assert in_inverse_picobarn(value, unit) == pytest.approx(expected)


@pytest.mark.parametrize(("value", "unit"), [(None, "pb^{-1}"), (3.0, ""), (3.0, "10^{34}cm^{-2}s^{-1}"), (3.0, "?")])
def test_unknown_is_not_zero(value, unit):
    assert in_inverse_picobarn(value, unit) is None


_PREFIXES = [
    ("f", 1e3),
    ("p", 1.0),
    ("n", 1e-3),
    *((mu, 1e-6) for mu in ("\u00b5", "\u03bc", "u", r"{\mu}", r"\mu", r"\mu ")),
    ("m", 1e-9),
    ("", 1e-12),
]
_SPELLINGS = [
    "{}b^{{-1}}",
    "/{}b",
    "1/{}b",
    "{}b-1",
    "{}b^-1",
    "{}b⁻¹",
    "{}b^{{\u22121}}",
    r"\mathrm{{{}b}}^{{-1}}",
    r"\text{{{}b}}^{{-1}}",
    "${}b^{{-1}}$",
]


_AROUND = ["{}", " {}", "{}\t ", "\n{} ", "\u00a0{}"]


@pytest.mark.parametrize("spelling", _SPELLINGS)
@pytest.mark.parametrize(("prefix", "factor"), _PREFIXES)
def test_a_unit_is_understood_in_every_spelling(prefix, factor, spelling):
    for around, shout in product(_AROUND, (str, str.upper)):
        unit = around.format(shout(spelling.format(prefix)))
        assert in_inverse_picobarn(2.0, unit) == pytest.approx(2 * factor), unit
        assert is_integrated(unit), unit
        assert in_inverse_picobarn(2.0, pretty(unit)) == pytest.approx(2 * factor), unit


@pytest.mark.parametrize(
    "unit",
    ["", " ", "furlong", "pb", "b", "pb^{1}", "pb^{-2}", "/pb^{-1}", "pb^{-1}s^{-1}", "10^{34}cm^{-2}s^{-1}"]
    + ["xb^{-1}", "kb^{-1}", "ab^{-1}", "pp^{-1}", "-1", "^{-1}", "/", "pb--1", "pbarn^{-1}", "pb^{-1},", "é"]
    + ["10^6 pb^{-1}", "\x00pb^{-1}x"],
)
def test_what_is_not_such_a_unit_is_not_taken_for_one(unit):
    assert in_inverse_picobarn(2.0, unit) is None
    assert not is_integrated(unit)


@pytest.mark.parametrize(
    ("particles", "year", "run_number", "units"),
    [
        ("PROTONS", 2018, 315000, ("pb^{-1}", "10^{34}cm^{-2}s^{-1}")),
        ("PROTONS", None, 315252, ("pb^{-1}", "10^{34}cm^{-2}s^{-1}")),
        ("protons ", 2025, 398000, ("pb^{-1}", "10^{34}cm^{-2}s^{-1}")),
        ("PB", None, 326000, (r"{\mu}b^{-1}", "10^{27}cm^{-2}s^{-1}")),
        ("IONS", 2026, 404100, (r"{\mu}b^{-1}", "10^{27}cm^{-2}s^{-1}")),
        ("PROTONS", 2017, 306000, ("", "")),
        ("PROTONS", None, 315251, ("", "")),
        ("PB", 2015, 262000, ("", "")),
        ("PROTONS", None, 3_250_000, ("", "")),
        ("COSMICS", 2018, 325000, ("", "")),
        ("", 2018, 325000, ("", "")),
    ],
)
def test_units_are_usual_only_since_2018_and_for_beams_that_are_known(particles, year, run_number, units):
    assert usual_units(particles, year=year, run_number=run_number) == units
