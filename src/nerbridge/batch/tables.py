"""Rows of CSV and Parquet files, one at a time."""

from __future__ import annotations

import math
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import TYPE_CHECKING, Any

from nerbridge.batch.lines import read_lines
from nerbridge.batch.sources import Progress, Source
from nerbridge.errors import InputError
from nerbridge.io.delimited import check_names, read_delimited
from nerbridge.io.fields import bytes_to_text
from nerbridge.io.parquet import import_pyarrow, iter_batches, open_parquet

if TYPE_CHECKING:
    import pyarrow

Row = tuple[int, str, Mapping[str, Any]]

_ROWS_AT_A_TIME = 1000
_DAY_AND_TIME = re.compile(r"(?<=^\d{4}-\d\d-\d\d) ")


def read_csv_rows(source: Source, progress: Progress) -> Iterator[Row]:
    """Number (from 1, below the header), place and cells by name of every row that is not blank.

    Blank cells of unnamed columns are left out.

    Raises:
        InputError: see `read_delimited`.
    """
    table = read_delimited((line for _, line in read_lines(source, progress)), source.name)
    number = 0
    for line, cells in table.rows:
        if not cells:
            progress.remarks["blank lines left out"] += 1
            continue
        number += 1
        row = {
            name: cell
            for name, cell in zip(table.header, cells, strict=True)
            if cell or name not in table.unnamed
        }
        yield number, f"{source.name}:{line}", row


def read_parquet_rows(source: Source, progress: Progress) -> Iterator[Row]:
    """Number (from 1), place and values by column of every row.

    Raises:
        InputError: not a whole Parquet file, or standard input.
        EnvironmentProblem: pyarrow is not installed.
    """
    if source.is_stdin:
        raise InputError(
            "-: Parquet cannot be read from standard input, because it begins at its end. "
            "Name the file."
        )
    n_before = progress.n_bytes
    number = 0
    with open_parquet(source.path, source.name) as file:
        check_names(file.schema_arrow.names, source.name)
        n_bytes = source.path.stat().st_size  # spread over the rows
        for batch in iter_batches(file, _ROWS_AT_A_TIME):
            for row in _batch_to_rows(batch, source.name, number):
                number += 1
                yield number, f"{source.name}, row {number}", row
            progress.n_bytes = n_before + n_bytes * number // file.metadata.num_rows


def _batch_to_rows(
    batch: pyarrow.RecordBatch, name: str, n_before: int
) -> Iterator[dict[str, Any]]:
    columns = [_column_to_list(column, name, n_before) for column in batch.columns]
    for values in zip(*columns, strict=True):
        yield dict(zip(batch.schema.names, values, strict=True))


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


def value_to_json(value: Any) -> Any:
    """A value of a row as JSON knows it.

    Bytes become text if they are text in UTF-8, else base64. Dates, decimals and the like become
    text, NaN and infinities become None.

    >>> value_to_json([b"abc", b"\\xff", float("nan")])
    ['abc', '/w==', None]
    """
    if isinstance(value, dict):
        return {str(key): value_to_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [value_to_json(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        text = bytes_to_text(value)
        return b64encode(value).decode("ascii") if text is None else text
    if isinstance(value, date | time):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int) else str(value)
