"""The formats that tagging reads and writes, and the file endings that tell them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from nerbridge.errors import InputError


class InputFormat(StrEnum):
    """What a file to tag can be."""

    TEXT = "text"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    CONLL = "conll"


class OutputFormat(StrEnum):
    """What tagging can write."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    CONLL = "conll"
    TEXT = "text"
    HTML = "html"


_TABLES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
    ".conll": "conll",
    ".iob2": "conll",
    ".bio": "conll",
    ".tsv": "conll",
}
_WRITTEN = {**_TABLES, ".txt": "text", ".html": "html", ".htm": "html"}


def input_format_of(name: str) -> InputFormat:
    """The format a file's ending tells; plain text if it tells none.

    Raises:
        InputError: ``.json``, which may be one record a line or not.

    >>> str(input_format_of("a/b.ndjson")), str(input_format_of("-"))
    ('jsonl', 'text')
    """
    suffix = Path(name).suffix.lower()
    if suffix == ".json":
        raise InputError(
            f"{name}: a .json file; expected one record a line (.jsonl). If it is that, pass "
            "--input-format jsonl; a list of records becomes it with: jq -c '.[]'"
        )
    return InputFormat(_TABLES.get(suffix, "text"))


def output_format_of(
    output: Path | None, wanted: OutputFormat | None, *, is_terminal: bool
) -> OutputFormat:
    """The format asked for, else that of the file's ending, else what suits standard output.

    Raises:
        InputError: nothing tells the format, or it cannot be written to standard output.
    """
    if output is None:
        if wanted is OutputFormat.PARQUET:
            raise InputError(
                "--format parquet: a Parquet file cannot be written to standard output. Name a "
                "file: --output FILE.parquet"
            )
        return wanted or (OutputFormat.TEXT if is_terminal else OutputFormat.JSONL)
    if wanted is not None:
        return wanted
    if output.suffix.lower() not in _WRITTEN:
        raise InputError(
            f"--output {output}: the ending does not tell the format; expected one of "
            f"{', '.join(_WRITTEN)}. Rename it, or say --format {'|'.join(OutputFormat)}."
        )
    return OutputFormat(_WRITTEN[output.suffix.lower()])
