"""The formats that tagging reads and writes, and the file endings that tell them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from nerbridge.errors import InputError
from nerbridge.io.compressed import is_compressed, name_of_content
from nerbridge.io.kinds import DOCUMENT_ENDINGS


class InputFormat(StrEnum):
    """What a file to tag can be."""

    TEXT = "text"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    CONLL = "conll"
    DOCUMENT = "document"


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
    ".conllu": "conll",
    ".iob2": "conll",
    ".iob": "conll",
    ".bio": "conll",
    ".tsv": "conll",
}
_TEXTS = frozenset({".txt", ".text", ".md"})
_WRITTEN = {**_TABLES, ".txt": "text", ".html": "html", ".htm": "html"}


def input_format_of(name: str) -> InputFormat:
    """The format a file's ending tells, or of a compressed file the ending before; else plain text.

    Raises:
        InputError: ``.json``, which may be one record a line or not.

    >>> [str(input_format_of(name)) for name in ("a/b.ndjson.gz", "b.pdf", "-")]
    ['jsonl', 'document', 'text']
    """
    suffix = Path(name_of_content(name)).suffix.lower()
    if suffix == ".json":
        raise InputError(
            f"{name}: a .json file; expected one record a line (.jsonl). If it is that, pass "
            "--input-format jsonl; a list of records becomes it with: jq -c '.[]'"
        )
    if suffix in DOCUMENT_ENDINGS:
        return InputFormat.DOCUMENT
    return InputFormat(_TABLES.get(suffix, "text"))


def refuse_compressed(name: str, format: InputFormat) -> None:
    """Refuse a compressed file of a format that is not read from its start to its end.

    Raises:
        InputError: it is one.
    """
    if is_compressed(name) and format in (InputFormat.PARQUET, InputFormat.DOCUMENT):
        raise InputError(
            f"{name}: a compressed {format} file; expected it as it is. Unpack it first."
        )


def is_known_ending(name: str) -> bool:
    """Whether a file's ending is that of a text, a table or a document, also of a compressed one.

    >>> is_known_ending("a.csv.gz"), is_known_ending("a.PDF"), is_known_ending("a.png")
    (True, True, False)
    """
    suffix = Path(name_of_content(name)).suffix.lower()
    return suffix in _TEXTS or suffix in _TABLES or suffix in DOCUMENT_ENDINGS


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
