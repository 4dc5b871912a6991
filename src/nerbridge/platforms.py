"""What differs between Linux, macOS and Windows; nothing else here asks which system it is on.

What a system lacks is replaced where it is needed, and left out where it only protects or speeds
up.
"""

from __future__ import annotations

import importlib
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PureWindowsPath
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

IS_WINDOWS = sys.platform == "win32"


def n_usable_cores() -> int:
    """Processor cores that this process may use, or as many as there are where nobody says."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def call_in_forked_children(function: Callable[[], object]) -> None:
    """Have ``function`` called in every process that is forked from this one."""
    register = getattr(os, "register_at_fork", None)
    if register:
        register(after_in_child=function)


def peak_resident_bytes() -> int:
    """Most memory that this process has held at a time; 0 where neither system nor psutil says."""
    if resource := _resource():
        # macOS counts in bytes, Linux in KiB.
        unit = 1 if sys.platform == "darwin" else 1024
        return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * unit
    with suppress(ModuleNotFoundError):
        facts = importlib.import_module("psutil").Process().memory_info()
        return int(getattr(facts, "peak_wset", facts.rss))
    return 0


def limit_this_process(memory_bytes: int, cpu_seconds: int | None = None) -> None:
    """Hold this process to its memory and time, and keep it from dumping its memory to disk.

    Windows has no such limits; macOS takes some of them only.
    """
    _set_limit("RLIMIT_AS", memory_bytes)
    _set_limit("RLIMIT_CORE", 0)
    if cpu_seconds is not None:
        _set_limit("RLIMIT_CPU", cpu_seconds)


def allow_many_open_files() -> None:
    """Raise the number of open files, and so of connections, to the most that is allowed."""
    if resource := _resource():
        _set_limit("RLIMIT_NOFILE", resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def _set_limit(name: str, bound: int) -> None:
    resource = _resource()
    if resource is None or not hasattr(resource, name):
        return
    which = getattr(resource, name)
    with suppress(ValueError, OSError):  # macOS refuses some limits that it has names for
        # Only the soft limit: a lower hard limit could not be raised again.
        resource.setrlimit(which, (bound, resource.getrlimit(which)[1]))


def _resource() -> Any:
    return _module("resource")


def _module(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


def process_context() -> BaseContext:
    """How processes are started: from a small server where there is one, else from nothing."""
    import multiprocessing

    # Not by fork: it copies locks that other threads hold, and the child would hang.
    return multiprocessing.get_context("forkserver" if hasattr(os, "fork") else "spawn")


def preload_in_processes(context: BaseContext, modules: Sequence[str]) -> None:
    """Have modules loaded once for all processes of a context, where it can do that."""
    if context.get_start_method() == "forkserver":
        context.set_forkserver_preload(list(modules))


def lead_process_group() -> None:
    """Let `kill_with_children` reach what this process will start."""
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)


def kill_with_children(pid: int) -> None:
    """Kill a process that leads its group and what it started, if they are still there."""
    if IS_WINDOWS:
        command = ["taskkill", "/F", "/T", "/PID", str(pid)]
        subprocess.run(command, capture_output=True, check=False)
        return
    killed = getattr(signal, "SIGKILL", signal.SIGTERM)
    # A process killed right after its start may not lead its group yet.
    for kill in (getattr(os, "killpg", os.kill), os.kill):
        with suppress(ProcessLookupError, PermissionError):  # macOS: of a zombie
            kill(pid, killed)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Let Ctrl-C wait while the block runs, where the system can.

    Processes that are started in the block never get it.
    """
    mask = getattr(signal, "pthread_sigmask", None)
    if mask is None:
        yield
        return
    # A new process inherits the mask.
    held = mask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        mask(signal.SIG_SETMASK, held)


def claim_address(bound: socket.socket) -> None:
    """Let a port be taken again at once after its server ended, but never from a living one."""
    # Windows would share a port that another program listens on.
    exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
    bound.setsockopt(socket.SOL_SOCKET, exclusive or socket.SO_REUSEADDR, 1)


def has_processor_flag(flag: str) -> bool | None:
    """Whether the processor has an instruction set; None where the system does not say."""
    try:
        facts = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return flag in facts


def is_device_name(path: Path) -> bool:
    """Whether a file of that name would be a device, such as ``NUL`` on Windows.

    >>> is_device_name(Path("aux.conll")) == IS_WINDOWS
    True
    """
    return IS_WINDOWS and PureWindowsPath(path.name).is_reserved()


def quote_command(words: Sequence[str]) -> str:
    """A command as it is typed into the system's shell.

    >>> quote_command(["nerbridge", "tag", "letter.txt"])
    'nerbridge tag letter.txt'
    """
    return subprocess.list2cmdline(words) if IS_WINDOWS else shlex.join(words)
