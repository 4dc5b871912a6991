"""Text files in and out: UTF-8 or a clear error in, whole files or nothing out."""

from __future__ import annotations

import io
from pathlib import Path

from nerbridge.errors import CorpusError, InputError
from nerbridge.files import write_bytes
from nerbridge.io.compressed import name_of_content, open_binary
from nerbridge.io.kinds import kind_of, refusal
from nerbridge.io.lines import BYTE_ORDER_MARK, decode_lines

_ENDINGS = {".parquet": "Parquet"}
_HEAD = 8192


def read_text(path: Path) -> str:
    """Text of a file in UTF-8, or in UTF-16 with its mark; without the mark, line ends as they are.

    Raises:
        CorpusError: missing, a folder, empty, binary or in another encoding.
    """
    try:
        lines = decode_lines(io.BytesIO(read_bytes(path)), str(path))
        text = "".join(line for _, line in lines)
    except CorpusError:
        raise
    except InputError as error:
        raise CorpusError(str(error)) from error
    if not text.strip():
        raise CorpusError(f"{path}: the file is blank; expected labelled sentences. {_REMEDY}")
    return text


def read_bytes(path: Path) -> bytes:
    """Bytes of a file that exists, is a file and is not empty.

    Raises:
        CorpusError: missing, a folder, not readable, or empty.
    """
    check_file(path)
    with open_binary(path) as stream:
        return stream.read()


def check_file(path: Path) -> None:
    """Check that a file can be read at all.

    Raises:
        CorpusError: missing, a folder, not readable, or empty.
    """
    content = Path(name_of_content(str(path)))
    if path.is_dir():
        raise CorpusError(f"{path}: a folder was found, expected a file. Name a file inside it.")
    try:
        with open_binary(path) as stream:
            head = stream.read(_HEAD)
            # A compressed file cannot be searched from its end, so its first bytes must suffice.
            kind = kind_of(stream if stream.seekable() else io.BytesIO(head), content.name)
    except FileNotFoundError as error:
        raise CorpusError(f"{path}: no such file; expected a text file. Check the path.") from error
    except OSError as error:
        raise CorpusError(
            f"{path}: cannot be read ({error.strerror}); expected a readable file. "
            "Check its permissions."
        ) from error
    if kind is not None and kind != _ENDINGS.get(path.suffix.lower()):
        raise CorpusError(refusal(kind, str(path), "labelled sentences as text or Parquet"))
    if not head:
        raise CorpusError(
            f"{path}: the file is empty (0 bytes); expected labelled sentences. {_REMEDY}"
        )


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, whole or not at all.

    Raises:
        CorpusError: the text holds lone surrogates, which UTF-8 cannot hold.
        EnvironmentProblem: the disk is full or the folder cannot be written.
    """
    if text.startswith(BYTE_ORDER_MARK):
        # Readers drop one mark at the start of a file; this one belongs to the first word.
        text = BYTE_ORDER_MARK + text
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CorpusError(
            f"{path}: not written: {text[error.start]!r} is half a character (a lone surrogate), "
            "which UTF-8 cannot hold. Fix the word at its source."
        ) from error
    write_bytes(path, data)


_REMEDY = "Check that it was exported or copied completely."
