"""Lines of a source, with how far reading has come."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from nerbridge.batch.sources import Progress, Source
from nerbridge.errors import InputError
from nerbridge.io.kinds import detect_binary, refusal
from nerbridge.io.lines import decode_lines


def read_lines(source: Source, progress: Progress) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of every line, with its line break; see `decode_lines`.

    Raises:
        InputError: the file is binary, or a line is not UTF-8 (or UTF-16, as the mark says).
    """
    with source.open() as stream:
        parts = _count(stream, progress)
        yield from decode_lines(_refuse_binary(parts) if source.is_stdin else parts, source.name)


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
