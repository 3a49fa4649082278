"""Facts are stored only over the values that their page was made with: through each door, for each of them."""

import pytest

from certify.models import TrackerCertification
from history.models import Entry
from oms.models import OmsFill, OmsRun, RunType
from oms.typed_facts import TypedFact
from oms.units import pretty
from tests.factories import DATASETS, VERDICT, make_certification, make_fill, make_run
from tests.faults.browser import fields_of

RUN, FILL = 325000, 7324
PB, NB = "pb^{-1}", "nb^{-1}"
E34, E30 = "10^{34}cm^{-2}s^{-1}", "10^{30}cm^{-2}s^{-1}"

# Field: what is stored, what the person types, what it becomes while they do, and how the page says that.
FACTS = {
    "omsrun-lumisections": (381, "380", 382, "382"),
    "omsrun-b_field": (3.8, "3.7", 3.81, "3.81"),
    "omsrun-energy": (6499.0, "6500", 6498.0, "6498.0"),
    "omsrun-fill_type_runtime": ("PROTONS", "IONS", "PB", "PB"),
    "omsrun-hlt_key": ("/cdaq/physics/V1", "/cdaq/physics/V2", "/cdaq/physics/V3", "/cdaq/physics/V3"),
    "omsrun-delivered_lumi": (99.5, "99", 99.6, "99.6"),
    "omsrun-recorded_lumi": (95.1, "96", 95.2, "95.2"),
    "omsrun-recorded_lumi_unit": (PB, NB, "fb^{-1}", "fb⁻¹"),
    "omsrun-init_lumi": (1.4, "1.5", 1.6, "1.6"),
    "omsrun-end_lumi": (1.0, "1.1", 1.2, "1.2"),
    "omsrun-end_lumi_unit": (E34, E30, "10^{27}cm^{-2}s^{-1}", "10²⁷ cm⁻²s⁻¹"),
    "omsfill-fill_type_runtime": ("PROTONS", "IONS", "PB", "PB"),
    "omsfill-injection_scheme": ("25ns_2556b", "25ns_1b", "25ns_2b", "25ns_2b"),
    "omsfill-bunches_colliding": (2544, "2543", 2545, "2545"),
    "omsfill-delivered_lumi": (499.5, "499", 499.6, "499.6"),
    "omsfill-recorded_lumi": (450.1, "451", 450.2, "450.2"),
    "omsfill-init_lumi": (1.7, "1.8", 1.9, "1.9"),
    "omsfill-peak_lumi": (1.766, "1.7", 1.8, "1.8"),
    "omsfill-peak_lumi_unit": (E34, E30, "10^{27}cm^{-2}s^{-1}", "10²⁷ cm⁻²s⁻¹"),
    "omsfill-peak_pileup": (49.0, "48", 50.0, "50.0"),
    "omsfill-fill_number": (FILL, "7325", 7326, "7326"),
}
TYPE = "omsrun-run_type"
DOORS = ["certify", "update"]


def unit_of(name):
    return PB if name.endswith(("delivered_lumi", "recorded_lumi")) else E34


def known(prefix):
    """The facts of a run or a fill, as they are stored, with the units of all luminosities."""
    facts = {name.removeprefix(prefix): told[0] for name, told in FACTS.items() if name.startswith(prefix)}
    facts.pop("fill_number", None)
    return facts | {f"{name}_unit": unit_of(name) for name in facts if name.endswith("_lumi")}


@pytest.fixture
def stored(shifter, oms_is_down, registry_is_down):
    fill = make_fill(FILL, **known("omsfill-"), end_time="2018-10-21T14:22:51Z")
    times = {"start_time": "2018-10-21T08:03:09Z", "end_time": "2018-10-21T10:27:58Z", "stable_beam": None}
    make_run(RUN, run_type=RunType.COLLISIONS, fill=fill, fill_number=FILL, **known("omsrun-"), **times)


def opened(client, door):
    """(where to send it, what a browser would send) of the page with the inputs for the facts."""
    if door == "update" and not TrackerCertification.objects.exists():
        make_certification(client.user, RUN)
    url = f"/list/{RUN}/prompt/update/" if door == "update" else f"/certify/{RUN}/prompt/"
    page = client.get(url, {"correct": "1", "dataset": DATASETS["prompt"]})
    return page.context["action"], {**fields_of(page), **VERDICT}


@pytest.fixture
def person(client, shifter):
    client.force_login(shifter)
    client.user = shifter
    return client


def everything():
    """All that a submit could store."""
    models = (OmsRun, OmsFill, TypedFact, TrackerCertification, Entry)
    return [list(model._base_manager.order_by("pk").values()) for model in models]


def of(name):
    """(the rows that have the fact, what they call it): which fill it has is a fact of the run."""
    prefix, _, field = name.partition("-")
    return (OmsRun if prefix == "omsrun" or field == "fill_number" else OmsFill).objects, field


def set_fact(name, value):
    rows, field = of(name)
    fill = {"fill": make_fill(value)} if field == "fill_number" else {}
    rows.update(**fill, **{field: value})


def fact(name):
    rows, field = of(name)
    return getattr(rows.get(), field)


