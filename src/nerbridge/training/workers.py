"""Several seeds in parallel, each in a process of its own.

Small encoders leave most of a second core idle: two processes of one thread do more than one
process of two.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from nerbridge.errors import NerbridgeError, RunError
from nerbridge.platforms import interrupts_held, n_usable_cores
from nerbridge.training.recipe import Recipe
from nerbridge.training.run import Run, StageListener, open_run

Work = Callable[[Run, int, StageListener], None]
"""A module-level function that brings one seed of a run to its end."""

_POLL_S = 0.5


def run_in_workers(
    work: Work, recipe: Recipe, folder: Path, jobs: int, listen: StageListener
) -> None:
    """Call ``work`` for every seed of the recipe, ``jobs`` seeds in parallel.

    Workers end when this process does, however it ends.

    Raises:
        NerbridgeError: the first a worker raised.
        RunError: a worker was killed.
    """
    # spawn, not fork: a fork of a process in which torch has started its threads can hang.
    context = get_context("spawn")
    events: Any = context.Queue()
    # The parent never writes to this pipe. Its end closes when the parent dies, however that
    # happens, and then the workers end themselves.
    lifeline, keep = context.Pipe(duplex=False)
    n_threads = max(1, n_usable_cores() // jobs)
    workers = [
        context.Process(
            target=_worker,
            args=(work, recipe, folder, recipe.seeds[i::jobs], n_threads, events, lifeline),
            daemon=True,
        )
        for i in range(jobs)
    ]
    try:
        # A terminal sends Ctrl-C to all processes; this one alone answers, and ends the others.
        with interrupts_held(), _without_main_module():
            for worker in workers:
                worker.start()
        lifeline.close()  # the workers hold their own copies
        _listen(workers, events, listen)
    finally:
        started = [worker for worker in workers if worker.pid is not None]
        for worker in started:
            worker.terminate()
        for worker in started:
            worker.join()
        keep.close()


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Hide the user's script while processes start: spawn would run it again in each of them.

    Workers need nothing of it, so that a script needs no ``if __name__ == "__main__"``.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _listen(workers: Sequence[Any], events: Any, listen: StageListener) -> None:
    n_left = len(workers)
    while n_left:
        try:
            event = events.get(timeout=_POLL_S)
        except queue.Empty:
            _check_alive(workers)
            continue
        # A worker sends its error as an event, so that the parent raises it as its own.
        if isinstance(event, BaseException):
            raise event
        if event is None:
            n_left -= 1
        else:
            listen(event)


def _check_alive(workers: Sequence[Any]) -> None:
    for worker in workers:
        if worker.exitcode not in (None, 0):
            how, why = f"exit code {worker.exitcode}", "its own message is above"
            if worker.exitcode < 0:
                how = signal.Signals(-worker.exitcode).name
                why = "probably because memory ran out"
            raise RunError(
                f"a worker process ended with {how} ({why}). Finished results are kept. Repeat "
                "the command; --jobs 1 needs less memory."
            )


def _worker(
    work: Work,
    recipe: Recipe,
    folder: Path,
    seeds: Sequence[int],
    n_threads: int,
    events: Any,
    lifeline: Connection,
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it could not be held
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
    torch.set_num_threads(n_threads)
    try:
        run = open_run(recipe, folder)
        for seed in seeds:
            work(run, seed, events.put)
    except (NerbridgeError, OSError) as error:
        events.put(error)
    events.put(None)


def _end_with_parent(lifeline: Connection) -> None:
    """Wait for the parent's end of the pipe to close, which it does even on SIGKILL."""
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
