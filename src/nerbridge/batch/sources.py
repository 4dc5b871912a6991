"""What is to be tagged: named files and standard input, checked before anything is read."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from nerbridge.batch.compressed import is_compressed, open_compressed
from nerbridge.batch.formats import (
    InputFormat,
    input_format_of,
    is_document,
    refuse_compressed,
)
from nerbridge.errors import InputError

STDIN = "-"


@dataclass(frozen=True)
class Source:
    """One input; ``name`` is as the user wrote it, ``-`` for standard input."""

    name: str
    format: InputFormat

    @property
    def is_stdin(self) -> bool:
        """Whether this is standard input."""
        return self.name == STDIN

    @property
    def is_compressed(self) -> bool:
        """Whether its ending says that it is a compressed file."""
        return is_compressed(self.name)

    @property
    def path(self) -> Path:
        """Where the file is; only of a source that is a file."""
        return Path(self.name)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The bytes of the source, unpacked if it is compressed.

        Raises:
            InputError: it cannot be read.
        """
        if self.is_stdin:
            yield sys.stdin.buffer
            return
        try:
            stream = open_compressed(self.path) if self.is_compressed else self.path.open("rb")
        except OSError as error:
            raise InputError(_describe(self.name, error)) from error
        with stream:
            yield stream


@dataclass
class Progress:
    """How far reading has come, and what it met that is worth telling, counted."""

    n_bytes: int = 0
    n_records: int = 0
    remarks: Counter[str] = field(default_factory=Counter)
    notices: list[str] = field(default_factory=list)


def find_sources(inputs: Sequence[str], format: InputFormat | None = None) -> list[Source]:
    """The inputs in the order given, each checked to be there.

    Args:
        inputs: paths; ``-`` is standard input.
        format: of every input; if None the suffix tells (unknown suffixes and standard input:
            ``text``, unless the file begins as a document does).

    Raises:
        InputError: an input is missing, is a folder, is named twice, or is a compressed document.
    """
    seen: dict[object, str] = {}
    sources = []
    for name in inputs:
        source = Source(name, format or input_format_of(name))
        key: object = STDIN if source.is_stdin else _identity(source)
        if key in seen:
            raise InputError(
                f"{name}: named twice (before as {seen[key]}); expected every input once. "
                "Leave one of them out."
            )
        seen[key] = name
        if format is None and source.format is InputFormat.TEXT and _begins_as_document(source):
            source = Source(name, InputFormat.DOCUMENT)
        refuse_compressed(name, source.format)
        sources.append(source)
    return sources


def refuse_own_output(sources: Sequence[Source], output: Path) -> None:
    """Refuse to write over what is read.

    Raises:
        InputError: the output is one of the inputs.
    """
    for source in sources:
        if not source.is_stdin and output.exists() and source.path.samefile(output):
            raise InputError(
                f"--output {output}: this is the input {source.name}. Name another file."
            )


def total_bytes(sources: Sequence[Source]) -> int | None:
    """Size of all files; None if it cannot be known (standard input, a pipe, a compressed file)."""
    if any(s.is_stdin or s.is_compressed or not s.path.is_file() for s in sources):
        return None
    return sum(source.path.stat().st_size for source in sources)


def describe_inputs(sources: Sequence[Source]) -> list[Mapping[str, Any]]:
    """Path, size and time of each input, as a job remembers them."""
    return [_describe_input(source) for source in sources]


def _begins_as_document(source: Source) -> bool:
    if source.is_stdin or not source.path.is_file():
        return False
    with source.open() as stream:
        return is_document(stream.read(8))


def _identity(source: Source) -> tuple[int, int]:
    """What two names of one file share (device and inode)."""
    try:
        status = source.path.stat()
    except OSError as error:
        raise InputError(_describe(source.name, error)) from error
    if source.path.is_dir():
        raise InputError(
            f"{source.name}: a folder was found, expected a file. Name the files inside it, such "
            f"as {source.name.rstrip('/')}/*.txt"
        )
    return status.st_dev, status.st_ino


def _describe(name: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{name}: no such file; expected a file to tag. Check the spelling and the folder."
    return (
        f"{name}: cannot be read ({error.strerror}); expected a readable file. "
        "Check its permissions."
    )


def _describe_input(source: Source) -> Mapping[str, Any]:
    if source.is_stdin:
        return {"path": source.name, "n_bytes": None, "modified": None}
    status = source.path.stat()
    modified = datetime.fromtimestamp(status.st_mtime, UTC).isoformat(timespec="seconds")
    return {"path": source.name, "n_bytes": status.st_size, "modified": modified}
