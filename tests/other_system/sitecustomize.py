"""Makes this Python lack what another operating system lacks.

Python imports a module of this name when it starts, in every child process too, if its folder is in
``PYTHONPATH``. ``OTHER_SYSTEM`` names what is missing: modules (``fcntl``), names of modules
(``os.fork``), and habits of Windows (``fsync``, ``open files``, ``symlinks``, ``permissions``).
"""

from __future__ import annotations

import builtins
import errno
import importlib
import io
import os
import sys
from collections.abc import Callable
from typing import Any


def is_open(path: Any) -> bool:
    """Whether this process holds a file open: Windows neither renames over it nor removes it."""
    wanted = os.path.realpath(path)
    for number in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{number}") == wanted:
                return True
        except OSError:
            continue
    return False


def refuse_open_files() -> None:
    """Let no file be renamed, replaced or removed while this process has it open."""

    def guard(name: str, *, n_paths: int) -> None:
        original = getattr(os, name)

        def guarded(*paths: Any, **options: Any) -> Any:
            for path in paths[:n_paths]:
                if not options and is_open(path):
                    raise PermissionError(errno.EACCES, "The process cannot access the file", path)
            return original(*paths, **options)

        setattr(os, name, guarded)

    for name, n_paths in (("rename", 2), ("replace", 2), ("remove", 1), ("unlink", 1)):
        guard(name, n_paths=n_paths)


def refuse_to_flush_what_is_read() -> None:
    """Flush files that are open for writing only, and no folders."""
    import fcntl

    original = os.fsync

    def fsync(file: Any) -> None:
        number = file if isinstance(file, int) else file.fileno()
        if fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        original(number)

    os.fsync = fsync


def refuse_symlinks() -> None:
    """Let nobody make a link, as for users of Windows without that right."""

    def symlink(*paths: Any, **options: Any) -> None:
        raise OSError(errno.EPERM, "A required privilege is not held by the client", *paths[:1])

    os.symlink = symlink


def ignore_permissions() -> None:
    """Windows knows read-only files alone."""
    os.chmod = lambda *arguments, **options: None


def hide_proc() -> None:
    """Let no file below /proc be opened."""

    def hide(original: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(file: Any, *arguments: Any, **options: Any) -> Any:
            if isinstance(file, str | os.PathLike) and os.fspath(file).startswith("/proc/"):
                raise FileNotFoundError(errno.ENOENT, "No such file or directory", file)
            return original(file, *arguments, **options)

        return guarded

    io.open = builtins.open = hide(builtins.open)


HABITS = {
    "fsync": refuse_to_flush_what_is_read,
    "open files": refuse_open_files,
    "permissions": ignore_permissions,
    "proc": hide_proc,
    "symlinks": refuse_symlinks,
}


def remove(name: str) -> None:
    """Take away one thing."""
    if name in HABITS:
        HABITS[name]()
        return
    module, _, attribute = name.partition(".")
    if attribute:
        delattr(importlib.import_module(module), attribute)
    else:
        sys.modules[module] = None  # type: ignore[assignment]


# Habits first: the original functions need modules that are removed below.
missing = [name for name in os.environ.get("OTHER_SYSTEM", "").split(",") if name]
for name in sorted(missing, key=lambda name: name not in HABITS):
    remove(name)
