import pytest
import requests

from simulator.server import Simulator

AUDIENCES = {"oms": "cmsoms-prod", "runregistry": "cmsrunregistry-sso-proxy"}


class Caller:
    """A client that follows no redirect, with a token for each service."""

    def __init__(self, simulator, session):
        self.simulator = simulator
        self.session = session

    def token(self, audience, **changes):
        form = {"grant_type": "client_credentials", "client_id": "certhelper", "client_secret": "demo"}
        form |= {"audience": audience, **changes}
        return self.session.post(self.simulator.token_url, data=form, timeout=5)

    def headers(self, target):
        return {"Authorization": f"Bearer {self.simulator.tokens.issue(AUDIENCES[target])}"}

    def oms(self, path="/v1/runs", timeout=5, **options):
        options.setdefault("headers", self.headers("oms"))
        return self.session.get(self.simulator.oms_url + path, timeout=timeout, allow_redirects=False, **options)

    def run(self, number, **options):
        return self.oms(params={"filter[run_number][EQ]": number, "page[limit]": 1}, **options)

    def datasets(self, condition, page=0, page_size=50, sortings=(), **options):
        body = {"page": page, "page_size": page_size, "sortings": list(sortings), "filter": condition}
        options.setdefault("headers", self.headers("runregistry"))
        url = f"{self.simulator.run_registry_url}/datasets_filtered_ordered"
        return self.session.post(url, json=body, timeout=5, allow_redirects=False, **options)

    def registry(self, path, body=None, **options):
        options.setdefault("headers", self.headers("runregistry"))
        url = f"{self.simulator.run_registry_url}{path}"
        return self.session.post(url, json=body, timeout=5, allow_redirects=False, **options)

    def names(self, run_number, **options):
        options.setdefault("headers", self.headers("runregistry"))
        url = f"{self.simulator.run_registry_url}/get_all_dataset_names_of_run/{run_number}"
        return self.session.get(url, timeout=5, allow_redirects=False, **options)


@pytest.fixture(scope="session")
def running_simulator():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running_simulator):
    running_simulator.reset()
    yield running_simulator
    running_simulator.reset()


@pytest.fixture
def ask(simulator):
    with requests.Session() as session:
        yield Caller(simulator, session)


@pytest.fixture
def services(simulator, settings):
    settings.OMS_API_URL = simulator.oms_url
    settings.RUN_REGISTRY_API_URL = simulator.run_registry_url
    settings.SSO_TOKEN_URL = simulator.token_url
    settings.SSO_CLIENT_ID, settings.SSO_CLIENT_SECRET = "certhelper", "demo"
    return simulator
