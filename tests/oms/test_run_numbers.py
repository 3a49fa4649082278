"""Which numbers look like those of runs."""

import pytest

from oms.run_numbers import is_usual


@pytest.mark.parametrize(
    ("run_number", "usual"),
    [(100_000, True), (325_000, True), (999_999, True), (1, False), (99_999, False), (1_000_000, False), (0, False)]
    + [(-325_000, False), (2_147_483_647, False)],
)
def test_a_run_number_has_six_digits(run_number, usual):
    assert is_usual(run_number) is usual
