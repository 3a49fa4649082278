"""Complete means usable: no needed fact is missing, its unit is understood, and the run is over."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from oms import queue
from oms.answers import Facts
from oms.completeness import gaps_in_words, running
from oms.models import OmsRun, RunType, Source
from tests.factories import make_fill, make_run

pytestmark = pytest.mark.django_db

LUMINOSITY = {"delivered_lumi": 99.5, "recorded_lumi": 95.2}
UNITS = {"delivered_lumi_unit": "pb^{-1}", "recorded_lumi_unit": "pb^{-1}"}
HOUR = timedelta(hours=1)


def make_collisions(**fields) -> OmsRun:
    ended = {"start_time": timezone.now() - 10 * HOUR, "end_time": timezone.now() - HOUR}
    facts = {"run_type": RunType.COLLISIONS, "lumisections": 381, "b_field": 3.8, **LUMINOSITY, **UNITS}
    fill = fields.pop("fill", None) or make_fill(**LUMINOSITY, **UNITS)
    return make_run(**{**ended, **facts, "fill": fill, "fill_number": fill.pk, **fields})


def running_run(**fields) -> OmsRun:
    return make_collisions(**{"start_time": timezone.now() - 2 * HOUR, "end_time": None, **fields})


@pytest.mark.parametrize("unit", ["furlong", "", " ", "10^{34}cm^{-2}s^{-1}", "pb^{-2}"])
@pytest.mark.parametrize(("whose", "name"), list(product(["run", "fill"], ["delivered_lumi", "recorded_lumi"])))
def test_a_luminosity_of_collisions_in_a_unit_that_nobody_can_convert_is_not_complete(whose, name, unit):
    facts = {f"{name}_unit": unit}
    run = (
        make_collisions(**facts)
        if whose == "run"
        else make_collisions(fill=make_fill(**{**LUMINOSITY, **UNITS, **facts}))
    )
    assert not run.is_complete
    assert run.needs_typing
    said = " ".join(map(str, gaps_in_words(run)))
    name_in_words = name.replace("_lumi", " luminosity")
    if unit.strip():
        assert f"OMS gives the luminosity in '{unit}', which CertHelper does not know" in said
    assert name_in_words in said
    assert ("fill's" in said) == (whose == "fill")


@pytest.mark.parametrize("unit", ["pb^{-1}", "/pb", " PB^{-1} ", r"\mathrm{pb}^{-1}", r"{\mu}b^{-1}", "mb-1", "b^{-1}"])
def test_a_luminosity_in_a_unit_that_is_understood_is_complete(unit):
    fill = make_fill(**LUMINOSITY, delivered_lumi_unit=unit, recorded_lumi_unit=unit)
    run = make_collisions(fill=fill, delivered_lumi_unit=unit, recorded_lumi_unit=unit)
    assert run.is_complete and not run.needs_typing
    assert gaps_in_words(run) == ()


def test_a_fill_without_luminosity_and_cosmics_with_a_strange_one_are_complete():
    assert make_collisions(fill=make_fill(1)).is_complete
    cosmics = {"run_type": RunType.COSMICS, "recorded_lumi_unit": "furlong"}
    assert make_collisions(run_number=325001, fill=make_fill(2, recorded_lumi=1.0), **cosmics).is_complete


def test_units_and_silence_are_told_in_a_sentence_each():
    run = make_collisions(b_field=None, delivered_lumi=None, recorded_lumi_unit="furlong")
    silent, unknown = gaps_in_words(run)
    assert str(silent) == "OMS does not say: B field, delivered luminosity. Fill in what you know."
    assert unknown.sentence.startswith(
        "OMS gives the luminosity in 'furlong', which CertHelper does not know (unit of the recorded"
    )


@pytest.mark.parametrize(
    ("started", "ended", "is_running"),
    [
        (timedelta(minutes=1), None, True),
        (47 * HOUR, None, True),
        (49 * HOUR, None, False),
        (2 * HOUR, HOUR, False),
        (None, None, False),
        (None, HOUR, False),
    ],
)
def test_a_run_is_running_that_started_not_long_ago_and_has_no_end(started, ended, is_running):
    now = timezone.now()
    start, end = (None if ago is None else now - ago for ago in (started, ended))
    run = make_collisions(start_time=start, end_time=end)
    assert run.is_running == is_running
    assert list(OmsRun.objects.filter(running())) == [run] * is_running
    assert run.is_complete != is_running, "what started earlier, or at a time nobody knows, may be complete"
    assert any("is still running" in notice.sentence for notice in gaps_in_words(run)) == is_running


def test_for_how_long_is_a_setting(settings):
    settings.RUNNING_HOURS = 1
    assert not running_run().is_running
    assert not OmsRun.objects.filter(running()).exists()


@pytest.mark.parametrize(
    "lacking",
    [
        {},
        {"lumisections": None},
        {"delivered_lumi": None, "recorded_lumi": None, **dict.fromkeys(UNITS, "")},
        {"recorded_lumi_unit": "furlong"},
    ],
)
def test_nobody_types_what_oms_says_when_the_run_is_over(lacking):
    run = running_run(**lacking)
    assert not run.is_complete
    assert not run.needs_typing
    assert len(gaps_in_words(run)) == 1


@pytest.mark.parametrize(
    "lacking",
    [{"run_type": RunType.UNKNOWN}, {"b_field": None}, {"source": Source.RUN_REGISTRY}, {"fill_source": "person"}],
)
def test_what_oms_did_not_answer_is_typed_also_of_a_running_run(lacking):
    fill = make_fill(source=lacking.pop("fill_source", Source.OMS))
    run = running_run(fill=fill, **lacking)
    assert not run.is_complete
    assert run.needs_typing


def test_omss_word_wins_over_the_registrys_copy_about_the_end():
    start, end = timezone.now() - 2 * HOUR, timezone.now() - HOUR
    run = make_run(source=Source.PERSON)
    run.apply(Facts({"start_time": start, "end_time": end}), Source.RUN_REGISTRY)
    assert not run.is_running
    run.apply(Facts({"start_time": start, "end_time": None}), Source.OMS)
    assert run.is_running
    run.apply(Facts({"start_time": start, "end_time": end}), Source.OMS)
    assert not run.is_running


def test_an_end_that_the_copy_gave_stays_when_oms_only_forgot_it():
    start = timezone.now() - 1000 * HOUR
    run = make_run(source=Source.PERSON)
    run.apply(Facts({"start_time": start, "end_time": start + HOUR}), Source.RUN_REGISTRY)
    run.apply(Facts({"start_time": start, "end_time": None}), Source.OMS)
    assert run.end_time == start + HOUR


def test_a_running_run_is_asked_for_every_few_minutes_however_often_that_was_in_vain():
    run = running_run()
    for _ in range(8):
        queue.release(run.pk, answered=True, settled=False)
    run.refresh_from_db()
    assert run.due_at - timezone.now() < timedelta(minutes=6)
    OmsRun.objects.update(end_time=timezone.now(), due_at=None)
    for _ in range(8):
        queue.release(run.pk, answered=True, settled=False)
    run.refresh_from_db()
    assert run.due_at - timezone.now() > 2 * HOUR


@pytest.mark.parametrize("hours", [1, 47, 49, 24 * 13])
def test_a_run_without_end_is_asked_for_until_it_surely_has_none(hours):
    make_run(start_time=timezone.now() - hours * HOUR, end_time=None)
    assert OmsRun.objects.filter(queue.recent()).exists()


def test_of_what_oms_was_not_asked_it_is_not_told_that_it_does_not_say_it():
    run = make_collisions(b_field=None)
    run.fill = None
    assert [(told.sentence, told.service) for told in gaps_in_words(run)] == [
        ("OMS does not say: B field.", "OMS"),
        ("Not known yet: fill.", ""),
    ]
    run.source = Source.PERSON
    assert [(told.sentence, told.service) for told in gaps_in_words(run)] == [("Not known yet: B field, fill.", "")]
