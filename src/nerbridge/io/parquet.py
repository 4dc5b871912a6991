"""Parquet in and out, without threads.

Whatever reads a Parquet file in this package goes through here. pyarrow reads ahead in threads of
its own, and such a thread outlives an error: when it then touches a Python object, such as the open
file it reads from, while the interpreter ends, the process aborts (exit code 134; apache/arrow
34314). So files are opened by pyarrow itself, by their path, and no thread reads ahead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerbridge.errors import InputError, missing_extra

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

_ROW_GROUP = 10_000


def import_pyarrow() -> pyarrow:
    """pyarrow, which only Parquet needs.

    Raises:
        EnvironmentProblem: it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        instead = "or use JSONL or CSV."
        raise missing_extra("Parquet needs", error.name, "parquet", instead) from error
    return pyarrow


@contextmanager
def open_parquet(path: Path, name: str | None = None) -> Iterator[pyarrow.parquet.ParquetFile]:
    """A Parquet file, closed with the block; ``name`` is what messages call it.

    Raises:
        InputError: not a whole Parquet file; also where the block finds that out.
        EnvironmentProblem: pyarrow is not installed.
    """
    arrow = import_pyarrow()
    try:
        with arrow.parquet.ParquetFile(str(path), pre_buffer=False) as file:
            yield file
    except (arrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{name or path}: not a whole Parquet file of UTF-8 text ({error}). "
            "Fetch it again; if it is another format, give it the right ending."
        ) from error


def iter_batches(file: pyarrow.parquet.ParquetFile, n_rows: int) -> Iterator[pyarrow.RecordBatch]:
    """The rows, so many at a time."""
    yield from file.iter_batches(n_rows, use_threads=False)


def read_table(path: Path, columns: Sequence[str] | None = None) -> pyarrow.Table:
    """A whole file, or some columns of it.

    Raises:
        InputError: not a whole Parquet file.
        EnvironmentProblem: pyarrow is not installed.
    """
    with open_parquet(path) as file:
        return file.read(columns=columns, use_threads=False)


def merge_tables(tables: Iterable[pyarrow.Table]) -> Iterator[pyarrow.Table]:
    """Neighbours put together until they have enough rows: small row groups are slow to read."""
    arrow = import_pyarrow()
    waiting: list[Any] = []
    for table in tables:
        waiting.append(table)
        if sum(one.num_rows for one in waiting) >= _ROW_GROUP:
            yield arrow.concat_tables(waiting)
            waiting = []
    if waiting:
        yield arrow.concat_tables(waiting)
