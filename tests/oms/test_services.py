"""What is remembered of a run, and when OMS is asked again."""

import pytest
from django.core.cache import cache
from django.db import DataError, IntegrityError
from django.utils import timezone

from oms.answers import Facts
from oms.client import OmsClient
from oms.exceptions import OmsApiDataInvalid, OmsApiFillNumberNotFound, OmsApiRunNumberNotFound
from oms.models import OmsFill, OmsRun, Source
from oms.services import ASK_AGAIN_AFTER, oms_retrieve_fill, oms_retrieve_run, remember_fill_of
from oms.storing import storing
from tests.factories import COLLISIONS_RUN, FILL, UNITS, make_fill, make_run
from upstream.errors import ServerError

pytestmark = pytest.mark.django_db


def runs_asked(outside) -> int:
    return sum("/v1/runs" in call.request.url for call in outside.calls)


def long_ago() -> None:
    cache.clear()
    OmsRun.objects.update(fetched_at=timezone.now() - 2 * ASK_AGAIN_AFTER)
    OmsFill.objects.update(fetched_at=timezone.now() - 2 * ASK_AGAIN_AFTER)


def test_a_settled_run_is_not_asked_for_again(oms_knows, outside):
    oms_knows(COLLISIONS_RUN, FILL, UNITS)
    run = oms_retrieve_run(325000, OmsClient())
    run = remember_fill_of(run, oms_retrieve_fill(7324, OmsClient()))
    assert run.is_complete
    long_ago()
    asked = len(outside.calls)
    oms_retrieve_run(325000, OmsClient())
    oms_retrieve_fill(7324, OmsClient())
    assert len(outside.calls) == asked


def test_a_running_run_is_asked_for_again_only_after_a_while(oms_knows, outside):
    oms_knows({**COLLISIONS_RUN, "end_time": None}, FILL, UNITS)
    oms_retrieve_run(325000, OmsClient())
    oms_retrieve_run(325000, OmsClient())
    assert runs_asked(outside) == 1
    long_ago()
    oms_retrieve_run(325000, OmsClient())
    assert runs_asked(outside) == 2


def test_an_ended_run_with_missing_facts_is_asked_for_again(oms_knows, outside):
    oms_knows({**COLLISIONS_RUN, "b_field": None}, FILL, UNITS)
    oms_retrieve_run(325000, OmsClient())
    long_ago()
    oms_retrieve_run(325000, OmsClient())
    assert runs_asked(outside) == 2


@pytest.mark.parametrize("source", [Source.PERSON, Source.RUN_REGISTRY])
def test_a_run_that_oms_did_not_tell_is_asked_for(oms_knows, source):
    make_run(source=source, fetched_at=timezone.now())
    oms_knows(COLLISIONS_RUN, FILL, UNITS)
    assert oms_retrieve_run(325000, OmsClient()).source == Source.OMS


def test_nothing_is_stored_when_oms_fails_or_does_not_know_the_run(oms_knows, outside):
    oms_knows()
    with pytest.raises(OmsApiRunNumberNotFound):
        oms_retrieve_run(325000, OmsClient())
    assert not OmsRun.objects.exists()


def test_a_failure_leaves_the_stored_run_as_it_is(oms_is_down):
    make_run(lumisections=381)
    with pytest.raises(ServerError):
        oms_retrieve_run(325000, OmsClient())
    assert OmsRun.objects.get().lumisections == 381


def test_what_a_person_typed_survives_what_oms_says(oms_knows, shifter):
    run = make_run(source=Source.PERSON)
    run.type_in({"run_type": "cosmics", "lumisections": 12, "recorded_lumi": 7.5, "recorded_lumi_unit": ""}, by=shifter)
    run.save()
    oms_knows(COLLISIONS_RUN, FILL, UNITS)
    run = oms_retrieve_run(325000, OmsClient())
    assert (run.run_type, run.lumisections, run.recorded_lumi, run.recorded_lumi_unit) == ("cosmics", 12, 7.5, "")
    assert (run.b_field, run.delivered_lumi_unit) == (3.8, "pb^{-1}")
    assert (run.typed["lumisections"].by, run.changed_by) == (shifter, shifter)


def test_a_typed_number_without_its_unit_does_not_get_upstreams_unit(shifter):
    run = make_run()
    run.type_in({"recorded_lumi": 7.5}, by=shifter)
    run.apply(Facts({"recorded_lumi": 9.0}, {"recorded_lumi": "pb^{-1}"}), Source.OMS)
    assert (run.recorded_lumi, run.recorded_lumi_unit) == (7.5, "")


def test_a_number_whose_unit_upstream_stops_telling_does_not_keep_the_old_unit():
    run = make_run()
    run.apply(Facts({"recorded_lumi": 95.0}, {"recorded_lumi": "pb^{-1}"}), Source.OMS)
    run.apply(Facts({"recorded_lumi": 95_000_000.0}, {}), Source.OMS)
    assert (run.recorded_lumi, run.recorded_lumi_unit) == (95_000_000.0, "")


def test_the_fill_that_a_person_typed_is_kept(shifter):
    run, typed, told = make_run(), make_fill(1), make_fill(2)
    run.type_in({"fill": typed, "fill_number": 1}, by=shifter)
    run.save()
    assert remember_fill_of(run, told).fill == typed


def test_a_fill_number_typed_while_oms_was_asked_gets_no_other_fill(shifter):
    """The run that asked was read before."""
    run, told = make_run(fill_number=2), make_fill(2)
    meanwhile = OmsRun.objects.get()
    meanwhile.type_in({"fill_number": 12399}, by=shifter)
    meanwhile.save()
    stored = remember_fill_of(run, told)
    assert (stored.fill_number, stored.fill) == (12399, None)
    assert OmsRun.objects.get().fill_id is None


def test_a_typed_unit_is_not_put_beside_a_number_that_upstream_gives_in_another(shifter):
    run = make_run()
    run.type_in({"recorded_lumi_unit": "pb^{-1}"}, by=shifter)
    run.apply(Facts({"recorded_lumi": 95_000_000.0}, {"recorded_lumi": r"{\mu}b^{-1}"}), Source.OMS)
    assert run.recorded_lumi_unit == r"{\mu}b^{-1}"


def test_a_unit_that_upstream_stops_telling_is_forgotten_for_every_fact():
    run = make_run()
    run.apply(Facts({"b_field": 38_000.0}, {"b_field": "G"}), Source.OMS)
    run.apply(Facts({"b_field": 3.8}, {}), Source.OMS)
    assert "b_field" not in run.units


@pytest.mark.parametrize("number", [-5, 0, 2**63])
def test_a_number_that_no_fill_has_is_told_without_asking(outside, number):
    with pytest.raises(OmsApiFillNumberNotFound, match=str(number)):
        oms_retrieve_fill(number, OmsClient())
    assert not outside.calls


@pytest.mark.parametrize("refusal", [DataError, IntegrityError, OverflowError])
def test_what_the_database_refuses_is_an_answer_that_can_t_be_used(caplog, refusal):
    with pytest.raises(OmsApiDataInvalid, match="run 325000"), storing("run 325000"):
        OmsRun.objects.create(run_number=325000)
        raise refusal("out of range")
    assert not OmsRun.objects.exists()
    assert "run 325000 can't be stored" in caplog.text
