"""What is to be tagged: files, addresses and standard input, checked before anything is read."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from nerbridge.batch.formats import (
    InputFormat,
    input_format_of,
    is_known_ending,
    refuse_compressed,
)
from nerbridge.batch.shards import PARTS_SUFFIX
from nerbridge.errors import InputError
from nerbridge.files import to_readable_name
from nerbridge.io.compressed import is_compressed, open_binary
from nerbridge.io.kinds import detect_binary, is_html, is_mail, kind_of_ending, refusal
from nerbridge.io.lines import decode_lines
from nerbridge.io.remote import Fetched, fetch, is_address
from nerbridge.text.counts import count_of

STDIN = "-"
Inputs = str | Path | Sequence[str | Path]
"""One input or several; ``-`` is standard input."""
_HEAD = 8192
_LONGEST_PATH = 255
_PARQUET = ("Parquet", InputFormat.PARQUET)
_PASSED_OVER = (".", "~$")
"""Hidden files, and those that Word and Excel lay beside a file while it is open."""
_EXPECTED = "text, a table (CSV, JSONL, Parquet), CoNLL, or a document (PDF, DOCX, HTML, mail)"


@dataclass(frozen=True)
class Source:
    """One input; ``given`` is as the user wrote it, ``-`` for standard input.

    ``notice`` is to be said when it is read. ``is_whole_page`` asks for all of a web page, not its
    main text alone. ``fetched`` is this machine's copy of what an address names.
    """

    given: str
    format: InputFormat
    notice: str | None = None
    is_whole_page: bool = False
    fetched: Fetched | None = None

    @property
    def name(self) -> str:
        """What results call it, fit for UTF-8 whatever the locale made of the file's name."""
        return to_readable_name(self.given)

    @property
    def is_stdin(self) -> bool:
        """Whether this is standard input."""
        return self.name == STDIN

    @property
    def is_compressed(self) -> bool:
        """Whether its ending says that it is a compressed file."""
        return is_compressed(self.path.name)

    @property
    def path(self) -> Path:
        """Where the file is on this machine; only of a source that is a file."""
        return Path(self.given) if self.fetched is None else self.fetched.place

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
            stream = open_binary(self.path, self.name)
        except OSError as error:
            raise InputError(_describe(self.name, error)) from error
        with stream:
            yield stream

    def lines(self, progress: Progress) -> Iterator[tuple[int, str]]:
        """Number (from 1) and text of every line, with its line break; see `decode_lines`.

        Raises:
            InputError: the file is binary, or a line is not UTF-8 (or UTF-16, as the mark says).
        """
        with self.open() as stream:
            parts = _count(stream, progress)
            yield from decode_lines(_refuse_binary(parts) if self.is_stdin else parts, self.name)


@dataclass
class Progress:
    """How far reading has come, and what it met that is worth telling, counted."""

    n_bytes: int = 0
    n_records: int = 0
    remarks: Counter[str] = field(default_factory=Counter)
    notices: list[str] = field(default_factory=list)

    def all_notices(self) -> list[str]:
        """A sentence for each thing to tell: what was left out, replaced or not read."""
        counts = [f"{remark}: {n:,}" for remark, n in self.remarks.items() if n]
        return [*([f"input: {'; '.join(counts)}"] if counts else []), *self.notices]


def _refuse_binary(parts: Iterator[bytes]) -> Iterator[bytes]:
    """What comes through a pipe, unless it is no text; files are looked at before."""
    first = next(parts, b"")
    if kind := detect_binary(io.BytesIO(first)):
        raise InputError(
            f"{refusal(kind, '-', 'text')} Through a pipe, a document needs --input-format "
            "document."
        )
    yield from chain([first] if first else [], parts)


def _count(stream: BinaryIO, progress: Progress) -> Iterator[bytes]:
    for data in stream:
        progress.n_bytes += len(data)
        yield data


def list_inputs(inputs: Inputs) -> list[str]:
    """The inputs as they were given."""
    return [str(name) for name in ([inputs] if isinstance(inputs, (str, Path)) else inputs)]


def find_sources(
    inputs: Inputs, format: InputFormat | None = None, *, output: Path | None = None
) -> list[Source]:
    """The inputs in the order given, each checked to be there and to be readable.

    Of a folder, the files in it and in its folders are taken, in the order of their paths. Of a
    remote folder, the files right below it are taken.

    Args:
        inputs: paths and addresses; ``-`` is standard input.
        format: of every input; if None the suffix tells (unknown suffixes and standard input:
            ``text``, unless the file begins as a document does).
        output: a file or folder to be written, which is no input where it lies in one.

    Raises:
        InputError: an input is missing, is named twice, is of a kind that is never read, or is a
            compressed document; a folder holds no file that can be read.
        EnvironmentProblem: an address cannot be reached.
    """
    seen: dict[object, str] = {}
    sources = []
    for source, is_named in _expand(list_inputs(inputs), format, output):
        name = source.name
        key: object = STDIN if source.is_stdin else _identity(source)
        if key in seen and not is_named:  # a link to a file that is taken already
            continue
        if key in seen:
            raise InputError(
                f"{name}: named twice (before as {seen[key]}); expected every input once. "
                "Leave one of them out."
            )
        seen[key] = name
        if not source.is_stdin and source.path.is_file():
            source = _check_content(source, is_said=format is not None)
        refuse_compressed(name, source.format)
        sources.append(source)
    return sources


