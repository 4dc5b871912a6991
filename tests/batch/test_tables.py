"""Parquet: any column of text, values as JSON knows them."""

from __future__ import annotations

import datetime
import decimal
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nerbridge.batch.formats import InputFormat
from nerbridge.batch.records import Record, read_records
from nerbridge.batch.sources import Progress, Source
from nerbridge.errors import InputError

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def write(path: Path, columns: dict[str, Any]) -> Path:
    parquet.write_table(pyarrow.table(columns), path, row_group_size=700)
    return path


def read(path: Path, **options: Any) -> tuple[list[Record], Progress]:
    progress = Progress()
    source = Source(str(path), InputFormat.PARQUET)
    return list(read_records([source], progress=progress, **options)), progress


def test_rows_keep_their_fields(tmp_path: Path) -> None:
    columns = {
        "text": ["অসম", None],
        "day": [datetime.date(2026, 1, 2), None],
        "price": [decimal.Decimal("1.50"), None],
        "raw": [b"\xff", b""],
        "score": [float("nan"), 0.5],
        "nested": [{"a": [1]}, {"a": []}],
    }
    (one, two), progress = read(write(tmp_path / "a.parquet", columns))
    assert (one.number, one.text, two.number, two.text) == (1, "অসম", 2, "")
    assert json.loads(one.fields or "") == {
        "text": "অসম",
        "day": "2026-01-02",
        "price": "1.50",
        "raw": "/w==",
        "score": None,
        "nested": {"a": [1]},
    }
    assert dict(progress.remarks) == {"null texts kept as empty": 1}


@pytest.mark.parametrize(
    "kind",
    [
        *("string", "large_string", "string_view", "binary", "large_binary", "binary_view"),
        *("dictionary", "dictionary of binary"),
    ],
)
def test_every_kind_of_text(tmp_path: Path, kind: str) -> None:
    values = pyarrow.array([f"বাক্য {number}" for number in range(2500)])
    if kind.startswith("dictionary"):
        cast = values.cast("binary" if "binary" in kind else "string").dictionary_encode()
    else:
        cast = values.cast("binary").cast(kind) if "binary" in kind else values.cast(kind)
    path = write(tmp_path / "a.parquet", {"body": cast})
    found, progress = read(path, field="body")
    assert [record.text for record in found] == values.to_pylist()
    assert progress.n_bytes == path.stat().st_size


@pytest.mark.parametrize(
    ("field", "said"),
    [("missing", "row 1: no field 'missing'; found 'n', 's'"), ("n", "row 1: field 'n' holds 1")],
)
def test_a_wrong_column_is_said(tmp_path: Path, field: str, said: str) -> None:
    path = write(tmp_path / "a.parquet", {"n": [1], "s": ["x"]})
    with pytest.raises(InputError, match=rf"a\.parquet, {said}"):
        read(path, field=field)


def test_struct_fields(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"page": [{"body": "অসম"}]})
    assert read(path, field="page.body")[0][0].text == "অসম"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"text\nno parquet\n" * 20])
def test_what_is_no_parquet_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.parquet: not a whole Parquet file"):
        read(path)


def test_a_cut_file_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"text": ["x"] * 1000})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="not a whole Parquet file"):
        read(path)


def test_invalid_utf8_is_said(tmp_path: Path) -> None:
    broken = pyarrow.array([b"\xff"]).cast(pyarrow.string(), safe=False)
    with pytest.raises(InputError, match=r"row 1: .*0xff.*UTF-8"):
        read(write(tmp_path / "a.parquet", {"text": broken}))


def test_text_of_a_fixed_size_in_bytes(tmp_path: Path) -> None:
    values = pyarrow.array(["অসম".encode(), None], pyarrow.binary(9))
    found, _ = read(write(tmp_path / "a.parquet", {"text": values}))
    assert [record.text for record in found] == ["অসম", ""]
    assert json.loads(found[0].fields or "") == {"text": "অসম"}


@pytest.mark.parametrize("value", [b"\xff\xfe", b"\x89PNG\r\n\x1a\n", b"a\0b", "অ".encode()[:2]])
def test_bytes_that_are_no_text_are_said(tmp_path: Path, value: bytes) -> None:
    path = write(tmp_path / "a.parquet", {"text": [b"ok", value]})
    with pytest.raises(InputError, match=r"row 2: field 'text' holds bytes that are no text"):
        read(path)


@pytest.mark.parametrize(
    "value", [None, {"b": None}, {"b": {"c": None}}], ids=["outside", "between", "inside"]
)
def test_nulls_at_every_level(tmp_path: Path, value: Any) -> None:
    kind = pyarrow.struct([("b", pyarrow.struct([("c", pyarrow.string())]))])
    rows = pyarrow.array([value, {"b": {"c": "অসম"}}], kind)
    found, progress = read(write(tmp_path / "a.parquet", {"a": rows}), field="a.b.c")
    assert [record.text for record in found] == ["", "অসম"]
    assert dict(progress.remarks) == {"null texts kept as empty": 1}
    assert json.loads(found[0].fields or "") == {"a": value}


WITHOUT_PANDAS = """
import sys
sys.modules["pandas"] = None
from nerbridge.batch.records import read_records
from nerbridge.batch.sources import find_sources
for record in read_records(find_sources(sys.argv[1:])):
    print(record.fields)
"""


def read_without_pandas(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_PANDAS, str(path)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.mark.parametrize("is_old", [False, True], ids=["new", "of old Spark"])
def test_times_of_databases(tmp_path: Path, is_old: bool) -> None:
    """Nanoseconds are kept, with pandas and without."""
    columns = {"text": ["a", "b"], "at": pyarrow.array([1, None], pyarrow.timestamp("ns"))}
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table(columns), path, use_deprecated_int96_timestamps=is_old)
    expected = [
        {"text": "a", "at": "1970-01-01T00:00:00.000000001"},
        {"text": "b", "at": None},
    ]
    assert [json.loads(record.fields or "") for record in read(path)[0]] == expected
    lines = read_without_pandas(path).stdout.splitlines()
    assert [json.loads(line) for line in lines] == expected


def test_a_day_beyond_the_calendar_stops_nothing(tmp_path: Path) -> None:
    days = pyarrow.array([2**40, 0], pyarrow.timestamp("s"))
    found, _ = read(write(tmp_path / "a.parquet", {"text": ["a", "b"], "day": days}))
    fields = [json.loads(record.fields or "") for record in found]
    assert "out of range" in fields[0]["day"]
    assert fields[1]["day"].startswith("1970-01-01")


def test_a_value_that_cannot_be_read_is_said_with_its_row(tmp_path: Path) -> None:
    kind = pyarrow.struct([("at", pyarrow.timestamp("ns"))])
    rows = pyarrow.array([{"at": None}, {"at": 1}], kind)
    path = write(tmp_path / "a.parquet", {"text": ["a", "b"], "page": rows})
    assert "a.parquet, row 2: a value that cannot be read" in read_without_pandas(path).stderr


def test_standard_input_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be read from standard input"):
        list(read_records([Source("-", InputFormat.PARQUET)]))
