"""One connection: reads requests, meets the fault of the moment, and puts the answer on the wire."""

import select
import socket
import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

from simulator.answers import Answer, Request
from simulator.faults import Fault

if TYPE_CHECKING:
    from simulator.server import Simulator

_BIGGEST_BODY = 1_000_000
_HANG_SECONDS = 60.0
_DRIP_SECONDS = 0.1
_HUGE = 52 * 1024 * 1024
_CHUNK = b" " * (1024 * 1024)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Simulator"
    sys_version = ""
    disable_nagle_algorithm = True

    @property
    def simulator(self) -> "Simulator":
        return self.server.simulator

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the control page lists the requests."""

    def _serve(self) -> None:
        request = self._read()
        if request is None:
            return
        target = self.simulator.target_of(request.path)
        fault = self.simulator.next_fault(target)
        if fault.mode in ("down", "hang"):
            self._log(target, request, 0)
            self._stay_silent(fault)
            return
        self.simulator.wait(self.simulator.latency(target) + (fault.seconds if fault.mode == "slow" else 0))
        answer = self.simulator.answer(target, request, fault)
        self._log(target, request, answer.status)
        self._send(answer, fault)

    def _read(self) -> Request | None:
        """The request; None when its body is not worth reading, which has been answered then."""
        length = self.headers.get("Content-Length") or "0"
        if not length.isdigit() or int(length) > _BIGGEST_BODY or "Transfer-Encoding" in self.headers:
            self.send_error(413 if length.isdigit() else 400)
            self.close_connection = True
            return None
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, path, query, headers, self.rfile.read(int(length)))

    def _log(self, target: str, request: Request, status: int) -> None:
        if target:
            self.simulator.requests.add(target, request.method, request.path, request.query, status)

    def _stay_silent(self, fault: Fault) -> None:
        self.close_connection = True
        deadline = time.monotonic() + (_HANG_SECONDS if fault.mode == "hang" else 0)
        while time.monotonic() < deadline and not self._has_given_up():
            if self.simulator.wait(0.05):
                return

    def _has_given_up(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""

    def _send(self, answer: Answer, fault: Fault) -> None:
        """A client that gives up in between is no error here."""
        length = len(answer.body) + (_HUGE if fault.mode == "huge" else 0)
        try:
            self._send_head(answer, length)
            self._send_body(answer.body, fault)
        except OSError:
            self.close_connection = True

    def _send_head(self, answer: Answer, length: int) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(length))
        self.send_header("Cache-Control", "no-store")
        if answer.location:
            self.send_header("Location", answer.location)
        self.end_headers()

    def _send_body(self, body: bytes, fault: Fault) -> None:
        if fault.mode == "truncated":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif fault.mode == "drip":
            self._drip(body)
        else:
            self.wfile.write(body)
        if fault.mode == "huge":
            # Blanks after JSON are JSON: it is the size alone that is wrong.
            for _ in range(_HUGE // len(_CHUNK)):
                self.wfile.write(_CHUNK)

    def _drip(self, body: bytes) -> None:
        for position in range(len(body)):
            if self._has_given_up() or self.simulator.wait(_DRIP_SECONDS):
                self.close_connection = True
                return
            self.wfile.write(body[position : position + 1])
