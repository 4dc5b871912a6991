"""Lines of a source, with how far reading has come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from nerbridge.batch.sources import Progress, Source
from nerbridge.io.lines import decode_lines


def read_lines(source: Source, progress: Progress) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of every line, with its line break; see `decode_lines`.

    Raises:
        InputError: the file is binary, or a line is not UTF-8 (or UTF-16, as the mark says).
    """
    with source.open() as stream:
        yield from decode_lines(_count(stream, progress), source.name)


def _count(stream: BinaryIO, progress: Progress) -> Iterator[bytes]:
    for data in stream:
        progress.n_bytes += len(data)
        yield data
