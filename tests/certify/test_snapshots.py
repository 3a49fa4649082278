"""A certification as plain data."""

import pytest

from certify.snapshots import in_order


@pytest.mark.parametrize(
    "names",
    [
        ["pixel", "pixel_lowstat", "strip", "comment", "dataset", "external_info_complete"],
        ["run_type", "lumisections", "start_time", "end_time", "delivered_lumi", "delivered_lumi_unit", "b_field"],
        ["comment", "verdict"],
    ],
)
def test_changes_are_told_in_one_order_whatever_order_the_database_keeps(names):
    shuffled = {name: ["", ""] for name in sorted(names, key=lambda name: (len(name), name))}
    assert [name for name, _ in in_order(shuffled)] == names
