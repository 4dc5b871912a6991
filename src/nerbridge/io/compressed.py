"""Read compressed files as their content."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from nerbridge.errors import InputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_OPENERS: dict[str, Callable[[Path], io.BufferedIOBase]] = {
    ".gz": gzip.GzipFile,
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".zst": zstd.ZstdFile,
}
_BUFFER = 1 << 16


def is_compressed(name: str) -> bool:
    """Whether the ending of a file is that of a compressed file.

    >>> is_compressed("as.txt.XZ"), is_compressed("as.txt")
    (True, False)
    """
    return Path(name).suffix.lower() in _OPENERS


def name_of_content(name: str) -> str:
    """The name without the ending of its compression.

    >>> name_of_content("news.jsonl.gz"), name_of_content("news.jsonl")
    ('news.jsonl', 'news.jsonl')
    """
    return str(Path(name).with_suffix("")) if is_compressed(name) else name


def open_binary(path: Path, name: str | None = None) -> BinaryIO:
    """The bytes of a file; of a compressed file the bytes of its content.

    Args:
        path: the file; its ending says whether it is compressed.
        name: the name of the file in messages; None is its path.

    Raises:
        OSError: it cannot be opened.
        InputError: while it is read: the compressed data is damaged or cut.
    """
    opener = _OPENERS.get(path.suffix.lower())
    if opener is None:
        return path.open("rb")
    return io.BufferedReader(_Checked(opener(path), name or str(path), path.suffix), _BUFFER)


class _Checked(io.RawIOBase):
    """A stream that raises an error with the name of the file if its data are damaged."""

    def __init__(self, stream: io.BufferedIOBase, name: str, suffix: str) -> None:
        self._stream, self._name, self._suffix = stream, name, suffix

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        try:
            data = self._stream.read(len(view))
        except (EOFError, OSError, lzma.LZMAError, zlib.error, zstd.ZstdError) as error:
            raise InputError(
                f"{self._name}: cannot be decompressed ({error}); expected a complete "
                f"{self._suffix} file. Download it again; if it is not compressed, rename it."
            ) from error
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()
