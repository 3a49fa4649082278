"""What the load run says of lost and doubled writes, and what its people send."""

from collections import Counter

import pytest

from bench.load.forms import read_form
from bench.load.ledger import ACKNOWLEDGED, REFUSED, UNKNOWN, Ledger

KEY = (325000, "prompt")
FIRST, SECOND = ("a 1", ACKNOWLEDGED), ("a 2", ACKNOWLEDGED)


@pytest.mark.parametrize(
    "sent, stored, told, wrong",
    [
        ([FIRST], ["a 1"], ["a 1"], ""),
        ([FIRST, SECOND], ["a 2"], ["a 1", "a 2"], ""),
        ([FIRST, ("a 2", UNKNOWN)], ["a 1"], ["a 1"], ""),
        ([FIRST, ("a 2", UNKNOWN)], ["a 2"], ["a 1", "a 2"], ""),
        ([("a 1", UNKNOWN)], [], [], ""),
        ([FIRST, ("a 2", REFUSED)], ["a 1"], ["a 1"], ""),
        ([FIRST], [], [], "holds"),
        ([FIRST, SECOND], ["a 1"], ["a 1", "a 2"], "holds"),
        ([FIRST, SECOND], ["a 2"], ["a 2"], "stands 0 times"),
        ([FIRST], ["a 1"], ["a 1", "a 1"], "stands 2 times"),
        ([FIRST], ["a 1", "a 1"], ["a 1"], "is there 2 times"),
        ([("a 1", UNKNOWN)], ["a 1"], ["a 1", "a 1"], "stands 2 times"),
        ([("a 1", REFUSED)], ["a 1"], ["a 1"], "holds"),
    ],
)
def test_what_is_lost_or_there_twice_is_found(sent, stored, told, wrong):
    ledger = Ledger()
    for comment, outcome in sent:
        ledger.note(KEY, comment, outcome)
    found = ledger.disagreements({KEY: stored}, Counter(told))
    assert bool(found) == bool(wrong)
    assert wrong in " ".join(found)


def test_people_send_what_a_browser_would(as_shifter, oms_is_down, registry_is_down):
    page = as_shifter.get("/certify/325000/prompt/?correct=1").text
    form = read_form(page, "certify-form")
    assert form.action.startswith("/certify/325000/prompt/")
    assert {"seal", "csrfmiddlewaretoken", "date", "omsrun-run_type", "omsrun-lumisections"} <= set(form.fields)
    assert "pixel" not in form.fields
    assert read_form(page, "another") is None
