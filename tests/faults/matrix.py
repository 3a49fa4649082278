"""Every fault of every service, and what a page has to say of it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

NAMES = {"oms": "OMS", "runregistry": "The Run Registry", "sso": "CERN's SSO"}

# What the simulator can do, by our name for it; the other faults are places of places.py.
SIMULATED = {
    "drip": "drip",
    "hang": "hang",
    "500_json": "error_json",
    "500_html": "error_html",
    "login_page": "login_page",
    "redirect": "redirect",
    "401_once": "unauthorized_once",
    "401_for_ever": "unauthorized",
    "403": "forbidden",
    "connection_cut": "truncated",
    "truncated_json": "garbage",
    "wrong_type": "wrong_type",
    "wrong_run": "wrong_run",
    "empty": "empty",
    "nulls": "nulls",
    "strings": "strings",
    "huge": "huge",
}
ELSEWHERE = ("refused", "dns", "connect_timeout", "hang_after_headers", "expired_certificate")

# Whichever service it is, after its name.
_SENTENCES = {
    "refused": "can't be reached",
    "dns": "can't be reached",
    "expired_certificate": "was not asked, as CertHelper can't trust its certificate",
    "connect_timeout": "did not answer in time",
    "drip": "did not answer in time",
    "hang": "did not answer in time",
    "hang_after_headers": "did not answer in time",
    "500_json": "answered with an error of its own",
    "500_html": "answered with an error of its own",
    "login_page": "did not accept CertHelper's sign-in",
    "redirect": "did not accept CertHelper's sign-in",
    "401_for_ever": "did not accept CertHelper's sign-in",
    "403": "did not accept CertHelper's sign-in",
    # By its label it is the login page, and the label is all that can be trusted.
    "wrong_type": "did not accept CertHelper's sign-in",
    "connection_cut": "broke off in the middle of its answer",
    "truncated_json": "answered with something that is not data",
    "huge": "told more at once than CertHelper reads",
}
# Where it depends on what was asked.
_OF_CONTENT = {
    ("oms", "wrong_run"): "OMS answered about run {run}, but not in a form that can be trusted",
    ("oms", "empty"): "OMS does not know run {run}",
    ("oms", "nulls"): "OMS does not say: ",
    ("runregistry", "wrong_run"): "The Run Registry answered in a form that can't be trusted",
    ("runregistry", "empty"): "The Run Registry has no dataset of run {run} yet",
    ("sso", "empty"): "CERN's SSO answered with something that is not data",
    ("sso", "nulls"): "CERN's SSO answered with something that is not data",
}
# A token is about no run, and the names of the datasets are there when all the rest is null.
_HARMLESS = {("sso", "wrong_run"), ("runregistry", "nulls")}
_HARMLESS_ANYWHERE = ("401_once", "strings")


@dataclass(frozen=True)
class Case:
    """`service` has `fault`, the other two are well."""

    service: str
    fault: str

    @property
    def is_harmless(self) -> bool:
        return self.fault in _HARMLESS_ANYWHERE or (self.service, self.fault) in _HARMLESS

    @property
    def oms_answers(self) -> bool:
        return self.is_harmless or self.service == "runregistry"

    @property
    def registry_answers(self) -> bool:
        return self.is_harmless or self.service == "oms"

    def on_the_work_list(self, run: int) -> list[str]:
        """How the sentences begin that a search of the Run Registry shows. It asks OMS nothing."""
        if self.registry_answers:
            return []
        if self.service == "sso":
            return self._without_a_token("The Run Registry")
        if self.fault == "empty":
            return [f"The Run Registry has nothing of {run}"]
        return [self._sentence(run)]

    def on_a_certification(self, run: int) -> list[str]:
        """How the sentences begin that stand above the form: of the dataset first, then of the facts."""
        if self.is_harmless:
            return []
        if self.service == "sso":
            return self._without_a_token("The Run Registry") + self._without_a_token("OMS")
        return [self._sentence(run)]

    def _sentence(self, run: int) -> str:
        of_content = _OF_CONTENT.get((self.service, self.fault), "").format(run=run)
        return of_content or f"{NAMES[self.service]} {_SENTENCES[self.fault]}"

    def _without_a_token(self, unasked: str) -> list[str]:
        """Who is to blame, and who could not be asked because of that."""
        return [f"{self._sentence(0).split(' (')[0]} (so {unasked} could not be asked"]


_CASES = [Case(service, fault) for service in NAMES for fault in (*ELSEWHERE, *SIMULATED)]

every_case = pytest.mark.parametrize("case", _CASES, ids=[f"{case.service}-{case.fault}" for case in _CASES])
