"""Iterate over the numbered lines of a text in UTF-8, or in UTF-16 with a byte order mark."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain, count

from nerbridge.errors import InputError

BYTE_ORDER_MARK = "\ufeff"
_DOUBLED = "\r\r\n"
"""Python's `csv` on Windows writes it, into a file that was opened without ``newline=""``."""
_LINE = re.compile(r"[^\r\n]*(?:\r?\r?\n|\r)|[^\r\n]+")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decode_lines(parts: Iterable[bytes], name: str) -> Iterator[tuple[int, str]]:
    r"""Number (from 1) and text of every line, with its line break.

    Lines end with ``\n``, ``\r\n``, ``\r\r\n`` or, as on old Macs, ``\r``. A byte order mark at the
    start is dropped.

    Args:
        parts: the bytes, divided after each ``\n``, as iterating over a binary file gives them.
        name: the name of the file in messages.

    Raises:
        InputError: the file is binary, or a line is not UTF-8 (or UTF-16, as the mark says).

    >>> [*decode_lines([b"a\r", b"b\n"], "x.txt")]
    [(1, 'a\r'), (2, 'b\n')]
    """
    iterator = iter(parts)
    first = next(iterator, b"")
    parts = chain([first] if first else [], iterator)
    decode = _decode_utf16 if first.startswith(_UTF16_MARKS) else _decode_utf8
    n_lines = count(1)
    for line in decode(parts, name):
        for piece in split_lines(line):
            number = next(n_lines)
            yield number, piece.removeprefix(BYTE_ORDER_MARK) if number == 1 else piece


def split_lines(text: str) -> Iterable[str]:
    r"""The lines of a text, each with its line break: ``\n``, ``\r\n``, ``\r\r\n`` or ``\r``.

    >>> [*split_lines("a\r\nb\rc\r\r\nd")]
    ['a\r\n', 'b\r', 'c\r\r\n', 'd']
    """
    # The pattern is slow, so it reads only files with the doubled break, which `io` cannot read.
    if _DOUBLED in text:
        return (match[0] for match in _LINE.finditer(text))
    return io.StringIO(text, newline="")


def _decode_utf8(parts: Iterable[bytes], name: str) -> Iterator[str]:
    n_lines = 1
    for data in parts:
        try:
            line = data.decode("utf-8")
        except UnicodeDecodeError as error:
            place = f"{name}:{n_lines + _count_lines(data[: error.start])}"
            raise InputError(
                f"{place}: byte 0x{data[error.start]:02x} is not UTF-8 ({error.reason}); expected "
                "UTF-8 text. Convert it first, for example with iconv. If it is the last line, the "
                "file was cut: download it again."
            ) from error
        if "\0" in line:
            place = f"{name}:{n_lines + _count_lines(data[: data.index(0)])}"
            raise InputError(
                f"{place}: a NUL byte, so this is a binary file or UTF-16 without a byte order "
                "mark; expected UTF-8 text. Export it as UTF-8 text."
            )
        yield line
        n_lines += _count_lines(data)


def _count_lines(data: bytes) -> int:
    returns = data.count(b"\r") - data.count(b"\r\n") - data.count(b"\r\r\n")
    return data.count(b"\n") + returns


def _decode_utf16(parts: Iterable[bytes], name: str) -> Iterator[str]:
    """The lines. ``parts`` end at any byte 0x0a, which may be half a character of UTF-16."""
    decoder = codecs.getincrementaldecoder("utf-16")()
    number, pieces = 1, list[str]()
    for data in chain(parts, [b""]):
        try:
            piece = decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            raise InputError(
                f"{name}:{number}: the file is marked as UTF-16 but is not ({error.reason}). Save "
                "it as UTF-8 text. If it is the last line, the file was cut: download it again."
            ) from error
        if "\0" in piece:
            raise InputError(
                f"{name}:{number}: a NUL character, so this is a binary file; expected text. "
                "Export it as UTF-8 text."
            )
        while "\n" in piece:
            end, _, piece = piece.partition("\n")
            yield "".join([*pieces, end, "\n"])
            number, pieces = number + 1, []
        pieces.append(piece)
    if rest := "".join(pieces):
        yield rest
