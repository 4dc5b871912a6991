"""The database goes away, however the work ends."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("duckdb", reason="needs nerbridge[analyse]")

import duckdb

from nerbridge.analysis.database import open_database
from nerbridge.errors import EnvironmentProblem


def test_an_interrupted_query_is_an_interruption(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), open_database(tmp_path, 1):
        raise RuntimeError("Query interrupted")  # as DuckDB does on Ctrl-C
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["IOException", "TransactionException", "OutOfMemoryException"])
def test_a_full_disk_is_said(tmp_path: Path, kind: str) -> None:
    with (
        pytest.raises(EnvironmentProblem, match=r"not counted \(No space left\).*same command"),
        open_database(tmp_path, 1),
    ):
        raise getattr(duckdb, kind)("No space left\nand more")
    assert list(tmp_path.iterdir()) == []


def test_our_own_mistakes_are_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(duckdb.ParserException), open_database(tmp_path, 1) as db:
        db.execute("SELEKT 1")
