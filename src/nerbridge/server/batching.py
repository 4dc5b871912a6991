"""Requests that come at the same time go through the model together."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from nerbridge.server.limits import Limits
from nerbridge.server.metrics import Metrics
from nerbridge.server.problems import Problem
from nerbridge.tagging.entity import Entity
from nerbridge.tagging.tagger import Tagger

WAIT_S = 0.002
"""How long the first request of a batch waits for others."""
BATCH_CHARS = 32_768
BATCH_REQUESTS = 64

Found = list[list[Entity]]


class Abandoned(Exception):
    """Nobody waits for the result any more."""


@dataclass(frozen=True)
class _Job:
    texts: Sequence[str]
    n_chars: int
    found: asyncio.Future[Found]


class Batcher:
    """One tagger for all requests of a worker, in one thread, first come first served.

    A batch is what has come in until the first of its requests has waited `WAIT_S`, or while the
    batch before it was being tagged. A text's entities do not depend on its batch.
    """

    def __init__(self, tagger: Tagger, limits: Limits, metrics: Metrics) -> None:
        self._tagger, self._limits, self._metrics = tagger, limits, metrics
        self._waiting: deque[_Job] = deque()
        self._has_work = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tagging")
        self._task: asyncio.Task[None] | None = None
        self._n_held = 0

    def start(self) -> None:
        """Begin to take batches; call in the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End; what waits is not tagged."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._thread.shutdown(wait=False, cancel_futures=True)

    @property
    def is_full(self) -> bool:
        """Whether the next request will be refused."""
        return self._n_held >= self._limits.max_queue

    async def tag(self, texts: Sequence[str]) -> Found:
        """Entities of each text, in the order given.

        Raises:
            Problem: 503 if the queue is full or the time is over.
            TextError: if a text holds a lone surrogate.
            ModelError: if the model fails.
        """
        if self.is_full:
            raise queue_full()
        found: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self._n_held += 1
        self._metrics.queue.inc()
        try:
            async with asyncio.timeout(self._limits.max_seconds):
                self._waiting.append(_Job(texts, sum(map(len, texts)), found))
                self._has_work.set()
                return await found
        except TimeoutError:
            raise time_is_over(self._limits.max_seconds) from None
        finally:
            self._n_held -= 1
            self._metrics.queue.dec()

    async def _run(self) -> None:
        while True:
            await self._has_work.wait()
            if len(self._waiting) < BATCH_REQUESTS:
                await asyncio.sleep(WAIT_S)
            batch = self._take()
            if await self._attempt(batch) is not None:
                for job in batch:  # one of them is to blame, not all
                    error = await self._attempt([job])
                    if error is not None and not job.found.done():
                        job.found.set_exception(error)
            # Nothing is awaited between this look and ``clear``, so no job can come in unseen.
            if not self._waiting:
                self._has_work.clear()

    async def _attempt(self, batch: Sequence[_Job]) -> BaseException | None:
        """Tag the jobs that have no result yet; what went wrong."""
        jobs = [job for job in batch if not job.found.done()]
        if not jobs:
            return None
        began = time.monotonic()
        loop = asyncio.get_running_loop()
        tagged = loop.run_in_executor(self._thread, _tag, self._tagger, jobs, loop)
        # ``wait`` raises nothing: the caller has to find the job that is to blame.
        await asyncio.wait([tagged])
        self._metrics.observe_batch(sum(len(job.texts) for job in jobs), time.monotonic() - began)
        return tagged.exception()

    def _take(self) -> list[_Job]:
        """The next jobs that somebody still waits for: at least one, if there is one."""
        batch: list[_Job] = []
        n_chars = 0
        while self._waiting and len(batch) < BATCH_REQUESTS:
            if batch and n_chars + self._waiting[0].n_chars > BATCH_CHARS:
                break
            job = self._waiting.popleft()
            # A job is done here if its client has gone or its time is over.
            if not job.found.done():
                batch.append(job)
                n_chars += job.n_chars
        return batch


def _tag(tagger: Tagger, jobs: Sequence[_Job], loop: asyncio.AbstractEventLoop) -> None:
    """In the thread: tag all jobs, each of which has its result as soon as it is there."""
    watched = stop_when(tagger, lambda: all(job.found.done() for job in jobs))
    results = watched.tag_many(chain.from_iterable(job.texts for job in jobs))
    for job in jobs:
        found = list(islice(results, len(job.texts)))
        # A future may be touched only in the thread of its loop.
        loop.call_soon_threadsafe(_resolve, job.found, found)


def _resolve(future: asyncio.Future[Found], found: Found) -> None:
    # Its time may have ended meanwhile, and a second result would raise an error.
    if not future.done():
        future.set_result(found)


def stop_when(tagger: Tagger, is_over: Callable[[], bool]) -> Tagger:
    """The same tagger, which raises `Abandoned` before a batch if ``is_over`` says so."""
    forward = tagger.model.forward

    def watched(ids: Any, mask: Any) -> Any:
        if is_over():
            raise Abandoned
        return forward(ids, mask)

    return Tagger(replace(tagger.model, forward=watched))


def queue_full() -> Problem:
    """The answer to a request for which there is no room."""
    return Problem(503, "queue-full", "too many requests wait already.", retry_after_s=1)


def time_is_over(seconds: float) -> Problem:
    """The answer to a request that takes too long."""
    return Problem(
        503,
        "timeout",
        f"not tagged within {seconds:g} s: the server is busy, or the text too long for it.",
        retry_after_s=2,
    )
