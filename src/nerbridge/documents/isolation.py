"""Work on files of strangers in a process of its own: it may hang, crash or swell."""

from __future__ import annotations

import math
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any, ParamSpec, TypeVar, cast

from nerbridge.documents.limits import MAX_MEMORY_BYTES
from nerbridge.errors import NerbridgeError
from nerbridge.platforms import (
    kill_with_children,
    lead_process_group,
    limit_this_process,
    preload_in_processes,
    process_context,
)

P = ParamSpec("P")
Result = TypeVar("Result")

_PROCESSES: Any = process_context()
_LOADED_ONCE = ("nerbridge.documents.pdf", "nerbridge.documents")
"""For all processes, so that only the first has to wait for it."""
_STARTING = threading.Lock()
_is_isolated = False


class TookTooLong(Exception):
    """The work was not done in time, and its process was killed."""


class Failed(Exception):
    """The process died, or its work failed in a way that nobody expected.

    ``cause`` is the class of the exception, and empty where the process died without one.
    ``where`` are the places in the code that it came through. The words of the exception are left
    out, because they may quote the file.
    """

    def __init__(self, cause: str = "", where: tuple[str, ...] = ()) -> None:
        super().__init__(cause, where)
        self.cause, self.where = cause, where


def run_isolated(
    seconds: float, function: Callable[P, Result], *args: P.args, **options: P.kwargs
) -> Result:
    """Call a function of a module in a new process; inside of such a process, call it directly.

    Args:
        seconds: how long it may take; then it is killed.
        function: importable; its arguments and result can be pickled.
        args: its arguments.
        options: its named arguments.

    Raises:
        NerbridgeError: what the function raises of these.
        TookTooLong: it takes longer.
        Failed: it dies or fails otherwise.
    """
    # A daemon process may not start children, and this one is bounded already.
    if _is_isolated:
        return function(*args, **options)
    preload_in_processes(_PROCESSES, _LOADED_ONCE)
    receiver, sender = _PROCESSES.Pipe(duplex=False)
    # The system's limit of processor time counts whole seconds.
    call = (sender, math.ceil(seconds), function, args, options)
    process = _PROCESSES.Process(target=_call, args=call, daemon=True)
    with _nothing_of_the_user():
        process.start()
    # While this process holds the sending end, a dead child would never end the pipe.
    sender.close()
    try:
        found = _receive(receiver, seconds)
    finally:
        kill_with_children(process.pid)
        process.join()
        receiver.close()
        process.close()
    if isinstance(found, Exception):
        raise found
    return cast(Result, found[0])


@contextmanager
def _nothing_of_the_user() -> Iterator[None]:
    """Start processes that run neither the user's script nor modules of the current folder.

    Python would run a script without ``if __name__ == "__main__"`` once more in each new process,
    and would take a ``random.py`` of the current folder for its own.
    """
    # Both belong to the whole process, so threads must take turns.
    with _STARTING:
        main, safe = sys.modules["__main__"], os.environ.get("PYTHONSAFEPATH")
        sys.modules["__main__"] = ModuleType("__main__")
        os.environ["PYTHONSAFEPATH"] = "1"
        try:
            yield
        finally:
            sys.modules["__main__"] = main
            del os.environ["PYTHONSAFEPATH"]
            if safe is not None:
                os.environ["PYTHONSAFEPATH"] = safe


def _call(
    sender: Connection, seconds: int, function: Callable[..., Any], args: Any, options: Any
) -> None:
    """In the new process: bounds, then the work."""
    global _is_isolated
    _is_isolated = True
    lead_process_group()  # so that what it starts is killed with it
    # The time that the processor may take ends the work of a process whose parent is gone.
    limit_this_process(MAX_MEMORY_BYTES, cpu_seconds=seconds + 1)
    # What libraries say of a file may quote it.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        # The tuple tells a result from an error that is sent.
        sender.send((function(*args, **options),))
    except NerbridgeError as error:
        sender.send(error)
    except BaseException as error:  # it dies of it, and leaves what a log may say
        frames = traceback.extract_tb(error.__traceback__)
        where = tuple(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
        sender.send(Failed(type(error).__name__, where))
        raise


def _receive(receiver: Connection, seconds: float) -> Any:
    """The result as a tuple of one, or the error."""
    if not receiver.poll(seconds):
        return TookTooLong()
    try:
        return receiver.recv()
    except (EOFError, OSError):  # killed by the system, or by the file, maybe in mid-answer
        return Failed()
