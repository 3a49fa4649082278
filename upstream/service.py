"""A CERN service behind the SSO, asked for JSON."""

from typing import Any, NoReturn

import requests

from upstream import breaker
from upstream.cleaning import read_json
from upstream.errors import (
    AuthenticationFailed,
    RequestRefused,
    ServerError,
    TokenRefused,
    UnexpectedAnswer,
    UpstreamError,
)
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
        token = self._token()
        try:
            return self._exchange(token, method, path, TokenRefused, **options)
        except TokenRefused:
            # The token may have been withdrawn before its time: one new one, one more try.
            forget_token(self.audience, token)
            return self._exchange(self._token(), method, path, AuthenticationFailed, **options)

    def _exchange(
        self, token: str | None, method: str, path: str, refusal: type[AuthenticationFailed], **options: Any
    ) -> Any:
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"

        def question() -> Any:
            response = send(self.name, method, f"{self.base_url}{path}", headers=headers, **options)
            if _wants_a_sign_in(response):
                raise refusal(self.name)
            return self._parse(response)

        return breaker.ask(self.name, question)

    def _token(self) -> str | None:
        try:
            return bearer_token(self.audience)
        except UpstreamError as exc:
            raise type(exc)(exc.service, f"so {self.name} could not be asked") from exc

    def _parse(self, response: requests.Response) -> Any:
        if response.status_code != 200:
            self._refuse(response.status_code)
        try:
            return read_json(response.content)
        except ValueError as exc:
            raise UnexpectedAnswer(self.name) from exc

    def _refuse(self, status: int) -> NoReturn:
        if status == 403:
            raise AuthenticationFailed(self.name)
        if status >= 500:
            raise ServerError(self.name, f"status {status}")
        raise RequestRefused(self.name, f"status {status}")


def _is_html(response: requests.Response) -> bool:
    return "html" in response.headers.get("Content-Type", "").lower()


def _wants_a_sign_in(response: requests.Response) -> bool:
    """OMS answers a stale token with 401, the Run Registry's proxy with a redirect to the login page, or that page."""
    status = response.status_code
    return status == 401 or 300 <= status < 400 or (status == 200 and _is_html(response))
