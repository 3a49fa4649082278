"""Units for people and for sums."""

import pytest

from oms.units import in_inverse_picobarn, pretty


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
