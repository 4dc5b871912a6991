"""Parquet in and out, without threads.

Whatever reads a Parquet file in this package goes through here. pyarrow reads ahead in threads of
its own, and such a thread outlives an error: when it then touches a Python object, such as the open
file it reads from, while the interpreter ends, the process aborts (exit code 134; apache/arrow
34314). So files are opened by pyarrow itself, by their path, and no thread reads ahead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerbridge.errors import InputError, missing_extra

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

_ROW_GROUP = 10_000
_ROWS_AT_A_TIME = 1000
_DAY_AND_TIME = re.compile(r"(?<=^\d{4}-\d\d-\d\d) ")


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


def iter_rows(
    file: pyarrow.parquet.ParquetFile, name: str, columns: Sequence[str] | None = None
) -> Iterator[dict[str, Any]]:
    """The values of every row by column, read as they are asked for.

    Raises:
        InputError: a value cannot be read; ``name`` is what the message calls the file.
    """
    n_before = 0
    for batch in file.iter_batches(_ROWS_AT_A_TIME, columns=columns, use_threads=False):
        values = [_column_to_list(column, name, n_before) for column in batch.columns]
        for row in zip(*values, strict=True):
            yield dict(zip(batch.schema.names, row, strict=True))
        n_before += batch.num_rows


def _column_to_list(column: pyarrow.Array, name: str, n_before: int) -> list[Any]:
    """The values; nanoseconds, which Python's dates do not have, as text.

    Raises:
        InputError: one cannot be read; the row is named.
    """
    arrow = import_pyarrow()
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError, AttributeError) as error:  # UnicodeDecodeError is one
        if arrow.types.is_temporal(column.type):
            shown = column.cast(arrow.string()).to_pylist()
            return [_DAY_AND_TIME.sub("T", value) if value else value for value in shown]
        row = next(row for row in range(len(column)) if not _is_readable(column[row]))
        raise InputError(
            f"{name}, row {n_before + row + 1}: a value that cannot be read ({error}); expected "
            "text in UTF-8, and times without nanoseconds. Write the file again without the "
            "column, or with another type."
        ) from error


def _is_readable(scalar: pyarrow.Scalar) -> bool:
    try:
        scalar.as_py()
    except (ValueError, OverflowError, AttributeError):
        return False
    return True


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
