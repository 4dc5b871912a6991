"""Work on files of strangers in a process of its own: it may hang, crash or swell."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

from nerbridge.errors import NerbridgeError
from nerbridge.platforms import (
    kill_with_children,
    lead_process_group,
    limit_this_process,
    preload_in_processes,
    process_context,
)
from nerbridge.server.logs import FACTS, describe
from nerbridge.server.problems import Problem

P = ParamSpec("P")
Result = TypeVar("Result")

MAX_MEMORY_BYTES = 3 * 2**30
log = logging.getLogger("nerbridge.server")
_PROCESSES: Any = process_context()


def prepare(module: str) -> None:
    """Have ``module`` loaded once, so that processes that need it start at once."""
    preload_in_processes(_PROCESSES, [module, __name__])


async def run_isolated(
    seconds: float, function: Callable[P, Result], *args: P.args, **options: P.kwargs
) -> Result:
    """Call a function of a module in a new process.

    Args:
        seconds: how long it may take; then it is killed.
        function: importable; its arguments and result can be pickled.
        args: its arguments.
        options: its named arguments.

    Raises:
        NerbridgeError: what the function raises of these.
        Problem: 503 if it takes too long, 422 if it dies or fails otherwise.
    """
    receiver, sender = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=_call, args=(sender, function, args, options), daemon=True)
    # Starting may write a large argument to a pipe: not in the event loop.
    await asyncio.to_thread(process.start)
    sender.close()
    try:
        found = await asyncio.to_thread(_receive, receiver, seconds)
    finally:
        if process.pid is not None:
            await asyncio.to_thread(kill_with_children, process.pid)
        await asyncio.to_thread(process.join)
        receiver.close()
        process.close()
    if isinstance(found, NerbridgeError | Problem):
        raise found
    result: Result = found[0]
    return result


def _call(sender: Connection, function: Callable[..., Any], args: Any, options: Any) -> None:
    """In the new process: bounds, then the work."""
    lead_process_group()  # so that what it starts is killed with it
    limit_this_process(MAX_MEMORY_BYTES)
    # What libraries say of a file may quote it.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        sender.send((function(*args, **options),))
    except NerbridgeError as error:
        sender.send(error)
    except Exception as error:  # it dies of it, and leaves what the log may say
        sender.send(describe(error))
        raise


def _receive(receiver: Connection, seconds: float) -> Any:
    """The result as a tuple of one, or the error; one that nobody expected is in the log alone."""
    if not receiver.poll(seconds):
        return Problem(
            503, "timeout", f"the document was not read within {seconds:g} s.", retry_after_s=10
        )
    try:
        found = receiver.recv()
    except (EOFError, OSError):  # killed by the system, or by the file, maybe in mid-answer
        return _damaged()
    if isinstance(found, dict):
        log.error("work on a document failed", extra={FACTS: found})
        return _damaged()
    return found


def _damaged() -> Problem:
    return Problem(422, "unreadable-document", "the document cannot be read: it is damaged.")
