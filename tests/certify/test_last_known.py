"""With the Run Registry silent the datasets it gave last are certified, and the page says how old they are."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from certify.models import Dataset, RunReconstruction, TrackerCertification
from runregistry.known import remember
from runregistry.models import KnownDataset, KnownRun
from runregistry.rows import RegistryDataset
from tests.factories import COLLISIONS_RUN, EXPRESS, FILL, PROMPT, UNITS, VERDICT, make_certification


@pytest.fixture
def given_three_hours_ago(as_shifter, registry_is_down, oms_knows):
    oms_knows(run=COLLISIONS_RUN, fill=FILL, units=UNITS)
    remember([RegistryDataset(325000, name, "OPEN", "Collisions18") for name in (EXPRESS, PROMPT)])
    KnownRun.objects.update(asked_at=timezone.now() - timedelta(hours=3, minutes=5))


def test_what_the_registry_answers_is_remembered_once(as_shifter, registry_lists, oms_knows):
    oms_knows(run=COLLISIONS_RUN, fill=FILL, units=UNITS)
    registry_lists(325000, EXPRESS, "online")
    as_shifter.get("/certify/325000/")
    assert list(KnownDataset.objects.values_list("name", flat=True)) == [EXPRESS]
    asked_at = KnownRun.objects.get().asked_at
    as_shifter.get("/certify/325000/")
    assert KnownRun.objects.get().asked_at == asked_at


def test_a_run_that_the_registry_does_not_know_is_not_remembered(as_shifter, registry_lists, oms_knows):
    oms_knows(run=COLLISIONS_RUN, fill=FILL, units=UNITS)
    registry_lists(325000)
    as_shifter.get("/certify/325000/express/")
    assert not KnownRun.objects.exists()


@pytest.mark.usefixtures("given_three_hours_ago")
@pytest.mark.parametrize(
    ("url", "dataset"),
    [
        ("/certify/325000/", EXPRESS),
        ("/certify/325000/prompt/", PROMPT),
        (f"/certify/325000/prompt/?dataset={PROMPT}", PROMPT),
    ],
)
def test_the_dataset_last_known_is_offered_with_its_age(as_shifter, url, dataset):
    page = as_shifter.get(url).content.decode().replace("\xa0", " ")
    assert dataset in page
    assert re.search(r"The Run Registry .*The dataset is the one that the Run Registry gave 3 hours ago\.", page)


@pytest.mark.usefixtures("given_three_hours_ago")
def test_it_is_stored_with_the_certification(as_shifter):
    assert as_shifter.post("/certify/325000/express/", VERDICT).status_code == 302
    assert TrackerCertification.objects.get().dataset.name == EXPRESS


@pytest.mark.usefixtures("given_three_hours_ago")
def test_the_next_uncertified_of_them_is_found(as_shifter, shifter):
    make_certification(shifter, reco="express", dataset=EXPRESS)
    assert PROMPT in as_shifter.get("/certify/325000/").content.decode()


@pytest.mark.usefixtures("given_three_hours_ago")
def test_that_all_is_certified_is_never_claimed_from_memory(as_shifter, shifter):
    make_certification(shifter, reco="express", dataset=EXPRESS)
    of = RunReconstruction.objects.create(run_id=325000, reconstruction="prompt")
    dataset = Dataset.objects.create(name=PROMPT)
    TrackerCertification.objects.create(run_reconstruction=of, author=shifter, dataset=dataset, **VERDICT)
    answer = as_shifter.get("/certify/325000/")
    assert answer.status_code == 503
    assert "whether there are more is not known" in answer.content.decode()
    assert "/certify/325000/rereco/" in answer.content.decode()


@pytest.mark.usefixtures("given_three_hours_ago")
def test_a_name_that_was_not_among_them_stays_unconfirmed(as_shifter):
    page = as_shifter.get("/certify/325000/prompt/?dataset=/PromptReco/Collisions2018E/DQM").content.decode()
    assert "is not confirmed" in page
    assert "the one it gave" not in page
