"""CoNLL files: one word a line, its tag in a further column, a blank line between sentences."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from nerbridge.corpus.files import read_text, write_text
from nerbridge.corpus.layout import Columns, Layout
from nerbridge.corpus.raw import RawSentence, RawSplit, check_word
from nerbridge.corpus.sentence import Sentence
from nerbridge.corpus.tag_columns import WordCells, choose_tags
from nerbridge.errors import CorpusError
from nerbridge.io.column_names import find_header
from nerbridge.io.conll import (
    ConllLine,
    are_numbers,
    find_index_column,
    find_word_column,
    is_document_start,
    looks_like_tag,
    read_rows,
    surface_rows,
)
from nerbridge.io.lines import split_lines

_BEGIN_DOCUMENT = "#begin document"
_NEW_DOCUMENT = "# newdoc"


def read_conll(path: Path, layout: Layout | None = None) -> RawSplit:
    """Read a CoNLL file of two or more columns: CoNLL-2002 to 2012, CoNLL-U, GermEval, UNER.

    Columns are separated by tabs if the first line of words holds a tab, else by runs of spaces.
    Every line must have as many columns as the first. ``-DOCSTART-`` lines separate sentences.
    A line starting with ``#`` is a comment only before the first word of a sentence and only
    if it cannot be a word line: it is ``# name = …``, or its last column is not shaped like a tag.

    The words stand in the first column, or behind an index column (`io.conll.find_word_column`
    says which one that is). `tag_columns.choose_tags` says which column holds the tags.

    Raises:
        CorpusError: the file cannot be read, or a line is not a word and its tag.
    """
    text = read_text(path)
    blocks = list(read_rows(enumerate(split_lines(text), start=1)))
    columns = (layout or Layout()).columns
    chosen = (columns.word, columns.tag) if columns else ()
    header = find_header(blocks[0][0].cells, chosen) if blocks else None
    if header is not None:
        blocks = [rows for rows in (blocks[0][1:], *blocks[1:]) if rows]
    if not blocks:
        raise CorpusError(
            f"{path}: no sentence, only comments or blank lines; expected a word and a tag per "
            "line. "
            "Check that the file was exported completely."
        )
    # CoNLL-2012 has as many columns as the sentence has predicates, so its widths differ.
    if not text.startswith(_BEGIN_DOCUMENT):
        _check_widths(blocks, str(path))
    losses: Counter[str] = Counter()
    starts = [n for n, line in enumerate(split_lines(text), start=1) if _starts_document(line)]
    if len(starts) == 1 and not text.startswith("#"):
        # Label Studio begins every file with a single mark, however many texts the file holds.
        starts = []
    return RawSplit(
        tuple(
            replace(found, document=f"{path}:{starts[n - 1]}") if n else found
            for found in _sentences(blocks, header, columns, str(path), losses)
            for n in [bisect_right(starts, found.lines[0])]
        ),
        losses,
    )


def write_conll(path: Path, sentences: Iterable[Sentence]) -> None:
    """Write word, tab, tag; a blank line after every sentence.

    Raises:
        CorpusError: a word that the format cannot hold (tab, line break, ``-DOCSTART-``).
    """
    write_text(path, "".join(_block(sentence) for sentence in sentences))


def _starts_document(line: str) -> bool:
    return is_document_start(line) or line.startswith((_BEGIN_DOCUMENT, _NEW_DOCUMENT))


def _check_widths(blocks: Iterable[Sequence[ConllLine]], name: str) -> None:
    n_columns = 0
    for row in (row for rows in blocks for row in rows):
        n_columns = n_columns or len(row.cells)
        if len(row.cells) != n_columns or n_columns == 1:
            raise _wrong_columns(f"{name}:{row.line}", row.cells, n_columns)


def _wrong_columns(place: str, columns: Sequence[str], n_columns: int) -> CorpusError:
    if len(columns) == 1:
        found = "a tag without a word" if looks_like_tag(columns[0]) else "no tag"
        return CorpusError(
            f"{place}: {found}: one column, {columns[0]!r}; expected a word and its tag. "
            "If it is the last line, the file was cut: fetch it again."
        )
    return CorpusError(
        f"{place}: {len(columns)} columns; expected {n_columns}, as in the lines "
        "before. Correct the line, or put a tab between all columns."
    )


def _sentences(
    blocks: Sequence[Sequence[ConllLine]],
    header: Sequence[str] | None,
    columns: Columns | None,
    path: str,
    losses: Counter[str],
) -> Iterator[RawSentence]:
    cells = [[row.cells for row in rows] for rows in blocks]
    word, tag = find_word_column(cells), None
    if columns is not None:
        place = f"{path}:{blocks[0][0].line}"
        word, tag = columns.find_in(header, len(cells[0][0]), place)
    elif are_numbers([row for rows in cells for row in rows], word):
        raise CorpusError(
            f"{path}:{blocks[0][0].line}: the first column holds only numbers, such as "
            f"{cells[0][0][0]!r}; expected words. Name the columns of words and tags, such as "
            "--columns 2,3, or remove the first column."
        )
    index = find_index_column(cells, word)
    words = [list(_take_words(rows, index)) for rows in blocks]
    tags = choose_tags([[parts for _, parts in rows] for rows in words], word, tag, losses)
    for rows, named in zip(words, tags, strict=True):
        lines = tuple(row.line for row, _ in rows)
        surfaces = tuple(check_word(row.cells[word], path, row.line) for row, _ in rows)
        yield RawSentence(surfaces, tuple(named), path, lines)


def _take_words(
    rows: Sequence[ConllLine], index: int | None
) -> Iterator[tuple[ConllLine, WordCells]]:
    """The words of a sentence with the cells of their parts, after CoNLL-U ranges are resolved."""
    if index is None:
        yield from ((row, [row.cells]) for row in rows)
        return
    # `surface_rows` knows cells alone, so the rows are found again by identity for their lines.
    by_cells = {id(row.cells): row for row in rows}
    for surface, parts in surface_rows([row.cells for row in rows], index):
        yield by_cells[id(surface)], parts


def _block(sentence: Sentence) -> str:
    for word in sentence.words:
        if is_document_start(word) or not word.strip() or re.search("[\t\n\r]", word):
            raise CorpusError(
                f"{sentence.path}:{sentence.line}: a CoNLL file cannot hold the word {word!r}. "
                "Write JSONL, CSV or Parquet instead."
            )
    rows = (f"{word}\t{tag}\n" for word, tag in zip(sentence.words, sentence.tags, strict=True))
    return "".join(rows) + "\n"
