"""Rows of CSV and Parquet files, one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nerbridge.batch.sources import Progress, Source
from nerbridge.errors import InputError
from nerbridge.io.delimited import check_names, read_delimited
from nerbridge.io.parquet import iter_rows, open_parquet

TableRow = tuple[int, str, Mapping[str, Any]]


def read_csv_rows(source: Source, progress: Progress) -> Iterator[TableRow]:
    """Number (from 1, below the header), place and cells by name of every row that is not blank.

    Blank cells of unnamed columns are left out.

    Raises:
        InputError: see `read_delimited`.
    """
    table = read_delimited((line for _, line in source.lines(progress)), source.name)
    number = 0
    for line, cells in table.records():
        if not cells:
            progress.remarks["blank lines left out"] += 1
            continue
        number += 1
        row = {name: cell for name, cell in cells.items() if cell or name not in table.unnamed}
        yield number, f"{source.name}:{line}", row


def read_parquet_rows(source: Source, progress: Progress) -> Iterator[TableRow]:
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
    with open_parquet(source.path, source.name) as file:
        check_names(file.schema_arrow.names, source.name)
        n_bytes, n_rows = source.path.stat().st_size, file.metadata.num_rows
        for number, row in enumerate(iter_rows(file, source.name), start=1):
            yield number, f"{source.name}, row {number}", row
            progress.n_bytes = n_before + n_bytes * number // n_rows  # spread over the rows
