"""Rows of CSV and Parquet files, one at a time."""

from __future__ import annotations

import csv
import math
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from itertools import chain
from typing import TYPE_CHECKING, Any

from nerbridge.batch.lines import read_lines
from nerbridge.batch.sources import Progress, Source
from nerbridge.errors import EnvironmentProblem, InputError

if TYPE_CHECKING:
    import pyarrow

Row = tuple[int, str, Mapping[str, Any]]

_MAX_FIELD = 2**31 - 1
_ROWS_AT_A_TIME = 1000
_ROW_GROUP = 10_000


def read_csv_rows(source: Source, progress: Progress) -> Iterator[Row]:
    """Number (from 1, below the header), place and cells by name of every row that is not blank.

    Cells are parted by commas; by semicolons or tabs where the first line has these and no comma.

    Raises:
        InputError: no header, a name twice in it, a row of another width, or broken quotes.
    """
    csv.field_size_limit(_MAX_FIELD)  # csv's own limit, 131,072, is less than a long document
    lines = (line for _, line in read_lines(source, progress))
    first = next(lines, "")
    separator = _separator_of(first)
    reader = csv.reader(chain([first], lines), delimiter=separator, strict=True)
    try:
        header = _check_header(next(reader, []), source.name)
        number, last_line = 0, reader.line_num
        for cells in reader:
            place, last_line = f"{source.name}:{last_line + 1}", reader.line_num
            if not any(cell.strip() for cell in cells):
                progress.remarks["blank lines left out"] += 1
                continue
            number += 1
            if len(cells) != len(header):
                raise InputError(
                    f"{place}: {len(cells)} cells; expected {len(header)}, as in the header. Put "
                    f"quotes around cells with {separator!r}; if it is the last line, the file "
                    "was cut."
                )
            yield number, place, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise InputError(
            f"{source.name}:{reader.line_num}: broken CSV ({error}); expected cells parted by "
            f"{separator!r}, and quotes doubled inside quotes. Export it again."
        ) from error


def read_parquet_rows(source: Source, progress: Progress) -> Iterator[Row]:
    """Number (from 1), place and values by column of every row; values as JSON knows them.

    Dates, decimals and the like become text, bytes become base64, NaN and infinities become None.

    Raises:
        InputError: not a whole Parquet file, or standard input.
        EnvironmentProblem: pyarrow is not installed.
    """
    arrow = import_pyarrow()
    import pyarrow.parquet

    if source.is_stdin:
        raise InputError(
            "-: Parquet cannot be read from standard input, because it begins at its end. "
            "Name the file."
        )
    try:
        with source.open() as stream, pyarrow.parquet.ParquetFile(stream) as file:
            _check_names(file.schema_arrow.names, source.name)
            rows = _rows(file, source.path.stat().st_size, progress)
            for number, row in enumerate(rows, start=1):
                yield number, f"{source.name}, row {number}", _to_json(row)
    except (arrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{source.name}: not a whole Parquet file of UTF-8 text ({error}). "
            "Fetch it again; if it is another format, name it with --input-format."
        ) from error


def merge_tables(tables: Iterable[pyarrow.Table]) -> Iterator[pyarrow.Table]:
    """Neighbours put together until they have enough rows: small row groups are slow to read."""
    arrow = import_pyarrow()
    waiting: list[pyarrow.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(one.num_rows for one in waiting) >= _ROW_GROUP:
            yield arrow.concat_tables(waiting)
            waiting = []
    if waiting:
        yield arrow.concat_tables(waiting)


def import_pyarrow() -> pyarrow:
    """pyarrow, which only Parquet needs.

    Raises:
        EnvironmentProblem: it is not installed.
    """
    try:
        import pyarrow
    except ImportError as error:
        raise EnvironmentProblem(
            "Parquet needs pyarrow, which is not installed. "
            "Install it with: pip install pyarrow; or use JSONL or CSV."
        ) from error
    return pyarrow


def _rows(file: pyarrow.parquet.ParquetFile, n_bytes: int, progress: Progress) -> Iterator[Any]:
    """Rows as dicts; ``n_bytes`` (the file's size) is spread over them."""
    n_before, n_read = progress.n_bytes, 0
    for batch in file.iter_batches(_ROWS_AT_A_TIME):
        yield from batch.to_pylist()
        n_read += batch.num_rows
        progress.n_bytes = n_before + n_bytes * n_read // file.metadata.num_rows


def _separator_of(first: str) -> str:
    return next((one for one in ",;\t" if one in first), ",")


def _check_header(header: list[str], name: str) -> list[str]:
    if not any(cell.strip() for cell in header):
        raise InputError(
            f"{name}:1: no header (the file is empty or begins with a blank line); expected the "
            "names of the columns, parted by commas. Check that it was exported completely."
        )
    return _check_names(header, f"{name}:1")


def _check_names(names: list[str], place: str) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"{place}: columns named more than once: {', '.join(map(repr, twice))}; expected "
            "every name once. Rename one of them."
        )
    return names


def _to_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _to_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    if isinstance(value, date | time):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int) else str(value)
