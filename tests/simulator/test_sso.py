import pytest

from simulator.tokens import Tokens


def test_a_token_opens_the_service_it_was_made_for(ask):
    answer = ask.token("cmsoms-prod").json()
    assert answer["expires_in"] == 1200 and answer["token_type"] == "Bearer"
    assert "refresh_token" not in answer
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert ask.oms(headers=headers, params={"page[limit]": 1}).status_code == 200
    assert ask.names(1, headers=headers).status_code == 302


def test_one_token_serves_many_calls(ask):
    headers = ask.headers("runregistry")
    assert [ask.names(1, headers=headers).status_code for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize("empty", ["client_id", "client_secret"])
def test_empty_credentials_are_refused(ask, empty):
    response = ask.token("cmsoms-prod", **{empty: ""})
    assert response.status_code == 401
    assert set(response.json()) == {"error", "error_description"}


@pytest.mark.parametrize("changes", [{"grant_type": "password"}, {"audience": ""}])
def test_a_wrong_question_is_a_400(ask, changes):
    audience = changes.pop("audience", "cmsoms-prod")
    assert ask.token(audience, **changes).status_code == 400


def test_without_a_token_both_services_send_to_the_login_page(ask, simulator):
    for response in (ask.oms(headers={}), ask.names(1, headers={})):
        assert response.status_code == 302
        assert response.headers["Location"] == f"{simulator.url}/login"
    page = ask.session.get(f"{simulator.oms_url}/v1/runs", timeout=5)
    assert page.status_code == 200 and page.headers["Content-Type"].startswith("text/html")


def test_an_unknown_token_is_a_401_of_oms_and_a_redirect_of_the_run_registry(ask):
    headers = {"Authorization": "Bearer nonsense"}
    assert ask.oms(headers=headers).status_code == 401
    assert ask.names(1, headers=headers).status_code == 302


def test_a_token_expires():
    now = [0.0]
    tokens = Tokens(lifetime=100, clock=lambda: now[0])
    token = tokens.issue("cmsoms-prod")
    now[0] = 99
    assert tokens.is_valid(token, "oms")
    now[0] = 100
    assert not tokens.is_valid(token, "oms")


def test_tokens_are_only_given_out_to_a_post(ask, simulator):
    assert ask.session.get(simulator.token_url, timeout=5).status_code == 404


def basic(simulator, session, user, password, **form):
    form = {"grant_type": "client_credentials", "audience": "cmsoms-prod", **form}
    return session.post(simulator.token_url, data=form, auth=(user, password), timeout=5)


def test_credentials_may_come_by_http_basic(ask, simulator):
    answer = basic(simulator, ask.session, "certhelper", "se:cret")
    assert answer.status_code == 200
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert ask.oms(headers=headers, params={"page[limit]": 1}).status_code == 200


@pytest.mark.parametrize("credentials", [("", "secret"), ("certhelper", "")])
def test_empty_credentials_by_http_basic_are_refused_even_beside_good_ones_in_the_form(ask, simulator, credentials):
    answer = basic(simulator, ask.session, *credentials, client_id="certhelper", client_secret="demo")
    assert answer.status_code == 401 and set(answer.json()) == {"error", "error_description"}


@pytest.mark.parametrize("header", ["Basic", "Basic ???", "Basic /w==", "Basic abcde"])
def test_credentials_that_cannot_be_read_are_refused(ask, simulator, header):
    form = {"grant_type": "client_credentials", "audience": "cmsoms-prod"}
    answer = ask.session.post(simulator.token_url, data=form, headers={"Authorization": header}, timeout=5)
    assert answer.status_code == 401
