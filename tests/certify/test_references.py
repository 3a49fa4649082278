"""Which references are offered."""

import pytest

from certify.references import references_for
from tests.factories import make_reconstruction, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def of_two_runs():
    """Reference reconstructions by (run number, reconstruction)."""
    made = [(325000, "express"), (325000, "prompt"), (324999, "prompt")]
    return {key: make_reconstruction(*key, is_reference=True) for key in made}


@pytest.mark.parametrize("query", ["", "325000", "prompt"])
def test_a_certification_is_not_offered_its_own_reconstruction(of_two_runs, query):
    own = of_two_runs[325000, "prompt"]
    offered = references_for(own.run, "prompt", query=query).choices
    assert own.pk not in [choice.pk for choice in offered]
    assert offered, "the others are"


def test_another_reconstruction_of_the_run_and_another_run_are_offered(of_two_runs):
    offered = references_for(of_two_runs[325000, "prompt"].run, "prompt").choices
    assert [(choice.run_number, choice.reco) for choice in offered] == [(324999, "Prompt"), (325000, "Express")]


def test_one_that_was_chosen_before_stays_where_it_is_seen(of_two_runs):
    own = of_two_runs[325000, "prompt"]
    first, *others = references_for(own.run, "prompt", chosen=str(own.pk)).choices
    assert (first.pk, first.is_chosen) == (own.pk, True)
    assert own.pk not in [choice.pk for choice in others]


def test_without_a_reconstruction_all_are_offered(of_two_runs):
    assert len(references_for(make_run(325001), "").choices) == 3


def test_the_page_searches_them_without_its_own(as_shifter, of_two_runs):
    page = as_shifter.get("/certify/references/", {"run": "325000", "reco": "prompt"}).content.decode()
    assert f'id="reference-{of_two_runs[325000, "express"].pk}"' in page
    assert f'id="reference-{of_two_runs[325000, "prompt"].pk}"' not in page