def _expand(
    inputs: Sequence[str], format: InputFormat | None, output: Path | None
) -> Iterator[tuple[Source, bool]]:
    """A source for every file, and whether the user named it; else it was found in a folder.

    The format is that of the ending, unless it is said.
    """
    for name in inputs:
        if is_address(name):
            yield from _fetch_sources(name, format)
            continue
        if name != STDIN and _is_folder(name):
            files, notice = _files_in(Path(name), output, takes_all=format is not None)
            for path in files:
                yield Source(str(path), format or input_format_of(str(path)), notice), False
                # Said once, with the first file of the folder.
                notice = None
            continue
        if format is None and (kind := kind_of_ending(name)) is not None:
            _identity(Source(name, InputFormat.TEXT))  # that there is no such file comes first
            raise InputError(refusal(kind, name, _EXPECTED))
        yield Source(name, format or input_format_of(name)), True


def _fetch_sources(address: str, format: InputFormat | None) -> Iterator[tuple[Source, bool]]:
    """The sources of an address: a file, or the files right below a folder."""
    fetched = fetch(address, lambda name: format is not None or is_known_ending(name))
    if not fetched.place.is_dir():
        name = fetched.place.name
        yield Source(address, format or input_format_of(name), fetched=fetched), True
        return
    names = sorted(path.name for path in fetched.place.iterdir() if path.is_file())
    if not names:
        raise InputError(
            f"{address}: a folder without a file that can be read; expected {_EXPECTED}. Name a "
            "file in it."
        )
    for name in names:
        given, inside = f"{address.rstrip('/')}/{name}", fetched.inside(name)
        yield Source(given, format or input_format_of(name), fetched=inside), False


def _files_in(
    folder: Path, output: Path | None, *, takes_all: bool
) -> tuple[list[Path], str | None]:
    """The files of a folder that can be read, and what is to be said of the others.

    Raises:
        InputError: none can be read, or the folder cannot.
    """
    taken, left_out = [], Counter[str]()
    written = None if output is None else output.resolve()
    for path in _walk(folder):
        if written is not None and path.resolve().is_relative_to(written):
            continue
        if is_known_ending(path.name) or (takes_all and kind_of_ending(path.name) is None):
            taken.append(path)
        else:
            left_out[path.suffix.lower() or "(no ending)"] += 1
    endings = ", ".join(f"{ending} ({n:,})" for ending, n in left_out.most_common())
    if not taken:
        raise InputError(
            f"{folder}: a folder without a file that can be read (it holds {endings or 'nothing'})"
            f"; expected {_EXPECTED}. If these are text: --input-format text."
        )
    notice = f"{folder}: left out {count_of(left_out.total(), 'file')}: {endings}"
    return taken, notice if left_out else None


def _walk(folder: Path) -> Iterator[Path]:
    """Files in order; hidden ones, locks and the shards of unfinished jobs are passed over."""

    def refuse(error: OSError) -> None:
        raise InputError(_describe(str(error.filename), error)) from error

    for root, folders, files in os.walk(folder, onerror=refuse):
        # In place, because ``os.walk`` goes into the folders that are left in this list.
        folders[:] = sorted(
            n for n in folders if not n.startswith(".") and not n.endswith(PARTS_SUFFIX)
        )
        yield from (Path(root, name) for name in sorted(files) if not name.startswith(_PASSED_OVER))


def _check_content(source: Source, *, is_said: bool) -> Source:
    """The source, as a document if it begins as one does and nothing says otherwise.

    Raises:
        InputError: the content is of a kind that cannot be read as the format.
    """
    with source.open() as stream:
        head = stream.read(_HEAD)
        kind = detect_binary(io.BytesIO(head) if source.is_compressed else stream)
    is_text = source.format is InputFormat.TEXT and not is_said
    if source.format is InputFormat.DOCUMENT or (kind, source.format) == _PARQUET:
        return source
    if is_text and (kind in ("PDF", "DOCX") or is_mail(head) or is_html(head)):
        return replace(source, format=InputFormat.DOCUMENT)
    if kind is not None:
        raise InputError(refusal(kind, source.name, _EXPECTED))
    return source


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


def _identity(source: Source) -> object:
    """What two names of one file share: device and inode, or the address."""
    if source.fetched is not None:
        return source.given
    try:
        status = source.path.stat()
    except OSError as error:
        raise InputError(_describe(source.name, error)) from error
    return status.st_dev, status.st_ino


def _is_folder(name: str) -> bool:
    try:
        return Path(name).is_dir()
    except OSError as error:  # a text in place of a file is too long for a name
        raise InputError(_describe(name, error)) from error


def _shortened(name: str) -> str:
    """A path whole; of a text in place of a path the beginning."""
    return name if len(name) <= _LONGEST_PATH else f"{name[:80]} …"


def _describe(name: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) or error.errno == errno.ENAMETOOLONG:
        hint = ""
        if " " in name:  # it may be a text that somebody wants to tag
            hint = " To tag a text itself: echo TEXT | nerbridge tag -"
        elif name.startswith("hub:"):
            hint = " A file of the hub is named by its path: hf://datasets/OWNER/NAME/FILE"
        return (
            f"{_shortened(name)}: no such file; expected a file to tag. Check the spelling and the "
            f"folder.{hint}"
        )
    return (
        f"{name}: cannot be read ({error.strerror}); expected a readable file. "
        "Check its permissions."
    )


def _describe_input(source: Source) -> Mapping[str, Any]:
    if source.is_stdin or source.fetched is not None:  # a copy is always new
        return {"path": source.name, "n_bytes": None, "modified": None}
    status = source.path.stat()
    modified = datetime.fromtimestamp(status.st_mtime, UTC).isoformat(timespec="seconds")
    return {"path": source.name, "n_bytes": status.st_size, "modified": modified}
