"""The buttons inside the form that only help to fill it in do only that."""

import pytest

from certify.models import TrackerCertification
from tests.factories import COLLISIONS_RUN, EXPRESS, FILL, UNITS, VERDICT, make_certification

URL = "/certify/325000/express/"
UPDATE = "/list/325000/express/update/"
# An unfinished form, some of it wrong.
TYPED = {"pixel": "bad", "comment": "half a layer", "date": "31 Feb", "change_reason": "looked again"}
WRONG_FACTS = {"omsrun-run_type": "", "omsrun-b_field": "3,8,", "omsfill-fill_number": "many"}
MADE_WITH = {"initial-omsrun-run_type": "collisions", "initial-omsrun-b_field": "3.8"}


@pytest.fixture(params=[URL, UPDATE])
def url(request, shifter, oms_knows, registry_lists):
    oms_knows(COLLISIONS_RUN, FILL, UNITS)
    registry_lists(325000, EXPRESS)
    if request.param == UPDATE:
        make_certification(shifter, reco="express")
    return request.param


@pytest.mark.parametrize("facts", [{}, WRONG_FACTS])
@pytest.mark.parametrize("button", ["correct", "search", "refresh"])
def test_it_does_only_that_and_loses_nothing(as_shifter, url, button, facts):
    before = list(TrackerCertification.objects.values())
    typed = {**TYPED, **facts, **MADE_WITH, "reference_search": "2018"}
    page = as_shifter.post(url, {**typed, button: "1"})
    assert page.status_code == 200
    for red in ("data-errors", "field-error", "is-invalid", "invalid-feedback"):
        assert red not in page.text
    form = page.context["form"]
    assert {name: form[name].value() for name in ("pixel", "comment", "date")} == {
        name: TYPED[name] for name in ("pixel", "comment", "date")
    }
    for name in facts:
        prefix, field = name.split("-")
        assert page.context[f"{prefix}_form"][field].value() == facts[name]
    assert 'name="reference_search" value="2018"' in page.text
    assert url == URL or 'value="looked again"' in page.text
    assert 'data-dirty="true"' in page.text, "leaving the page asks first"
    assert list(TrackerCertification.objects.values()) == before


@pytest.mark.parametrize(
    ("button", "focused"),
    [("correct", 'name="omsrun-run_type"'), ("search", 'name="reference_search"'), ("refresh", "<aside")],
)
def test_the_focus_is_where_it_was_asked(as_shifter, url, button, focused):
    page = as_shifter.post(url, {**TYPED, button: "1"}).text
    assert page.count("autofocus") == 1
    before, _ = page.split("autofocus")
    assert focused in before[before.rindex("<") :]
    assert "autofocus" not in as_shifter.get(url).text
    assert "autofocus" not in as_shifter.post(url, TYPED).text


def test_a_submit_is_still_checked(as_shifter, url):
    page = as_shifter.post(url, {**VERDICT, **TYPED})
    assert page.status_code == 422
    assert "data-errors" in page.text
