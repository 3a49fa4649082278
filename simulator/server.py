"""The simulator as a whole: one HTTP server on the loopback interface for OMS, the Run Registry and the SSO.

Its control page and what else can be asked of it over HTTP is in control.py and world_requests.py; a test in the same
process writes `simulator.faults.set("oms", "down")` and `simulator.world.hide(398009, "/Express/Collisions2026/DQM")`.
"""

from __future__ import annotations

import logging
import socketserver
import sys
import threading
from datetime import date
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from simulator.answers import Answer, Request, json_answer, login_page, redirect
from simulator.control import Control
from simulator.faults import Fault, Faults
from simulator.faulty_answers import answer_instead, distort
from simulator.generator import generate
from simulator.handler import Handler
from simulator.oms import PREFIX as OMS_PREFIX
from simulator.oms import Oms
from simulator.recorded import load
from simulator.request_log import RequestLog
from simulator.runregistry import PREFIX as RUN_REGISTRY_PREFIX
from simulator.runregistry import RunRegistry
from simulator.tokens import PATH as TOKEN_PATH
from simulator.tokens import Tokens, bearer
from simulator.world import World

HOST = "127.0.0.1"
_PREFIXES = {"oms": OMS_PREFIX, "runregistry": RUN_REGISTRY_PREFIX, "sso": TOKEN_PATH, "login": "/login"}

logger = logging.getLogger(__name__)


class CannotListen(Exception):
    """The port is not to be had; `str()` says what to do."""


class Simulator:
    """`with Simulator() as sim:` serves in the background until the end of the block.

    `port` 0 takes a free one. `latency_ms` delays OMS and the Run Registry. `data` is a directory of recorded answers
    that win over the generated ones; RecordedDataInvalid when it cannot be read. CannotListen when the port is taken.
    """

    def __init__(
        self,
        port: int = 0,
        latency_ms: int = 0,
        data: Path | str | None = None,
        *,
        anchor: date | None = None,
        token_lifetime: int = 1200,
    ) -> None:
        world = generate(anchor)
        self.world: World = world.replaced_by(load(Path(data))) if data is not None else world
        self.latency_ms = latency_ms
        self.faults = Faults()
        self.requests = RequestLog()
        self.tokens = Tokens(token_lifetime)
        self._services = {"oms": Oms(self.world), "runregistry": RunRegistry(self.world), "sso": self.tokens}
        self._control = Control(self.faults, self.requests, self.world)
        self._stopping = threading.Event()
        self._server = _listen(port, self)
        self._thread: threading.Thread | None = None

    def reset(self) -> None:
        """As after the start: nobody is ill, nothing was asked, and the world is what it was."""
        self.faults.clear()
        self.requests.clear()
        self.world.reset()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_port}"

    @property
    def oms_url(self) -> str:
        return f"{self.url}{OMS_PREFIX}"

    @property
    def run_registry_url(self) -> str:
        return f"{self.url}{RUN_REGISTRY_PREFIX}"

    @property
    def token_url(self) -> str:
        return f"{self.url}{TOKEN_PATH}"

    def start(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def serve_forever(self) -> None:
        """Serves until `request_stop`, then stops."""
        self.start()
        self._stopping.wait()
        self.stop()

    def request_stop(self) -> None:
        self._stopping.set()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()
        self._server.close_connections()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def wait(self, seconds: float) -> bool:
        """Whether the simulator was stopped meanwhile."""
        return self._stopping.wait(seconds) if seconds > 0 else self._stopping.is_set()

    def latency(self, target: str) -> float:
        return self.latency_ms / 1000 if target in ("oms", "runregistry") else 0.0

    def target_of(self, path: str) -> str:
        """The service that the path belongs to, "" for the control page. Only the Run Registry ignores case."""
        beginning = f"/{path[1:].partition('/')[0]}"
        if beginning.lower() == RUN_REGISTRY_PREFIX:
            return "runregistry"
        under = (name for name, prefix in _PREFIXES.items() if path == prefix or path.startswith(f"{prefix}/"))
        return next(under, "")

    def next_fault(self, target: str) -> Fault:
        if target:
            for expired in self.faults.take_expirations():
                self.tokens.revoke(expired)
        return self.faults.take(target)

    def answer(self, target: str, request: Request, fault: Fault) -> Answer:
        if target == "login":
            return login_page()
        if target not in self._services:
            return self._control.answer(request)
        instead = answer_instead(fault.mode, f"{self.url}/login")
        if instead is not None:
            return instead
        true_answer = self._refusal(target, request) or self._services[target].answer(request)
        return distort(fault.mode, true_answer, self.world)

    def _refusal(self, target: str, request: Request) -> Answer | None:
        """The SSO's proxy in front of OMS and the Run Registry; None lets the request pass."""
        token = bearer(request)
        if target == "sso" or (token and self.tokens.is_valid(token, target)):
            return None
        if target == "oms" and token:
            detail = "The token is expired or not known."
            return json_answer({"errors": [{"status": "401", "title": "UNAUTHORIZED", "detail": detail}]}, 401)
        return redirect(f"{self.url}/login")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    simulator: Simulator

    def __init__(self, port: int) -> None:
        self._idle = threading.Condition()
        self._connections: set[Any] = set()
        super().__init__((HOST, port), Handler)

    def server_bind(self) -> None:
        # Not HTTPServer's own: it asks the name server who we are, which can take long without a network.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._idle:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._idle:
            self._connections.discard(request)
            self._idle.notify_all()

    def close_connections(self) -> None:
        """Ends the kept-alive connections too, and waits for their threads to notice."""
        with self._idle:
            for connection in self._connections:
                _shut_down(connection)
            self._idle.wait_for(lambda: not self._connections, timeout=2)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            logger.exception("The simulator failed to answer")


def _shut_down(connection: Any) -> None:
    try:
        connection.shutdown(2)
    except OSError:
        logger.debug("The client was gone already")


def _listen(port: int, simulator: Simulator) -> _Server:
    try:
        server = _Server(port)
    except (OSError, OverflowError) as exc:
        raise CannotListen(f"Port {port} of {HOST} cannot be used ({exc}): choose another one with --port.") from exc
    server.simulator = simulator
    return server
