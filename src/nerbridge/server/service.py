"""What the requests of one worker share."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from nerbridge.errors import NerbridgeError
from nerbridge.server.batching import Batcher
from nerbridge.server.limits import Buffers, ServerSettings
from nerbridge.server.metrics import Metrics, mark_ready
from nerbridge.server.models import ServedModel, load_models
from nerbridge.server.problems import Problem

DRAIN_S = 0.5
"""How long, at least, a worker that is told to end goes on to answer, so that nobody who is
connecting at that moment finds nobody there."""
_QUIET_S = 1.0
_LONGEST_DRAIN_S = 10.0
"""Requests may be on their way still: go on until none has come for a while, but not for ever."""
_POLL_S = 0.05
_PARENT_S = 2.0


class Service:
    """The models of a worker, their queues, and whether it takes requests."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.limits = settings.limits
        self.buffers = Buffers(settings.limits)
        self.metrics = Metrics()
        self.models: dict[str, ServedModel] = {}
        self._batchers: dict[str, Batcher] = {}
        self.why_not_started = ""
        self.is_draining = False
        self.n_active = 0
        self.last_came = 0.0
        self.n_documents = 0
        # Reading, tagging and redacting a document keep a core busy each.
        self.document_turns = asyncio.Semaphore(2)

    async def start(self) -> None:
        """Load the models; from then on the worker is ready.

        Raises:
            NerbridgeError: if one cannot be loaded.
        """
        settings = self.settings
        try:
            self.models = await asyncio.to_thread(
                load_models, settings.models, settings.n_threads, settings.type_map
            )
        except NerbridgeError as error:
            self.why_not_started = str(error)
            raise
        for name, model in self.models.items():
            self._batchers[name] = Batcher(model.tagger, self.limits, self.metrics)
            self._batchers[name].start()
        self.metrics.workers.set(1)
        mark_ready()

    async def stop(self) -> None:
        """End the threads."""
        for batcher in self._batchers.values():
            await batcher.stop()

    @property
    def is_ready(self) -> bool:
        """Whether requests are taken."""
        return bool(self.models) and not self.is_draining

    def find_model(self, name: str | None) -> ServedModel:
        """The model of that name; without a name the first.

        Raises:
            Problem: 404.
        """
        found = next(iter(self.models.values())) if name is None else self.models.get(name)
        if found is None:
            known = ", ".join(self.models)
            raise Problem(404, "no-such-model", f"no model of that name; there are {known}.")
        return found

    def batcher(self, model: ServedModel) -> Batcher:
        """The queue of a model."""
        return self._batchers[model.name]

    @property
    def is_full(self) -> bool:
        """Whether no model takes another request."""
        return all(batcher.is_full for batcher in self._batchers.values())

    @property
    def report(self) -> Path | None:
        """The experiment's report: the one asked for, else the first that a model has."""
        reports = (model.report for model in self.models.values() if model.report)
        return self.settings.report or next(reports, None)

    @contextmanager
    def one_more_document(self) -> Iterator[None]:
        """Hold a place for a document.

        Raises:
            Problem: 503 if all are taken.
        """
        if self.n_documents >= self.limits.max_documents:
            raise Problem(503, "queue-full", "too many documents wait already.", retry_after_s=5)
        self.n_documents += 1
        try:
            yield
        finally:
            self.n_documents -= 1

    async def drain(self) -> None:
        """Refuse what is new, and wait until what was taken is answered."""
        self.is_draining = True
        self.metrics.workers.set(0)
        self.buffers.end()
        until = time.monotonic() + _LONGEST_DRAIN_S
        await asyncio.sleep(DRAIN_S)
        while self.n_active > 0 or time.monotonic() < min(until, self.last_came + _QUIET_S):
            await asyncio.sleep(_POLL_S)


async def end_with_parent() -> None:
    """End this process when the one that started it has gone without a word."""
    number, parent = os.getppid(), multiprocessing.parent_process()
    # Windows goes on to give the number of a parent that is gone.
    while os.getppid() == number and (parent is None or parent.is_alive()):
        await asyncio.sleep(_PARENT_S)
    signal.raise_signal(signal.SIGTERM)


@contextmanager
def drain_on_sigterm(service: Service) -> Iterator[None]:
    """Put draining before whatever SIGTERM would do, such as uvicorn's closing of the port."""
    # Python lets only the main thread set what a signal does.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, tasks = asyncio.get_running_loop(), set()
    before = signal.getsignal(signal.SIGTERM)

    async def drain_then(go_on: Callable[[], object]) -> None:
        await service.drain()
        go_on()

    def begin(number: int, frame: FrameType | None) -> None:
        def go_on() -> None:
            if callable(before):
                before(number, frame)

        # At once: a request that comes before the loop runs the task is refused too.
        service.is_draining = True
        # The set keeps the task from the garbage collector, because the loop does not.
        loop.call_soon_threadsafe(lambda: tasks.add(loop.create_task(drain_then(go_on))))

    signal.signal(signal.SIGTERM, begin)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
