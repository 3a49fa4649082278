"""CertHelper behind gunicorn, with the options of README.md and so with the limits that production has."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from django.core.servers.basehttp import get_internal_wsgi_application
from django.db import connections
from gunicorn.app.base import BaseApplication
from gunicorn.workers.base import Worker

from simulator.server import HOST

# As README.md says it, but for the processes: without Redis their memory is not shared.
THREADS = 4
TIMEOUT = 60


class OneProcess(BaseApplication):
    """`begin` is called in the process that answers. Port 0 takes a free one."""

    def __init__(self, port: int, begin: Callable[[], None] = lambda: None, **more: Any) -> None:
        self._begun = begin
        self._options = {
            "bind": f"{HOST}:{port}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": TIMEOUT,
            "graceful_timeout": 2,  # after Ctrl+C
            "control_socket_disable": True,
            "post_worker_init": self._begin,
            **more,
        }
        super().__init__()

    def _begin(self, worker: Worker) -> None:
        # Ctrl+C reaches parent and child: told to quit by both, the child would wait for itself.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._begun()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return get_internal_wsgi_application()

    def run(self) -> None:
        """Until Ctrl+C. The process that answers opens connections of its own."""
        connections.close_all()
        parent = os.getpid()
        try:
            super().run()
        finally:
            if os.getpid() != parent:
                # What the caller has begun is not the child's to end.
                os._exit(0)
