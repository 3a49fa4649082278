"""The switchboard of what is wrong with which service."""

import threading
from dataclasses import dataclass

TARGETS = ("oms", "runregistry", "sso")

MODES = {
    "ok": "answers as it should",
    "down": "closes the connection without an answer",
    "slow": "answers after some seconds",
    "hang": "never answers",
    "drip": "sends the answer a byte at a time",
    "error_json": "500 with JSON",
    "error_html": "500 with HTML",
    "login_page": "200 with the login page",
    "redirect": "302 to the login page",
    "garbage": "200, said to be JSON, is not",
    "truncated": "stops in the middle of the answer",
    "wrong_type": "JSON, said to be HTML",
    "wrong_run": "answers about the neighbour",
    "empty": "knows nothing",
    "nulls": "every attribute but the number is null",
    "strings": "numbers as strings",
    "forbidden": "403",
    "unauthorized": "401 always",
    "unauthorized_once": "401 one time",
    "expired_token": "the tokens issued so far are invalid",
    "huge": "an answer of more than 50 MB",
}
DEFAULT_SECONDS = 5.0


@dataclass(frozen=True)
class Fault:
    """`seconds` is how long "slow" takes."""

    mode: str = "ok"
    seconds: float = DEFAULT_SECONDS


class Faults:
    """Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[str, Fault] = {}

    def set(self, target: str, mode: str, seconds: float = DEFAULT_SECONDS) -> None:
        """Raises ValueError, in a sentence, for a target or mode that there is not."""
        if target not in TARGETS:
            raise ValueError(f"There is no service {target!r}; there are {', '.join(TARGETS)}.")
        if mode not in MODES:
            raise ValueError(f"There is no mode {mode!r}; there are {', '.join(MODES)}.")
        if not 0 <= seconds <= 3600:
            raise ValueError("The delay must be between 0 and 3600 seconds.")
        with self._lock:
            self._faults[target] = Fault(mode, seconds)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def mode(self, target: str) -> str:
        return self.fault(target).mode

    def fault(self, target: str) -> Fault:
        with self._lock:
            return self._faults.get(target, Fault())

    def take(self, target: str) -> Fault:
        """The fault that the request at hand meets; one that happens only once is over with that."""
        with self._lock:
            fault = self._faults.get(target, Fault())
            if fault.mode == "unauthorized_once":
                del self._faults[target]
            return fault

    def take_expirations(self) -> list[str]:
        """The services whose tokens have to be forgotten now, each answered once."""
        with self._lock:
            expired = [target for target, fault in self._faults.items() if fault.mode == "expired_token"]
            for target in expired:
                del self._faults[target]
            return expired
