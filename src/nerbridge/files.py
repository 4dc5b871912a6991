"""Files written whole or not at all: a reader sees the old one or the new one."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nerbridge.errors import EnvironmentProblem, InputError, RunError
from nerbridge.platforms import is_device_name

WRITING = ".writing"
"""Ending of the name of a temporary file while it is written. The name begins with a dot."""

_ADDRESS = re.compile(r"(file|gcs|gs|hf|https?|memory|s3a?):/+")
_MAX_NAME_BYTES = 255
"""Longest file name in most file systems. An Assamese letter takes three bytes."""
_STANDARD = [("dev", name) for name in ("stdin", "stdout", "stderr", "fd")]


def write_whole(path: Path, fill: Callable[[Path], object]) -> None:
    """Let ``fill`` write a temporary file next to ``path``, then rename it to ``path``.

    Missing folders are created. An earlier file stays until the new one is safely on disk. For a
    link, the file that it points to is replaced.

    Raises:
        InputError: there is a device or a pipe at ``path``.
        EnvironmentProblem: the disk is full or the folder cannot be written.
    """
    temporary: Path | None = None
    try:
        refuse_address(path)
        _refuse_device(path)
        path = Path(os.path.realpath(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(WRITING, ".", path.parent)
        os.close(handle)
        temporary = Path(name)
        fill(temporary)
        # Renaming before the data are on disk could leave an empty file after a power failure.
        with temporary.open("rb+") as written:  # fsync on Windows needs a writable file
            os.fsync(written.fileno())
        temporary.chmod(default_mode())  # mkstemp lets only the owner read
        temporary.replace(path)
    except OSError as error:
        raise EnvironmentProblem(
            f"{path}: not written ({error.strerror or error}). An earlier file is unchanged. "
            "Free some disk space, or choose a writable folder."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def refuse_address(path: Path) -> None:
    """Check that a path to write is not an address.

    Raises:
        InputError: the path begins with a protocol.

    >>> refuse_address(Path("out.jsonl"))
    """
    # A path of an address has lost one of its two slashes.
    if found := _ADDRESS.match(path.as_posix()):
        raise InputError(
            f"{found[1]}://{path.as_posix()[found.end() :]}: an address; expected a file on this "
            "machine, because nothing is written to remote places. Write a local file, then copy "
            "it there."
        )


def _refuse_device(path: Path) -> None:
    """Of ``/dev/stdout`` too that leads to a file: what is in it stays, with what others write."""
    is_standard = path.parts[1:2] == ("proc",) or path.parts[1:3] in _STANDARD
    if (
        is_standard
        or is_device_name(path)
        or (path.exists() and not (path.is_file() or path.is_dir()))
    ):
        raise InputError(
            f"{path}: a device or a pipe was found; expected a file. Name a file, or leave the "
            "name out where the command can print."
        )


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, whole or not at all.

    Raises:
        EnvironmentProblem: the disk is full or the folder cannot be written.
        UnicodeEncodeError: the text holds lone surrogates.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data``, whole or not at all.

    Raises:
        EnvironmentProblem: the disk is full or the folder cannot be written.
    """
    write_whole(path, lambda temporary: temporary.write_bytes(data))


@contextmanager
def locked(folder: Path, output: Path) -> Iterator[None]:
    """Keep other processes out while the block runs; a killed process leaves no lock behind.

    Args:
        folder: is there; the lock is a file in it.
        output: what the error calls the place.

    Raises:
        RunError: another process works in the folder.
    """
    import filelock

    try:
        with filelock.FileLock(folder / ".lock", timeout=0):
            yield
    except filelock.Timeout:
        raise RunError(
            f"{output}: another nerbridge is working in this folder. Wait for it, or give another "
            "--output."
        ) from None


def sibling(path: Path, prefix: str, suffix: str) -> Path:
    """A path beside another, of the same name in between; of a long name a hash.

    >>> sibling(Path("runs/out.jsonl"), "", ".parts").name
    'out.jsonl.parts'
    """
    name = f"{prefix}{path.name}{suffix}"
    if len(os.fsencode(name)) > _MAX_NAME_BYTES:
        name = f"{prefix}{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}{suffix}"
    return path.with_name(name)


def hash_file(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def to_readable_name(name: str) -> str:
    """The name of a file as text that can be written as UTF-8.

    Python keeps the bytes of a name that the locale cannot decode as halves of characters.

    >>> to_readable_name("letter.txt")
    'letter.txt'
    """
    return name if _is_text(name) else os.fsencode(name).decode("utf-8", "replace")


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def default_mode() -> int:
    """The permissions of a new file. The process's umask can only be read by setting it."""
    umask = os.umask(0o022)
    os.umask(umask)
    return 0o666 & ~umask