def assert_asked_again(client, action, data, name, told):
    """Nothing is stored, both values are on the page, and sending that stores what was typed."""
    before = everything()
    answer = client.post(action, data)
    assert (answer.status_code, everything()) == (409, before)
    again = fields_of(answer)
    assert again[name] == data[name]
    prefix, _, field = name.partition("-")
    assert f"Meanwhile it became {told}." in str(answer.context[f"{prefix}_form"][field].errors)
    assert client.post(action, {**data, **again}).status_code == 302
    assert str(fact(name)).removesuffix(".0") == data[name]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("made_with", ["missing", "odd", "stale"])
@pytest.mark.parametrize("name", FACTS)
def test_a_fact_is_not_typed_over_a_value_that_the_page_did_not_show(person, stored, name, made_with, door):
    action, data = opened(person, door)
    value, typed, newer, _ = FACTS[name]
    data |= {name: typed, f"initial-{name}": {"odd": "<odd>", "stale": str(newer)}.get(made_with)}
    data = {field: sent for field, sent in data.items() if sent is not None}
    assert_asked_again(person, action, data, name, pretty(value) if name.endswith("_unit") else str(value))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", FACTS)
def test_a_fact_that_the_worker_changed_meanwhile_is_not_typed_over(person, stored, name, door):
    action, data = opened(person, door)
    _, typed, newer, told = FACTS[name]
    set_fact(name, newer)
    assert_asked_again(person, action, data | {name: typed}, name, told)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", [name for name in FACTS if not name.endswith("_unit")])
def test_a_fact_that_came_meanwhile_is_not_typed_over(person, stored, name, door):
    _, typed, newer, told = FACTS[name]
    if name.endswith("fill_number"):
        OmsRun.objects.update(fill=None, fill_number=None)
    else:
        set_fact(name, "" if isinstance(newer, str) else None)
    action, data = opened(person, door)
    set_fact(name, newer)
    assert_asked_again(person, action, data | {name: typed}, name, told)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("made_with", [None, "", "<odd>", "cosmics"])
def test_a_run_type_is_not_typed_over_one_that_the_page_did_not_show(person, stored, made_with, door):
    action, data = opened(person, door)
    data |= {TYPE: "cosmics", f"initial-{TYPE}": made_with}
    if made_with == "cosmics":
        # As a page that showed cosmics, in which nobody chose anything.
        assert person.post(action, data).status_code == 302
        assert OmsRun.objects.get().run_type == RunType.COLLISIONS
        return
    data = {field: sent for field, sent in data.items() if sent is not None}
    assert_asked_again(person, action, data, TYPE, "collisions")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", [*FACTS, TYPE])
def test_a_program_that_shows_no_page_fills_in_what_nobody_knows(
    person, shifter, oms_is_down, registry_is_down, name, door
):
    make_run(RUN)
    if door == "update":
        make_certification(shifter, RUN)
    typed = FACTS[name][1] if name in FACTS else "cosmics"
    data = {**VERDICT, TYPE: "cosmics", "omsfill-fill_number": str(FILL), "version": "1", name: typed}
    if "_lumi" in name:
        number = name.removesuffix("_unit")
        data = {number: "5", f"{number}_unit": unit_of(number), **data}
    url = f"/list/{RUN}/prompt/update/" if door == "update" else f"/certify/{RUN}/prompt/"
    assert person.post(url, data).status_code == 302
    assert str(fact(name)).removesuffix(".0") == typed


def test_a_fact_that_was_emptied_meanwhile_is_told_too(person, stored):
    action, data = opened(person, "certify")
    OmsRun.objects.update(lumisections=None)
    answer = person.post(action, data | {"omsrun-lumisections": "380"})
    assert (answer.status_code, OmsRun.objects.get().lumisections) == (409, None)
    assert "Meanwhile it was emptied. You typed 380: submit again to store yours." in answer.text
    assert person.post(action, {**data, **fields_of(answer)}).status_code == 302
    assert OmsRun.objects.get().lumisections == 380


def test_whoever_empties_a_fact_is_told_what_it_became(person, stored):
    action, data = opened(person, "certify")
    OmsRun.objects.update(lumisections=382)
    answer = person.post(action, data | {"omsrun-lumisections": ""})
    assert "Meanwhile it became 382. You emptied it: submit again to store yours." in answer.text
    assert (answer.status_code, OmsRun.objects.get().lumisections) == (409, 382)


def test_what_has_to_be_corrected_anyway_is_invalid_input(person, stored):
    action, data = opened(person, "certify")
    OmsFill.objects.update(peak_pileup=50)
    before = everything()
    answer = person.post(action, data | {"omsrun-lumisections": "many", "omsfill-peak_pileup": "48"})
    assert (answer.status_code, everything()) == (422, before)
    assert "Meanwhile it became 50.0." in answer.text


def test_a_text_that_a_service_gave_with_blanks_is_typed_over(person, stored):
    OmsRun.objects.update(hlt_key=" /cdaq/physics/V1 ")
    action, data = opened(person, "certify")
    assert person.post(action, data | {"omsrun-hlt_key": "/cdaq/physics/V2"}).status_code == 302
    assert OmsRun.objects.get().hlt_key == "/cdaq/physics/V2"
