"""Which numbers look like those of runs, and run numbers as people write them."""

import pytest

from oms.models import OmsRun
from oms.run_numbers import is_usual, read_runs


@pytest.mark.parametrize(
    ("run_number", "usual"),
    [(100_000, True), (325_000, True), (999_999, True), (1, False), (99_999, False), (1_000_000, False), (0, False)]
    + [(-325_000, False), (2_147_483_647, False)],
)
def test_a_run_number_has_six_digits(run_number, usual):
    assert is_usual(run_number) is usual


ONE = [(325097, 325097)]


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("331400-99", [(331400, 331499)]),
        ("331400–9", [(331400, 331409)]),
        ("331400 - 502", [(331400, 331502)]),
        ("325003-325000", [(325000, 325003)]),
        ("1-100000", [(1, 100000)]),
        ("325000..325003", [(325000, 325003)]),
        ("325000 … 325003", [(325000, 325003)]),
        ("325000 to 325003", [(325000, 325003)]),
        ("325000 TO\n325003", [(325000, 325003)]),
        ("325000~325003", [(325000, 325003)]),
        ("397644/397650", [(397644, 397644), (397650, 397650)]),
        ("397644 / 397650/397652", [(397644, 397644), (397650, 397650), (397652, 397652)]),
        ("325097.0", ONE),
        ("325097.00, 325098.0", [(325097, 325098)]),
        ("Run325097", ONE),
        ("run 325097", ONE),
        ("Runs: 325097", ONE),
        ("#325097.", ONE),
        ("325'097", ONE),
        ("325’097", ONE),
        ("325\N{NARROW NO-BREAK SPACE}097", ONE),
        ("https://cmsoms.cern.ch/cms/runs/report?cms_run=325097&cms_run_sequence=GLOBAL-RUN", ONE),
        ("<https://certhelper.cern.ch/list/325097/prompt/>", ONE),
        ('{"325097": [[1, 50], [60, 153]], "325098": [[1, 3]]}', [(325097, 325098)]),
        (' {"325097": [[1, 50], [60, 153]], "325098": [[1, ', [(325097, 325098)]),
        ("325\N{LEFT-TO-RIGHT MARK}097", ONE),
        ("\N{ZERO WIDTH NO-BREAK SPACE}325097\N{WORD JOINER}", ONE),
        *((f"325000{dash}325003", [(325000, 325003)]) for dash in "-‐‑‒–—―−﹘﹣－⸺"),
        ("325000 -- 325003", [(325000, 325000), (325003, 325003)]),
        ("325097,98", [(98, 98), (325097, 325097)]),
    ],
)
def test_runs_as_people_write_them(text, ranges):
    typed = read_runs(text)
    assert (typed.ranges, typed.junk) == (ranges, [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("99-331400", "99-331400: from 99 to 331400? Write both numbers in full"),
        ("331450-20", "331450-20: from 331450 to 331420? The end is before the beginning"),
        ("325097:153", "325097:153"),
        ("325,097", "325,097"),
        ("325,097,325,098", "325,097,325,098"),
        ("12/325000", "12/325000"),
        ("12..15", "12..15"),
        ("12~15", "12~15"),
        ("0325097", "0325097"),
        ("325O97", "325O97"),
        ("325\N{LEFT-TO-RIGHT MARK}O97", "325U+200EO97"),
        ("325097\N{ZERO WIDTH SPACE}325098", "325097U+200B325098"),
        ("325\x00097", "325U+0000097"),
        ("٣٢٥٠٩٧", "٣٢٥٠٩٧"),
        (
            "https://cmsoms.cern.ch/cms/fills/report?cms_fill=7324",
            "https://cmsoms.cern.ch/cms/fills/report?cms_fill=7324",
        ),
        ("9999999999-3", "9999999999-3"),
    ],
)
def test_what_may_mean_something_else_is_refused_and_shown(text, told):
    typed = read_runs(text)
    assert (typed.ranges, typed.junk) == ([], [told])


def test_as_many_ranges_as_fit_in_a_text_find_their_runs(db):
    for number in (325000, 325003, 331400, 399999):
        OmsRun.objects.create(run_number=number)
    text = " ".join(f"{number}-{number + 1}" for number in range(325000, 329200, 3))
    typed = read_runs(text)
    assert len(typed.ranges) == 1400
    found = OmsRun.objects.filter(typed.as_condition("run_number")).values_list("pk", flat=True)
    assert sorted(found) == [325000, 325003]
    alone = read_runs(" ".join(str(number) for number in range(320002, 326002, 3)))
    found = OmsRun.objects.filter(alone.as_condition("run_number")).values_list("pk", flat=True)
    assert sorted(found) == [325000, 325003]


@pytest.mark.parametrize(
    ("text", "only"), [("325'097", 325097), ("325097 325098", None), ("325097-9", None), ("x", None)]
)
def test_a_field_for_one_run_wants_one(text, only):
    assert read_runs(text).only == only
