import pytest

from oms.models import Source
from tests.factories import COLLISIONS_RUN, FILL, UNITS, make_certification, make_fill, make_run


@pytest.fixture
def certification(shifter, outside):
    """All facts are settled, so nobody outside is asked."""
    facts = {
        name: COLLISIONS_RUN[name] for name in COLLISIONS_RUN if name not in ("run_number", "last_lumisection_number")
    }
    units = {f"{name}_unit": UNITS[name] for name in ("delivered_lumi", "recorded_lumi")}
    fill = make_fill(7324, end_time=FILL["end_time"], source=Source.OMS)
    make_run(run_type="collisions", lumisections=381, fill=fill, **units, **facts)
    return make_certification(shifter, comment="first text")
