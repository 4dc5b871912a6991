"""Which format a file has, by its ending."""

from __future__ import annotations

from pathlib import Path

import pytest

from nerbridge.batch.formats import InputFormat, OutputFormat, input_format_of, output_format_of
from nerbridge.errors import InputError


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.txt", "text"),
        ("-", "text"),
        ("notes", "text"),
        ("a.JSONL", "jsonl"),
        ("a.b.csv", "csv"),
        ("x/a.parquet", "parquet"),
        ("a.conll", "conll"),
        ("a.tsv", "conll"),
        ("a.txt.xz", "text"),
        ("a.csv.GZ", "csv"),
        ("a.gz", "text"),
    ],
)
def test_inputs(name: str, format: str) -> None:
    assert input_format_of(name) is InputFormat(format)


def test_json_is_asked_about() -> None:
    with pytest.raises(InputError, match=r"a\.json: .*--input-format jsonl.*jq"):
        input_format_of("a.json")


def test_outputs() -> None:
    def choose(name: str | None, wanted: OutputFormat | None = None, tty: bool = False) -> str:
        return str(output_format_of(Path(name) if name else None, wanted, is_terminal=tty))

    assert choose(None) == "jsonl"
    assert choose(None, tty=True) == "text"
    assert choose(None, OutputFormat.CSV, tty=True) == "csv"
    assert [choose(f"x.{end}") for end in ("htm", "txt", "TSV")] == ["html", "text", "conll"]
    assert choose("x.txt", OutputFormat.JSONL) == "jsonl"
    with pytest.raises(InputError, match=r"x\.doc: the ending.*--format jsonl"):
        choose("x.doc")
    with pytest.raises(InputError, match=r"Parquet.*--output FILE\.parquet"):
        choose(None, OutputFormat.PARQUET)
