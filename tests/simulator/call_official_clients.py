"""Run by test_official_clients in a process of its own, away from the project: its `runregistry` is the official one.

Reads from standard input the addresses and the calls, and prints as its last line, in JSON, what each call gave.
"""

import json
import sys

import cernrequests.token
import omsapi

import runregistry


def point_at(addresses: dict[str, str]) -> None:
    """The clients have CERN's addresses in their source: the token's is even the default of an argument."""
    cernrequests.token.get_api_token.__defaults__ = (addresses["token"],)
    omsapi.cern_api_url = addresses["token"]
    runregistry.runregistry.api_url = addresses["run_registry"]


def ask_run_registry(function: str, **arguments):
    return getattr(runregistry, function)(**arguments)


def ask_oms(addresses: dict[str, str], resource: str, **steps):
    """`steps` are methods of the query and their arguments, `meta` what is wanted instead of data."""
    api = omsapi.OMSAPI(addresses["oms"], "v1", verbose=False, retry_on_err_sec=0, retry_on_err_attempts=0)
    api.auth_oidc("certhelper", "demo", audience="cmsoms-prod")
    query = api.query(resource)
    if steps.pop("meta", False):
        return query.meta()
    for step, arguments in steps.items():
        getattr(query, step)(*arguments)
    response = query.data()
    return {"status": response.status_code, **response.json()}


def answer(addresses: dict[str, str], call: dict) -> dict:
    ask = {"oms": lambda **call: ask_oms(addresses, **call), "runregistry": ask_run_registry}
    try:
        return {"answer": ask[call.pop("client")](**call)}
    except Exception as exc:
        return {"error": f"{type(exc).__name__}: {exc}"}


asked = json.load(sys.stdin)
point_at(asked["addresses"])
print("\n" + json.dumps([answer(asked["addresses"], call) for call in asked["calls"]]))
