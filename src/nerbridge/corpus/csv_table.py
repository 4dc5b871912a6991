"""CSV and TSV: one word per row, one text with its spans per row, or one tagged entity per row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nerbridge.corpus.entity_table import is_entity_table, read_entity_table
from nerbridge.corpus.files import read_text, write_text
from nerbridge.corpus.layout import Layout
from nerbridge.corpus.raw import RawSentence, RawSplit, check_word
from nerbridge.corpus.record_files import Numbered, records_to_split
from nerbridge.corpus.sentence import Sentence
from nerbridge.errors import CorpusError, InputError
from nerbridge.io.column_names import (
    DOCUMENT_NAMES,
    SENTENCE_NAMES,
    TAG_NAMES,
    WORD_NAMES,
    find_header,
    find_name,
)
from nerbridge.io.delimited import Delimited, read_delimited
from nerbridge.io.lines import split_lines
from nerbridge.labels import OUTSIDE

_WRITTEN = ("sentence_id", "word", "tag")
WordRow = tuple[int, str, str, str]
_MAX_WORDS = 200
"""A table with more words than this holds more than one sentence."""
_BLANK_OF_PANDAS = "nan"
_BLANK: WordRow = (0, "", "", "")


def read_csv(path: Path, layout: Layout | None = None) -> RawSplit:
    """Read a table with a header; the separator is found as `nerbridge tag` finds it.

    One word per row: columns of words (``word``, ``token``), tags (``tag``, ``ner_tag``, ``label``)
    and sentences (``sentence_id``, ``sentence``, ``sentence #``, ``sent_id``), in any case and
    order; further ones are dropped. Rows of one sentence stand together; a blank id means the
    sentence of the row before. Without a column of sentences, blank rows end them.

    One text per row, its spans as JSON in another column: Label Studio's CSV and TSV. One entity
    per row: the output of `nerbridge tag`, whose texts are read from the files that it names.

    Raises:
        CorpusError: no header, a row too short, an id that comes back later, or broken quotes.
    """
    layout = layout or Layout()
    try:
        text = read_text(path)
        has_quotes = not _has_bare_quotes(text)
        table = read_delimited(split_lines(text), str(path), has_quotes=has_quotes)
        if is_entity_table(table.header):
            return read_entity_table(path, table.header, (cells for _, cells in table.rows))
        rows = list(table.rows)
    except CorpusError:
        raise
    except InputError as error:
        raise CorpusError(str(error)) from error
    if _has_spans(table, rows):
        records = list(_records(table, rows, str(path)))
        return records_to_split(records, str(path), None, layout)
    words = list(_words(path, table, rows, layout))
    _check_sentences(words, str(path))
    sentences = tuple(_group(words, str(path)))
    if not sentences:
        raise CorpusError(
            f"{path}: a header but no rows; expected one word per row. "
            "Check that the file was exported completely."
        )
    return RawSplit(sentences)


def is_table(first_line: str) -> bool:
    """Whether a line is the header of a table of words with their sentences, or of Label Studio.

    >>> is_table("Sentence #\\tWord\\tTag"), is_table("token\\tlabel"), is_table("a\\tO")
    (True, False, False)
    """
    try:
        header = read_delimited([first_line], "").header
    except InputError:
        return False
    has_words = find_name(header, WORD_NAMES) is not None
    return (has_words and find_name(header, SENTENCE_NAMES) is not None) or (
        "annotation_id" in header or is_entity_table(header)
    )


def write_csv(path: Path, sentences: Iterable[Sentence]) -> None:
    """Write the columns ``sentence_id`` (from 1), ``word`` and ``tag``."""
    stream = io.StringIO(newline="")
    # All text in quotes, because a reader would drop a carriage return at the end of a bare word.
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(_WRITTEN)
    for number, sentence in enumerate(sentences, start=1):
        rows = zip(sentence.words, sentence.tags, strict=True)
        writer.writerows((number, word, tag) for word, tag in rows)
    write_text(path, stream.getvalue())


def _has_bare_quotes(text: str) -> bool:
    """Whether the quotes of a table with tabs belong to words and do not enclose cells.

    Read as quotes of cells, two of them would turn all rows between them into one word.
    """
    header, *lines = split_lines(text)
    is_with_tabs = "\t" in header and find_header(header.strip().split("\t")) is not None
    return is_with_tabs and any(
        cell.count('"') % 2 for line in lines if '"' in line for cell in line.split("\t")
    )


def _has_spans(table: Delimited, rows: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether it is a table of texts: Label Studio's, or one with a column of JSON lists."""
    if "annotation_id" in table.header:
        return True
    return find_name(table.header, WORD_NAMES) is None and any(
        _is_list(cell) for _, cells in rows for cell in cells
    )


def _is_list(cell: str) -> bool:
    return cell.startswith(("[{", "[[")) or cell == "[]"


def _records(
    table: Delimited, rows: Iterable[tuple[int, list[str]]], path: str
) -> Iterator[Numbered]:
    for line, cells in rows:
        filled = zip(table.header, cells, strict=True) if cells else ()
        record = {name: _cell(cell, f"{path}:{line}") for name, cell in filled if cell}
        if record:
            yield line, "line", record


def _cell(cell: str, place: str) -> Any:
    if not _is_list(cell):
        return cell
    try:
        return json.loads(cell)
    except ValueError as error:
        raise CorpusError(
            f"{place}: {cell!r:.60} is not JSON ({error}); expected a list of spans. "
            "Export the table again."
        ) from error


def _words(
    path: Path, table: Delimited, rows: Iterable[tuple[int, list[str]]], layout: Layout
) -> Iterator[WordRow]:
    """Line number, sentence id, word and tag of every row; a blank row where it ends a sentence."""
    id_index, word_index, tag_index = _find_columns(path, table.header, layout)
    document_index = find_name(table.header, DOCUMENT_NAMES)
    document = ""
    for line, cells in rows:
        if not cells:
            yield _BLANK
            continue
        sentence_id = cells[id_index].strip() if id_index is not None else ""
        sentence_id = "" if sentence_id.lower() == _BLANK_OF_PANDAS else sentence_id
        if document_index is not None and document_index != id_index:
            # Each document may number its sentences from 1, so the number alone is not unique.
            document = cells[document_index].strip() or document
            sentence_id = f"{document}, {sentence_id}" if sentence_id else ""
        word = check_word(cells[word_index], str(path), line)
        yield line, sentence_id, word, _tag(cells[tag_index], path, line)


def _tag(cell: str, path: Path, line: int) -> str:
    if not cell.strip():
        raise CorpusError(
            f"{path}:{line}: this word has no tag; expected a tag such as 'O'. Correct the row."
        )
    return OUTSIDE if cell.strip() == "o" else cell.strip()


def _find_columns(path: Path, header: Sequence[str], layout: Layout) -> tuple[int | None, int, int]:
    """The columns of sentences (None: blank rows end them), words and tags."""
    if layout.columns is not None:
        word, tag = layout.columns.find_in(header, len(header), f"{path}:1")
        return _sentence_column(header, word, tag), word, tag
    word_found, tag_found = find_name(header, WORD_NAMES), find_name(header, TAG_NAMES)
    if word_found is None or tag_found is None:
        missing = "word" if word_found is None else "tag"
        raise CorpusError(
            f"{path}:1: the header is {', '.join(header)!r:.80}; expected the columns "
            f"{', '.join(_WRITTEN)} ({missing} is missing), or a text with its spans as JSON. "
            "Add a header, or name the columns: --columns WORD,TAG."
        )
    return _sentence_column(header, word_found, tag_found), word_found, tag_found


def _sentence_column(header: Sequence[str], word: int, tag: int) -> int | None:
    column = find_name(header, SENTENCE_NAMES)
    return None if column in (word, tag) else column


def _check_sentences(words: Sequence[WordRow], path: str) -> None:
    """Raise an error for a long table without marks of sentence ends."""
    n_words = len(words) - words.count(_BLANK)
    if n_words > _MAX_WORDS and not any(row == _BLANK or row[1] for row in words):
        raise CorpusError(
            f"{path}: {n_words:,} words, but no sentence ends; expected a column "
            f"{_WRITTEN[0]}, or blank rows between sentences. Add one of them."
        )


def _group(rows: Iterable[WordRow], path: str) -> Iterator[RawSentence]:
    seen: set[str] = set()
    current: str | None = None
    block: list[WordRow] = []
    has_ids = False
    for row in rows:
        line, sentence_id = row[0], row[1]
        has_ids = has_ids or bool(sentence_id)
        # Where rows have sentence ids, the ids alone divide them.
        if row == _BLANK:
            if block and not has_ids:
                yield _sentence(block, path)
                block = []
            continue
        if sentence_id and sentence_id != current:
            if sentence_id in seen:
                raise CorpusError(
                    f"{path}:{line}: the rows of sentence {sentence_id} are not together; "
                    "expected one block. Sort the rows by sentence."
                )
            if block:
                yield _sentence(block, path)
            seen.add(sentence_id)
            current, block = sentence_id, []
        block.append(row)
    if block:
        yield _sentence(block, path)


def _sentence(block: list[WordRow], path: str) -> RawSentence:
    lines, _, words, tags = zip(*block, strict=True)
    return RawSentence(words, tags, path, lines)
