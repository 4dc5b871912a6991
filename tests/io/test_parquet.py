"""Parquet without threads: an error ends with its exit code, never with an abort."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nerbridge.errors import InputError
from nerbridge.io.parquet import iter_rows, open_parquet, read_table

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

TASKS = Path("/proc/self/task")
N_RUNS = 3


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Many row groups: there is much to read ahead."""
    table = pyarrow.table({"body": [f"বাক্য {number}" for number in range(5000)]})
    parquet.write_table(table, tmp_path / "a.parquet", row_group_size=100)
    return tmp_path / "a.parquet"


def test_what_is_written_is_read(path: Path) -> None:
    assert read_table(path).num_rows == 5000
    with open_parquet(path) as file:
        assert len([*iter_rows(file, "a.parquet")]) == 5000


def test_what_is_no_parquet_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"text")
    for wrong in (tmp_path / "a.parquet", tmp_path / "none.parquet", tmp_path):
        with pytest.raises(InputError, match="not a whole Parquet file"):
            read_table(wrong)


@pytest.mark.skipif(not TASKS.exists(), reason="threads are counted in /proc")
def test_no_thread_reads_ahead(path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from nerbridge.io.parquet import *\n"
        "import pyarrow\n"
        f"count = lambda: len([*Path({str(TASKS)!r}).iterdir()])\n"
        "import_pyarrow()\n"
        "before = count()\n"
        "with open_parquet(Path(sys.argv[1])) as file:\n"
        "    next(iter_rows(file, ''))\n"
        "    read_table(Path(sys.argv[1]))\n"
        "    assert count() == before, (before, count())\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["tag", "FILE"],
        ["suggest", "FILE", "-o", "OUT/s.json"],
        ["analyse", "FILE", "-o", "OUT/a", "--date", ""],
        ["data", "convert", "FILE", "OUT/c.jsonl"],
        ["data", "audit", "FILE"],
    ],
    ids=" ".join,
)
def test_an_error_ends_with_its_exit_code(path: Path, tmp_path: Path, command: list[str]) -> None:
    named = [word.replace("FILE", str(path)).replace("OUT", str(tmp_path)) for word in command]
    for _ in range(N_RUNS):
        done = subprocess.run(
            [sys.executable, "-m", "nerbridge", *named],
            capture_output=True,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            check=False,
        )
        assert done.returncode == 2, done.stderr
        assert "body" in done.stderr
