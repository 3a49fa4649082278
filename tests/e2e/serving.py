"""Gunicorn's own worker in a thread: it shares the database, the settings and the memory of the test."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from gunicorn.app.base import BaseApplication
from gunicorn.sock import create_sockets
from gunicorn.workers.gthread import ThreadWorker


class InThread(ThreadWorker):
    """Signals are pytest's."""

    def init_signals(self) -> None:
        pass

    def stop(self) -> None:
        self._close_connections()
        self.handle_exit(None, None)

    def _close_connections(self) -> None:
        """To the database, of every thread; the barrier lets none of them do it for another."""
        together = threading.Barrier(self.cfg.threads)

        def close(_: int) -> None:
            together.wait(60)
            connections.close_all()

        list(self.tpool.map(close, range(self.cfg.threads)))


@contextmanager
def served(application: BaseApplication) -> Iterator[str]:
    """The address."""
    cfg = application.cfg
    cfg.set("post_worker_init", lambda worker: None)
    log = cfg.logger_class(cfg)
    (listening,) = create_sockets(cfg, log)
    # Asked for now: the worker closes it when it stops.
    host, port = listening.getsockname()
    worker = InThread(1, os.getppid(), [listening], application, cfg.timeout, cfg, log)
    thread = threading.Thread(target=worker.init_process, daemon=True)
    thread.start()
    yield f"http://{host}:{port}"
    worker.stop()
    thread.join(30)
    worker.tmp.close()
