"""Where a shifter starts."""

import pytest

from tests.factories import make_certification


@pytest.mark.parametrize(
    ("query", "url"),
    [
        ({"run_number": "325000"}, "/certify/325000/"),
        ({"run_number": "325000", "reco": ""}, "/certify/325000/"),
        ({"run_number": "325000", "reco": "prompt"}, "/certify/325000/prompt/"),
        ({"run_number": "325000", "reco": "rerecoul"}, "/certify/325000/rerecoul/"),
        ({"run_number": " 325000 "}, "/certify/325000/"),
    ],
)
def test_a_run_number_leads_to_its_certification(as_shifter, query, url):
    answer = as_shifter.get("/openruns/", query)
    assert (answer.status_code, answer.url) == (302, url)


@pytest.mark.parametrize("typed", ["abc", "-5", "0", "99999999999", "325000.5", "1e5", "3" * 5000])
def test_what_is_no_run_number_is_a_clear_error_and_stays_in_its_field(as_shifter, typed):
    answer = as_shifter.get("/openruns/", {"run_number": typed})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"run_number"}
    assert f'value="{typed}"' in answer.text


def test_no_run_number_is_asked_for(as_shifter):
    answer = as_shifter.get("/openruns/", {"run_number": ""})
    assert answer.status_code == 422
    assert "Enter the number of the run." in answer.text


@pytest.mark.parametrize("reco", ["online", "nonsense"])
def test_a_reconstruction_that_is_not_certified_is_refused(as_shifter, reco):
    answer = as_shifter.get("/openruns/", {"run_number": "325000", "reco": reco})
    assert answer.status_code == 422
    assert 'value="325000"' in answer.text


def test_the_page_starts_without_errors_and_shows_what_was_certified(as_shifter, shifter):
    make_certification(shifter)
    page = as_shifter.get("/openruns/")
    assert page.status_code == 200
    assert not page.context["form"].errors
    assert "/list/325000/prompt/" in page.text


def test_a_guest_sees_no_form(client, guest):
    client.force_login(guest)
    page = client.get("/openruns/")
    assert page.status_code == 200
    assert 'name="run_number"' not in page.text
    assert "ask an administrator" in page.text
