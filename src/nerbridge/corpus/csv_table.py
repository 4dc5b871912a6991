"""CSV: one word a row, with a header and the columns ``sentence_id``, ``word``, ``tag``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from nerbridge.corpus.files import read_text, write_text
from nerbridge.corpus.raw import RawSentence, RawSplit, check_word
from nerbridge.corpus.sentence import Sentence
from nerbridge.errors import CorpusError

_COLUMNS = {
    "sentence_id": ("sentence_id", "sentence", "sentence #", "sent_id"),
    "word": ("word", "token"),
    "tag": ("tag", "ner_tag", "label"),
}
Row = tuple[int, str, str, str]


def read_csv(path: Path) -> RawSplit:
    """Read one word a row; columns in any order, further ones are dropped.

    The header names the columns, in any case: ``sentence_id`` (or ``sentence``, ``sentence #``,
    ``sent_id``), ``word`` (or ``token``) and ``tag`` (or ``ner_tag``, ``label``). Rows of one
    sentence stand together; a blank id means the sentence of the row before. Commas part the
    columns, double quotes hold words with commas, quotes or line breaks.

    Raises:
        CorpusError: no header, a row too short, an id that comes back later, or broken quotes.
    """
    sentences = tuple(_group(_rows(path), str(path)))
    if not sentences:
        raise CorpusError(
            f"{path}: a header but no rows; expected one word a row. "
            "Check that the file was exported completely."
        )
    return RawSplit(sentences)


def write_csv(path: Path, sentences: Iterable[Sentence]) -> None:
    """Write the columns ``sentence_id`` (from 1), ``word`` and ``tag``."""
    stream = io.StringIO(newline="")
    # all text in quotes: else a carriage return at the end of a word would be lost in reading
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(_COLUMNS)
    for number, sentence in enumerate(sentences, start=1):
        rows = zip(sentence.words, sentence.tags, strict=True)
        writer.writerows((number, word, tag) for word, tag in rows)
    write_text(path, stream.getvalue())


def _rows(path: Path) -> Iterator[Row]:
    """Line number, sentence id, word and tag of every row that is not blank."""
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        id_index, word_index, tag_index = _find_columns(path, next(reader, []))
        last_line = reader.line_num
        for cells in reader:
            line, last_line = last_line + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) <= max(id_index, word_index, tag_index):
                raise CorpusError(
                    f"{path}:{line}: {len(cells)} columns; expected at least "
                    f"{max(id_index, word_index, tag_index) + 1}, as in the header. "
                    "If it is the last line, the file was cut: fetch it again."
                )
            word = check_word(cells[word_index], str(path), line)
            yield line, cells[id_index].strip(), word, _tag(cells[tag_index], path, line)
    except csv.Error as error:
        raise CorpusError(
            f"{path}:{reader.line_num}: broken CSV ({error}); expected columns parted by commas "
            'and quotes doubled inside quotes. A word that is a quote is written """".'
        ) from error


def _tag(cell: str, path: Path, line: int) -> str:
    if not cell.strip():
        raise CorpusError(
            f"{path}:{line}: a word without a tag; expected a tag such as 'O'. Mend the row."
        )
    return cell.strip()


def _find_columns(path: Path, header: list[str]) -> list[int]:
    names = [name.strip().lower() for name in header]
    found = []
    for column, aliases in _COLUMNS.items():
        index = next((names.index(alias) for alias in aliases if alias in names), None)
        if index is None:
            raise CorpusError(
                f"{path}:1: the header is {', '.join(header)!r:.80}; expected the columns "
                f"{', '.join(_COLUMNS)}, parted by commas ({column} is missing). Add a header."
            )
        found.append(index)
    return found


def _group(rows: Iterable[Row], path: str) -> Iterator[RawSentence]:
    seen: set[str] = set()
    current: str | None = None
    block: list[Row] = []
    for row in rows:
        line, sentence_id = row[0], row[1]
        if sentence_id and sentence_id != current:
            if sentence_id in seen:
                raise CorpusError(
                    f"{path}:{line}: sentence {sentence_id} comes back after another; expected "
                    "its rows together. Sort the rows by sentence."
                )
            if block:
                yield _sentence(block, path)
            seen.add(sentence_id)
            current, block = sentence_id, []
        block.append(row)
    if block:
        yield _sentence(block, path)


def _sentence(block: list[Row], path: str) -> RawSentence:
    lines, _, words, tags = zip(*block, strict=True)
    return RawSentence(words, tags, path, lines)
