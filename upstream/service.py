"""A CERN service behind the SSO, asked for JSON."""

import json
from typing import Any, NoReturn

import requests

from upstream.errors import AuthenticationFailed, RequestRefused, ServerError, UnexpectedAnswer, UpstreamError
from upstream.http import send
from upstream.tokens import bearer_token, forget_token


class Service:
    """`name` is what people call it, `audience` what its tokens are made for."""

    def __init__(self, name: str, base_url: str, audience: str) -> None:
        self.name = name
        self.base_url = base_url.rstrip("/")
        self.audience = audience

    def get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        """The JSON answer, parsed. Raises an UpstreamError with the name of the service that is ill."""
        return self._ask("GET", path, params=params)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("POST", path, json=body)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        response = self._send(method, path, **options)
        if _wants_a_sign_in(response):
            # The token may have been withdrawn before its time: one new one, one more try.
            forget_token(self.audience)
            response = self._send(method, path, **options)
        return self._parse(response)

    def _send(self, method: str, path: str, **options: Any) -> requests.Response:
        token = self._token()
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return send(self.name, method, f"{self.base_url}{path}", headers=headers, **options)

    def _token(self) -> str | None:
        try:
            return bearer_token(self.audience)
        except UpstreamError as exc:
            raise type(exc)(exc.service, f"so {self.name} could not be asked") from exc

    def _parse(self, response: requests.Response) -> Any:
        if response.status_code != 200:
            self._refuse(response.status_code)
        if _is_html(response):
            # The SSO proxy answers a login page where data should be.
            raise AuthenticationFailed(self.name)
        try:
            return json.loads(response.content, parse_constant=_not_a_number)
        except (ValueError, RecursionError) as exc:
            raise UnexpectedAnswer(self.name) from exc

    def _refuse(self, status: int) -> NoReturn:
        if status in (401, 403) or 300 <= status < 400:
            raise AuthenticationFailed(self.name)
        if status >= 500:
            raise ServerError(self.name, f"status {status}")
        raise RequestRefused(self.name, f"status {status}")


def _is_html(response: requests.Response) -> bool:
    return "html" in response.headers.get("Content-Type", "").lower()


def _wants_a_sign_in(response: requests.Response) -> bool:
    """OMS answers a stale token with 401, the Run Registry's proxy with a redirect to the login page."""
    status = response.status_code
    return status == 401 or 300 <= status < 400 or (status == 200 and _is_html(response))


def _not_a_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
