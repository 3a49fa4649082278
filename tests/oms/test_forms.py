"""What the forms of the facts choose, offer and say by themselves."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from oms.forms import OmsFillForm, OmsRunForm
from oms.hints import Hints
from oms.models import OmsFill, OmsRun, Source

pytestmark = pytest.mark.django_db

PROTONS = ("pb^{-1}", "10^{34}cm^{-2}s^{-1}")
IONS = (r"{\mu}b^{-1}", "10^{27}cm^{-2}s^{-1}")
NOT_CHOSEN = ("", "")


def units_chosen(form) -> set[tuple[str, str]]:
    summed = [form["delivered_lumi_unit"].value(), form["recorded_lumi_unit"].value()]
    others = [
        form[name].value() for name in ("init_lumi_unit", "peak_lumi_unit", "end_lumi_unit") if name in form.fields
    ]
    return {(one, other) for one in summed for other in others}


@pytest.mark.parametrize(
    ("run", "hint", "units"),
    [
        ({"fill_type_runtime": "PROTONS"}, "", PROTONS),
        ({"fill_type_runtime": "PB"}, "", IONS),
        ({"fill_type_runtime": "IONS"}, "", IONS),
        ({}, "IONS", IONS),
        ({}, "PB", IONS),
        ({}, "PROTONS", PROTONS),
        ({"fill_type_runtime": "PROTONS"}, "IONS", PROTONS),
        ({"fill": "PB"}, "", IONS),
        ({}, "", NOT_CHOSEN),
        ({"fill_type_runtime": "COSMICS"}, "", NOT_CHOSEN),
        ({"fill_type_runtime": "PROTONS", "run_number": 306000}, "", NOT_CHOSEN),
        ({"fill_type_runtime": "PB", "run_number": 262000}, "", NOT_CHOSEN),
        ({"start_time": datetime(2017, 6, 1, tzinfo=UTC)}, "PROTONS", NOT_CHOSEN),
        ({"start_time": datetime(2018, 6, 1, tzinfo=UTC), "run_number": 315000}, "PROTONS", PROTONS),
    ],
)
def test_a_unit_is_chosen_only_where_it_is_known(run, hint, units):
    fill = OmsFill(fill_number=7324, fill_type_runtime=run.pop("fill")) if "fill" in run else None
    run = OmsRun(**{"run_number": 325000, "fill": fill, **run})
    hints = Hints(particles=hint)
    for form in (OmsRunForm(instance=run, hints=hints), OmsFillForm(instance=fill, run=run, hints=hints)):
        assert units_chosen(form) == {units}


def test_a_unit_that_came_without_being_chosen_stays_and_a_number_without_unit_gets_none():
    run = OmsRun(run_number=325000, fill_type_runtime="PROTONS", recorded_lumi=1.0, delivered_lumi_unit="fb-1")
    form = OmsRunForm(instance=run)
    assert (form["recorded_lumi_unit"].value(), form["delivered_lumi_unit"].value()) == ("", "fb-1")
    choices = form.fields["delivered_lumi_unit"].choices
    assert [label for _, label in choices] == ["Choose …", "pb⁻¹", "µb⁻¹", "nb⁻¹", "fb⁻¹"]


def test_the_unit_of_ions_before_2018_is_offered():
    form = OmsFillForm(instance=None, run=OmsRun(run_number=262000))
    assert "10^{24}cm^{-2}s^{-1}" in dict(form.fields["peak_lumi_unit"].choices)


@pytest.mark.parametrize("name", ["delivered_lumi", "recorded_lumi", "init_lumi", "end_lumi"])
def test_whoever_types_a_number_chooses_its_unit(name):
    run = OmsRun(run_number=306000, run_type="collisions", fill_type_runtime="PROTONS")
    sent = {"omsrun-run_type": "collisions", f"omsrun-{name}": "1.5", f"omsrun-{name}_unit": ""}
    form = OmsRunForm(sent, instance=run)
    assert not form.is_valid()
    assert form.errors == {f"{name}_unit": [f"Choose the unit of the {form.fields[name].label.lower()}."]}


def test_nobody_types_a_luminosity_in_a_unit_that_can_not_be_converted():
    run = OmsRun(run_number=325000, run_type="collisions", recorded_lumi=1.0, recorded_lumi_unit="furlong")
    form = OmsRunForm({"omsrun-recorded_lumi": "2", "omsrun-recorded_lumi_unit": "furlong"}, instance=run)
    assert form.errors["recorded_lumi_unit"] == ["CertHelper does not know “furlong”. Choose one that it can convert."]


@pytest.mark.parametrize(
    ("run_class", "suggestion"),
    [("Collisions18", ", which suggests collisions."), ("Cosmics22", ", which suggests cosmics.")]
    + [("Commissioning22", ".")],
)
def test_the_class_is_a_suggestion_and_chooses_nothing(run_class, suggestion):
    form = OmsRunForm(instance=OmsRun(run_number=325000), hints=Hints(run_class))
    assert form.fields["run_type"].help_text == f"The Run Registry's class is {run_class}{suggestion}"
    assert form["run_type"].value() == ""


def test_no_class_no_suggestion():
    assert not OmsRunForm(instance=OmsRun(run_number=325000)).fields["run_type"].help_text


@pytest.mark.parametrize(
    "evil", ["<script>alert(1)</script>", "Collisions18<img src=x onerror=alert(1)>", "a\"b'&amp;"]
)
def test_what_the_run_registry_calls_a_class_is_never_html(as_shifter, registry_lists, oms_is_down, evil):
    registry_lists(325000, "/Express/Collisions2018/DQM", run_class=evil)
    page = as_shifter.get("/certify/325000/express/").content.decode()
    assert "<script>alert" not in page and "<img src=x" not in page and "a\"b'&amp;." not in page
    assert "class is " in page


@pytest.mark.parametrize(
    ("stored", "sent", "is_said"),
    [({"energy": 13.0}, None, True), ({}, "13", True), ({"energy": 13.0}, "6500", False)]
    + [({"energy": 6500.0}, None, False), ({}, "many", False), ({}, None, False)],
)
def test_the_form_says_why_an_energy_is_odd(stored, sent, is_said):
    run = OmsRun(run_number=325000, run_type="collisions", **stored)
    data = None if sent is None else {"omsrun-run_type": "collisions", "omsrun-energy": sent}
    help_text = OmsRunForm(data, instance=run).fields["energy"].help_text
    assert help_text == ("13 GeV: is it 13 TeV, i.e. 6500 GeV a beam?" if is_said else "")


def test_the_source_and_age_of_what_the_registrys_copy_told_stand_beside_the_input(shifter):
    told = timezone.now() - timedelta(hours=3)
    run = OmsRun(run_number=325000, source=Source.RUN_REGISTRY, fetched_at=told, b_field=3.8, recorded_lumi=1.0)
    run.type_in({"energy": 6500.0}, by=shifter)
    helps = {name: field.help_text.replace("\xa0", " ") for name, field in OmsRunForm(instance=run).fields.items()}
    copy = "The Run Registry&#x27;s copy, 3 hours ago"
    assert helps["b_field"] == f"{copy}."
    assert helps["recorded_lumi"] == f"{copy}; unit not known."
    assert not helps["energy"], "a person typed it"
    assert not helps["lumisections"], "nobody knows it"
