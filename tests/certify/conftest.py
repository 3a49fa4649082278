import pytest

from tests.factories import NOVEMBER, SEPTEMBER, make_run


@pytest.fixture
def two(registry_lists, oms_is_down):
    """Two datasets of the ReReco of a cosmics run; OMS is down."""
    registry_lists(325000, NOVEMBER, SEPTEMBER)
    make_run(run_type="cosmics", source="person")
