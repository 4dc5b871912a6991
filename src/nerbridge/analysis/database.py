"""The database of an analysis: DuckDB, on disk, within a fixed memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from nerbridge.errors import EnvironmentProblem

MEMORY = "1GB"


@contextmanager
def open_database(
    folder: Path, n_threads: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in a folder, gone at the end.

    Raises:
        EnvironmentProblem: the disk is full, or the memory is too small.
    """
    path = folder / ".counting.duckdb"
    _remove(path)
    # No order of rows: DuckDB then needs less memory. No extensions: nothing is downloaded.
    config: dict[str, Any] = {
        "memory_limit": MEMORY,
        "temp_directory": str(folder / ".counting.tmp"),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if n_threads is not None:
        config["threads"] = n_threads
    try:
        with duckdb.connect(str(path), config=config) as db:
            yield db
    except (duckdb.OperationalError, duckdb.FatalException) as error:
        raise EnvironmentProblem(
            f"{folder}: the articles were not counted ({str(error).splitlines()[0]}). Free some "
            "disk space and give the same command again; articles that are tagged stay tagged."
        ) from error
    except RuntimeError as error:
        # So DuckDB says that it saw a Ctrl-C.
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        raise
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    for left in (path, path.with_name(f"{path.name}.wal")):
        left.unlink(missing_ok=True)
