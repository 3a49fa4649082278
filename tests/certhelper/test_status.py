"""The line about ill services on every page, and /status/."""

import pytest
import responses
from django.urls import reverse

from tests.conftest import RR_LIST
from upstream import names
from upstream.errors import ServerError, Unreachable
from upstream.health import health_of, record_failure, record_success

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["home", "openruns:openruns", "listruns:list", "listruns:bin"])
def test_every_page_says_which_service_is_ill_and_since_when(as_shifter, outside, page):
    outside.post(RR_LIST, json={"datasets": [], "pages": 0, "count": 0})
    record_failure(ServerError(names.OMS, "status 500"))
    content = as_shifter.get(reverse(page)).content.decode()
    assert "OMS has not been well since" in content
    assert reverse("status") in content


def test_no_line_when_all_are_well(as_shifter):
    record_failure(ServerError(names.OMS))
    record_success(names.OMS)
    assert "has not been well" not in as_shifter.get(reverse("home")).content.decode()


def test_strangers_learn_nothing(client):
    record_failure(ServerError(names.OMS))
    assert "has not been well" not in client.get(reverse("home")).content.decode()
    assert client.get(reverse("status")).status_code == 302


def test_the_status_tells_last_success_and_last_error_of_each(as_shifter):
    record_success(names.OMS)
    for _ in range(3):
        record_failure(Unreachable(names.RUN_REGISTRY))
    content = as_shifter.get(reverse("status")).content.decode()
    assert "The Run Registry can&#x27;t be reached." in content
    assert "one question at a time" in content
    assert content.count("not well") == 1


def test_the_status_tells_until_when_the_token_is_good_and_never_the_token(as_shifter, outside, settings):
    outside.get("https://oms.test/agg/api/v1/runs", json={"data": []})
    outside.get("https://runregistry.test/api/get_all_dataset_names_of_run/1", json=[])
    content = as_shifter.post(reverse("ask_now"), follow=True).content.decode()
    assert content.count("good until") == 2
    assert "t0ken" not in content and settings.SSO_CLIENT_SECRET not in content


def test_asking_now_finds_out_who_is_back(as_shifter, outside):
    for name in (names.OMS, names.RUN_REGISTRY, names.SSO):
        record_failure(ServerError(name))
    outside.get("https://oms.test/agg/api/v1/runs", json={"data": []})
    outside.get("https://runregistry.test/api/get_all_dataset_names_of_run/1", status=500)
    as_shifter.post(reverse("ask_now"))
    assert not health_of(names.OMS).is_ill
    assert not health_of(names.SSO).is_ill
    assert health_of(names.RUN_REGISTRY).is_ill


@pytest.mark.usefixtures("outside")
def test_looking_at_the_status_asks_nobody(as_shifter, outside: responses.RequestsMock):
    as_shifter.get(reverse("status"))
    assert not outside.calls
