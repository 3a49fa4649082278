"""Places on the loopback interface that are ill in ways the simulator can't be: below HTTP, or in the middle of it."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from select import select

import trustme

HOST = "127.0.0.1"
# The tests answer for the name themselves (see conftest.py): nobody's name server is asked.
UNKNOWN_HOST = "nowhere.invalid"


@contextmanager
def refusing() -> Iterator[str]:
    """Bound, so that nobody else gets the port, and never listening."""
    with closing(socket.socket()) as bound:
        bound.bind((HOST, 0))
        yield _origin(bound)


@contextmanager
def too_busy_to_accept() -> Iterator[str]:
    """Listening, with a full backlog: the next connection is neither accepted nor refused."""
    with ExitStack() as stack:
        listener = stack.enter_context(closing(socket.socket()))
        listener.bind((HOST, 0))
        listener.listen(0)
        is_full = False
        while not is_full:
            caller = stack.enter_context(closing(socket.socket()))
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
            is_full = not select([], [caller], [], 0.1)[1]
        yield _origin(listener)


@contextmanager
def silent_after_headers() -> Iterator[str]:
    with _serving(socketserver.ThreadingTCPServer((HOST, 0), _OnlyHeaders)) as server:
        yield _origin(server.socket)


@contextmanager
def with_certificate(authority: trustme.CA, expires: timedelta) -> Iterator[str]:
    """HTTPS; whoever accepts the certificate is told 500. `expires`: from now on, negative for long ago."""
    now = datetime.now(UTC)
    certificate = authority.issue_cert(HOST, not_before=now - timedelta(days=30), not_after=now + expires)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    server = HTTPServer((HOST, 0), _OnlyErrors)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with _serving(server):
        yield f"https://{HOST}:{server.server_port}"


@contextmanager
def all_places(folder: Path) -> Iterator[dict[str, str]]:
    """Kind of illness → origin; and "authority" → the file that vouches for the certificates."""
    authority = trustme.CA()
    vouching = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(vouching))
    with ExitStack() as stack:
        yield {
            "authority": str(vouching),
            "dns": f"http://{UNKNOWN_HOST}",
            "refused": stack.enter_context(refusing()),
            "connect_timeout": stack.enter_context(too_busy_to_accept()),
            "hang_after_headers": stack.enter_context(silent_after_headers()),
            "expired_certificate": stack.enter_context(with_certificate(authority, timedelta(days=-1))),
            "valid_certificate": stack.enter_context(with_certificate(authority, timedelta(days=1))),
        }


class _OnlyHeaders(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
        while self.request.recv(65536):
            pass  # until the client has had enough


class _OnlyErrors(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        # Unread, it would reset the connection before the answer is read.
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_error(500)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[socketserver.BaseServer]:
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    with server:
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _origin(bound: socket.socket) -> str:
    return f"http://{HOST}:{bound.getsockname()[1]}"
