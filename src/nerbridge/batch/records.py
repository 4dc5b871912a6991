"""Files as a stream of records, each with one text (or one sentence of words) to tag.

Everything is read as it is needed, a record at a time, so memory does not grow with the file; only
a document (a text file read as one record) is held whole. Blank lines and comments are left out
and counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from nerbridge.batch.formats import InputFormat
from nerbridge.batch.sources import Progress, Source
from nerbridge.errors import InputError
from nerbridge.io.column_names import WORD_NAMES, find_header, find_name
from nerbridge.io.conll import (
    ConllLine,
    are_numbers,
    counts_words,
    find_index_column,
    find_word_column,
    is_comment,
    looks_like_tag,
    read_rows,
    surface_rows,
)
from nerbridge.io.fields import bytes_to_text, find_field, value_to_json
from nerbridge.io.json_lines import parse_object
from nerbridge.io.kinds import is_mail

if TYPE_CHECKING:
    from nerbridge.documents.document import Document

ENTITIES = "entities"
_HEAD = 8192
_SURROGATE = re.compile("[\ud800-\udfff]")
_SENTENCES_THAT_TELL = 100
"""So many tell in which column the words of a CoNLL file stand."""


@dataclass(frozen=True, slots=True)
class Record:
    """One text to tag, unchanged.

    ``number`` counts from 1 what the source is made of: lines (JSONL, and text read by lines),
    rows below the header (CSV, Parquet), sentences (CoNLL); a whole document is number 1.
    ``words`` are those of a CoNLL sentence (``text`` then joins them with spaces), else None.
    ``fields`` is the input's own record as a JSON object, as it stood there; None if it has none.
    ``document`` is what a PDF, DOCX, HTML or mail file was read as, None for all others.
    """

    source: str
    number: int
    text: str
    words: tuple[str, ...] | None = None
    fields: str | None = None
    document: Document | None = None


def read_records(
    sources: Iterable[Source],
    *,
    field: str = "text",
    by_line: bool = False,
    progress: Progress | None = None,
) -> Iterator[Record]:
    """Records of all sources, in order.

    Args:
        sources: what to read.
        field: JSONL, CSV, Parquet: where the text is; ``a.b`` means field b inside field a,
            unless there is a field of just that name.
        by_line: plain text: every line is a record of its own, not the file as a whole.
        progress: kept up to date while reading.

    Raises:
        InputError: an input cannot be read as asked; the message names the line.
    """
    progress = progress if progress is not None else Progress()
    for source in sources:
        n_before = progress.n_records
        if source.notice:
            progress.notices.append(source.notice)
        for record in _READERS[source.format](source, field, by_line, progress):
            progress.n_records += 1
            yield record
        if progress.n_records == n_before:
            progress.remarks["inputs without any text"] += 1


def find_text(record: Mapping[str, Any], field: str, place: str) -> str | None:
    """The text of a record; None where it, or a field that it is inside of, is null.

    Raises:
        InputError: no such field, or it holds something else than text.

    >>> find_text({"page": {"body": "অসম"}}, "page.body", "in.jsonl:1")
    'অসম'
    """
    try:
        value = find_field(record, field)
    except KeyError:
        names = ", ".join(map(repr, record)) or "none"
        raise InputError(
            f"{place}: no field {field!r}; found {names:.200}. Name the one with the text: "
            "--field NAME."
        ) from None
    if value is None:
        return None
    if isinstance(value, bytes):
        value = _decode(value, field, place)
    if not isinstance(value, str):
        raise InputError(
            f"{place}: field {field!r} holds {value!r:.60}; expected text. Fix the record, or "
            "name another field: --field NAME."
        )
    if found := _SURROGATE.search(value):
        raise InputError(
            f"{place}: field {field!r} holds half a character ({found.group()!a}, a lone "
            "surrogate); expected whole Unicode text. Fix the record where it comes from."
        )
    return value


def _decode(value: bytes, field: str, place: str) -> str:
    text = bytes_to_text(value)
    if text is None:
        raise InputError(
            f"{place}: field {field!r} holds bytes that are no text in UTF-8 ({value[:12]!r}); "
            "expected text. Write the column again as strings, or name another field: --field NAME."
        )
    return text


def _read_text(source: Source, field: str, by_line: bool, progress: Progress) -> Iterator[Record]:
    lines = _notice_jsonl(source, progress)
    if not by_line:
        text = "".join(line for _, line in lines)
        if source.is_stdin and is_mail(text[:_HEAD].encode()):
            progress.notices.append(
                f"{source.name}: looks like a mail, but is read as text, headers and all. If it is "
                "one: --input-format document"
            )
        if text.strip():
            yield Record(source.name, 1, text)
        return
    for number, line in lines:
        if line.strip():
            # Only the line break goes: offsets count the spaces at both ends.
            yield Record(source.name, number, line.removesuffix("\n").removesuffix("\r"))
        else:
            progress.remarks["blank lines left out"] += 1


def _notice_jsonl(source: Source, progress: Progress) -> Iterator[tuple[int, str]]:
    """The lines of a text; that they look like JSONL, of a pipe above all, is noticed."""
    for number, line in source.lines(progress):
        if number == 1 and line.lstrip().startswith("{") and _is_object(line):
            progress.notices.append(
                f"{source.name}: looks like JSONL, but is read as text, field names and all. If it "
                "is JSONL: --input-format jsonl"
            )
        yield number, line


def _read_jsonl(source: Source, field: str, by_line: bool, progress: Progress) -> Iterator[Record]:
    for number, line in source.lines(progress):
        line = line.strip()
        if not line:
            progress.remarks["blank lines left out"] += 1
            continue
        place = f"{source.name}:{number}"
        record = parse_object(line, place)
        text = find_text(record, field, place)
        if text is None:
            progress.remarks["null texts kept as empty"] += 1
        if ENTITIES in record:
            progress.remarks[f"fields {ENTITIES!r} replaced"] += 1
            line = _without_entities(record, place)
        yield Record(source.name, number, text or "", fields=line)


def _read_conll(source: Source, field: str, by_line: bool, progress: Progress) -> Iterator[Record]:
    def count_skipped(line: str) -> None:
        progress.remarks["comments and document marks left out"] += 1

    lines = _refuse_table(source.lines(progress), field, source.name)
    sentences = read_rows(lines, count_skipped)
    # The columns are found once: later sentences cannot move the words elsewhere.
    first = list(islice(sentences, _SENTENCES_THAT_TELL))
    header = find_header(first[0][0].cells) if first else None
    column = None if header is None else find_name(header, WORD_NAMES)
    if header is not None:
        # A header alone is a sentence of its own, of which nothing is left.
        first[:1] = [first[0][1:]] if first[0][1:] else []
    cells = [[row.cells for row in rows] for rows in first]
    column = find_word_column(cells) if column is None else column
    index = find_index_column(cells, column)
    _refuse_other_columns([row for rows in cells for row in rows], column, source.name)
    for number, rows in enumerate(chain(first, sentences), start=1):
        words = tuple(_words_in(rows, column, index, source.name))
        yield Record(source.name, number, " ".join(words), words)


def _refuse_table(
    lines: Iterator[tuple[int, str]], field: str, name: str
) -> Iterator[tuple[int, str]]:
    """The lines, unless the first is the header of a table with the field of the texts."""
    for number, line in lines:
        cells = line.split()
        if number == 1 and len(cells) > 1 and field in cells and not is_comment(line, cells):
            raise InputError(
                f"{name}:1: a table with a column {field!r}; expected CoNLL, a word and its tag a "
                "line. Read it as a table: --input-format csv, or rename it to .csv."
            )
        yield number, line


def _refuse_other_columns(rows: Sequence[Sequence[str]], column: int, name: str) -> None:
    """Refuse numbers or tags where the words should be."""
    cells = [row[column] for row in rows if len(row) > column]
    if len(rows) > 1 and all(map(looks_like_tag, cells)) and max(map(len, cells), default=0) > 1:
        raise InputError(
            f"{name}: column {column + 1} holds only tags, such as {max(cells, key=len)!r}; "
            "expected words. Put the words into the first column."
        )
    if are_numbers(rows, column):
        raise InputError(
            f"{name}: the first column holds only numbers, such as {rows[0][column]!r}; expected "
            "words. Remove the column."
        )


def _words_in(
    rows: Sequence[ConllLine], column: int, index: int | None, name: str
) -> Iterator[str]:
    """The words; where another column counts them, those that the text shows."""
    for row in rows:
        if len(row.cells) <= column or not row.cells[column]:
            raise InputError(
                f"{name}:{row.line}: no word in column {column + 1}; expected one, as in the lines "
                "before. Correct the line."
            )
    cells = [row.cells for row in rows]
    if index is None:
        yield from (row[column] for row in cells)
        return
    if not counts_words([row[index] for row in cells]):
        raise InputError(
            f"{name}:{rows[0].line}: column {index + 1} does not count the words of this sentence, "
            "as it does in those before; expected 1, 2, 3 and so on. Correct the numbers, or "
            "remove the column."
        )
    yield from (row[column] for row, _ in surface_rows(cells, index))


def _read_table(source: Source, field: str, by_line: bool, progress: Progress) -> Iterator[Record]:
    from nerbridge.batch.tables import read_csv_rows, read_parquet_rows

    read_rows = read_csv_rows if source.format is InputFormat.CSV else read_parquet_rows
    for number, place, row in read_rows(source, progress):
        text = find_text(row, field, place)
        if text is None:
            progress.remarks["null texts kept as empty"] += 1
        if ENTITIES in row:
            progress.remarks[f"fields {ENTITIES!r} replaced"] += 1
        fields = {name: value_to_json(value) for name, value in row.items() if name != ENTITIES}
        yield Record(source.name, number, text or "", fields=_dump(fields, place))


def _read_document(
    source: Source, field: str, by_line: bool, progress: Progress
) -> Iterator[Record]:
    from nerbridge.documents.limits import MAX_BYTES
    from nerbridge.documents.reading import read_document

    with source.open() as stream:
        # One byte more than allowed: a larger file is refused, and never held whole.
        data = stream.read(MAX_BYTES + 1)
    progress.n_bytes += len(data)
    document = read_document(data, name=source.name, is_whole_page=source.is_whole_page)
    progress.notices.extend(f"{source.name}: {notice}" for notice in document.notices)
    yield Record(source.name, 1, document.text, document=document)


_Reader = Callable[[Source, str, bool, Progress], Iterator[Record]]
_READERS: dict[InputFormat, _Reader] = {
    InputFormat.TEXT: _read_text,
    InputFormat.JSONL: _read_jsonl,
    InputFormat.CSV: _read_table,
    InputFormat.PARQUET: _read_table,
    InputFormat.CONLL: _read_conll,
    InputFormat.DOCUMENT: _read_document,
}


def _is_object(line: str) -> bool:
    try:
        parse_object(line, "")
    except InputError:
        return False
    return True


def _without_entities(record: Mapping[str, Any], place: str) -> str:
    return _dump({name: value for name, value in record.items() if name != ENTITIES}, place)


def _dump(fields: Mapping[str, Any], place: str) -> str:
    try:
        # ``NaN`` is no JSON: other programs could not read the line.
        text = json.dumps(fields, ensure_ascii=False, allow_nan=False)
        text.encode("utf-8")
    except ValueError as error:  # UnicodeEncodeError is one
        raise InputError(
            f"{place}: holds what JSON in UTF-8 cannot: {error}. Fix the record."
        ) from error
    return text
