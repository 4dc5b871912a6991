"""Lines of text in UTF-8, or in UTF-16 with its mark, one at a time, each with its number."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

from nerbridge.batch.sources import Progress, Source
from nerbridge.errors import InputError

BYTE_ORDER_MARK = "\ufeff"
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_lines(source: Source, progress: Progress) -> Iterator[tuple[int, str]]:
    r"""Number (from 1) and text of every line, with its line break; lines end at ``\n`` alone.

    A byte order mark at the start is dropped.

    Raises:
        InputError: the file is binary, or a line is not UTF-8 (or UTF-16, as the mark says).
    """
    with source.open() as stream:
        parts = _count(stream, progress)
        for number, data in enumerate(parts, start=1):
            if number == 1 and data.startswith(_UTF16_MARKS):
                yield from _read_utf16(chain([data], parts), source.name)
                return
            line = _decode(data, f"{source.name}:{number}")
            yield number, line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line


def _count(stream: BinaryIO, progress: Progress) -> Iterator[bytes]:
    for data in stream:
        progress.n_bytes += len(data)
        yield data


def _read_utf16(parts: Iterable[bytes], name: str) -> Iterator[tuple[int, str]]:
    """The lines; ``parts`` end at any byte 0x0a, which may be half a letter."""
    decoder = codecs.getincrementaldecoder("utf-16")()
    number, pieces = 1, list[str]()
    for data in chain(parts, [b""]):
        try:
            piece = decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            raise InputError(
                f"{name}:{number}: not UTF-16, as which the file is marked ({error.reason}). Save "
                "it as UTF-8 text; if it is the last line, the file was cut: fetch it again."
            ) from error
        if "\0" in piece:
            raise InputError(
                f"{name}:{number}: a NUL character, so this is a binary file; expected text. "
                "Export it as UTF-8 text."
            )
        while "\n" in piece:
            end, _, piece = piece.partition("\n")
            yield number, "".join([*pieces, end, "\n"])
            number, pieces = number + 1, []
        pieces.append(piece)
    if rest := "".join(pieces):
        yield number, rest


def _decode(data: bytes, place: str) -> str:
    if b"\0" in data:
        raise InputError(
            f"{place}: a NUL byte, so this is a binary file, or UTF-16 without its mark; expected "
            "UTF-8 text. Export it as UTF-8 text."
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{place}: byte 0x{data[error.start]:02x} is not UTF-8 ({error.reason}); expected "
            "UTF-8 text. Convert it first, for example with iconv; if it is the last line, the "
            "file was cut: fetch it again."
        ) from error
