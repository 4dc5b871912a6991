"""Lines of UTF-8 text, one at a time, each with its number."""

from __future__ import annotations

from collections.abc import Iterator

from nerbridge.batch.sources import Progress, Source
from nerbridge.errors import InputError

BYTE_ORDER_MARK = "\ufeff"


def read_lines(source: Source, progress: Progress) -> Iterator[tuple[int, str]]:
    r"""Number (from 1) and text of every line, with its line break; lines end at ``\n`` alone.

    A byte order mark at the start is dropped.

    Raises:
        InputError: the file is binary, or a line is not UTF-8.
    """
    with source.open() as stream:
        for number, data in enumerate(stream, start=1):
            progress.n_bytes += len(data)
            line = _decode(data, f"{source.name}:{number}")
            yield number, line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line


def _decode(data: bytes, place: str) -> str:
    if b"\0" in data:
        raise InputError(
            f"{place}: a NUL byte, so this is a binary or UTF-16 file; expected UTF-8 text. "
            "Export it as UTF-8 text."
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{place}: byte 0x{data[error.start]:02x} is not UTF-8 ({error.reason}); expected "
            "UTF-8 text. Convert it first, for example with iconv; if it is the last line, the "
            "file was cut: fetch it again."
        ) from error
