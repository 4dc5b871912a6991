"""The server as processes: a supervisor that holds the port, and workers that it replaces."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

from prometheus_client.multiprocess import mark_process_dead
from starlette.types import ASGIApp
from uvicorn import Config
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from nerbridge.errors import EnvironmentProblem, InputError, ScriptWarning
from nerbridge.platforms import allow_many_open_files, claim_address
from nerbridge.server.limits import ServerSettings
from nerbridge.server.logs import log_config
from nerbridge.server.metrics import MULTIPROCESS_VARIABLE, take_ready_mark
from nerbridge.server.protocol import GuardedProtocol

_GRACE_S = 5
_MAX_FAILED_STARTS = 3

log = logging.getLogger("nerbridge.server")


class Supervisor(Multiprocess):
    """uvicorn's supervisor of workers, which also tells metrics of the dead.

    Whether a worker lives is what the system says. uvicorn asks the worker, and waits for one that
    has just died, and kills one that is slow to start.
    """

    n_failed_starts = 0
    """Workers, one after the other, that died before they were ready."""
    has_failed = False

    def keep_subprocess_alive(self) -> None:
        """Replace workers that have died; end if one could not start, or several died doing so."""
        for index, worker in enumerate(self.processes):
            if worker.process.is_alive() or self.should_exit.is_set():
                continue
            worker.kill()
            worker.join()
            log.warning("worker %s died (%s)", worker.pid, worker.exitcode)
            self.n_failed_starts = 0 if take_ready_mark(worker.pid) else self.n_failed_starts + 1
            # What kills a worker that starts, such as too little memory, kills the next one too.
            is_hopeless = self.n_failed_starts == _MAX_FAILED_STARTS
            if worker.exitcode == STARTUP_FAILURE or is_hopeless:
                self.has_failed = True
                self.should_exit.set()
                return
            # Else the gauges of a dead worker would be part of the sums for ever.
            mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
            self.processes[index] = Process(self.config, self.sockets)
            self.processes[index].start()

    def terminate_all(self) -> None:
        """Tell all workers to end; the port closes with the last of them."""
        # While the supervisor holds the socket, the port would outlive the last worker.
        for held in self.sockets:
            held.close()
        super().terminate_all()


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to an address, on which nobody listens yet.

    Raises:
        InputError: if there is no such address here.
        EnvironmentProblem: if it is in use or not allowed.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise InputError(
            f"--host {host}: no such address ({error.strerror}). Expected one of this machine's, "
            "such as 127.0.0.1 or 0.0.0.0."
        ) from error
    family, kind, protocol, _, address = found[0]
    bound = socket.socket(family, kind, protocol)
    try:
        claim_address(bound)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise EnvironmentProblem(
            f"{host}:{port}: cannot be used ({error.strerror}). Choose another --port, or stop "
            "what uses this one."
        ) from error
    bound.set_inheritable(True)
    return bound


def url_of(bound: socket.socket) -> str:
    """Where a bound socket is reached."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_app(settings: ServerSettings) -> ASGIApp:
    """The application, in a worker; the supervisor does not load the web framework."""
    from nerbridge.server.app import create_app

    warnings.simplefilter("ignore", ScriptWarning)  # each answer carries its own notices
    return create_app(settings)


def serve(settings: ServerSettings, bound: socket.socket, *, n_workers: int, quiet: bool) -> None:
    """Serve until SIGTERM or SIGINT; what was taken by then is answered.

    Raises:
        EnvironmentProblem: if a worker could not start; its log says why.
    """
    limits = settings.limits
    longest = max(limits.max_seconds, limits.max_document_seconds, limits.receive_s)
    # One file a connection: the usual limit of 1,024 is less than a worker can hold.
    allow_many_open_files()
    with _shared_metrics():
        config = Config(
            cast(Any, partial(make_app, settings)),
            factory=True,
            http=cast(Any, partial(GuardedProtocol, limits=limits)),
            ws="none",
            workers=n_workers,
            access_log=False,
            log_config=log_config(quiet=quiet),
            proxy_headers=False,
            server_header=False,
            # Longer than any request may take, so that none is cut off.
            timeout_graceful_shutdown=int(longest) + _GRACE_S,
        )
        supervisor = Supervisor(config, sockets=[bound])
        supervisor.run()
    if supervisor.n_failed_starts == _MAX_FAILED_STARTS:
        raise EnvironmentProblem(
            f"{_MAX_FAILED_STARTS} workers died, one after the other, before they were ready, so "
            "the server has stopped. Most often the memory is too small: use fewer --workers."
        )
    if supervisor.has_failed:
        raise EnvironmentProblem(
            "a worker could not start, so the server has stopped. The lines above say why."
        )


@contextmanager
def _shared_metrics() -> Iterator[None]:
    """A folder through which the workers share their numbers, for as long as they live."""
    folder = tempfile.mkdtemp(prefix="nerbridge-metrics-")
    os.environ[MULTIPROCESS_VARIABLE] = folder
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        del os.environ[MULTIPROCESS_VARIABLE]
