"""Find the words, the word column and the comments of CoNLL files.

Readers of labelled files and of files to tag share these rules, so that both see the same words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

DOCUMENT_START = "-DOCSTART-"
Cells = Sequence[str]
SentenceCells = Sequence[Cells]

_TAG = re.compile(r"[Oo]|[BILUES]-.+")
_KEY_AND_VALUE = re.compile(r"#\s*[\w.:-]+\s*=\s.*")
_ID = re.compile(r"(\d+)(?:-(\d+)|\.\d+)?")
_NUMBER = re.compile(r"[0-9]+(?:[-.:_][0-9]+)*[.)]?")
_MIN_NUMBERS = 2
_MIN_EVIDENCE = 3
"""Sentences plus words of the longest sentence that show that a column counts words."""
_MIN_NAMED = 2
_MIN_COLUMNS_OF_2012 = 11


@dataclass(frozen=True)
class ConllLine:
    """One line of words: its number and its cells."""

    line: int
    cells: Cells


def read_rows(
    lines: Iterable[tuple[int, str]], skip: Callable[[str], object] = lambda line: None
) -> Iterator[list[ConllLine]]:
    """The rows of every sentence, as they are asked for.

    Columns are separated by tabs if the first row of a sentence holds a tab, else by spaces.
    A blank line or ``-DOCSTART-`` ends a sentence.

    Args:
        lines: their numbers and texts.
        skip: called with every comment and ``-DOCSTART-`` line.

    >>> lines = ["a O", "", "b O"]
    >>> [[row.cells for row in rows] for rows in read_rows(enumerate(lines, start=1))]
    [[['a', 'O']], [['b', 'O']]]
    """
    separator: str | None = None
    rows: list[ConllLine] = []
    for number, line in lines:
        line = line.rstrip(" \t\r\n")
        if not line or is_document_start(line):
            if line:
                skip(line)
            if rows:
                yield rows
            rows = []
            continue
        cells = _split(line, separator)
        # Within a sentence ``#`` may be a word; a row of a table with tabs has several cells.
        is_between = not rows or (len(cells) == 1 and separator == "\t")
        if is_between and is_comment(line, cells):
            skip(line)
            continue
        if not rows:
            separator = "\t" if "\t" in line else " "
        rows.append(ConllLine(number, _split(line, separator)))
    if rows:
        yield rows


def _split(line: str, separator: str | None) -> list[str]:
    if separator == "\t" or (separator is None and "\t" in line):
        return line.split("\t")
    return [cell for cell in line.split(" ") if cell]


def looks_like_tag(cell: str) -> bool:
    """Whether a cell is ``O`` or a prefix and a type.

    >>> [looks_like_tag(cell) for cell in ("B-LOC", "o", "NNP")]
    [True, True, False]
    """
    return _TAG.fullmatch(cell.strip()) is not None


def is_document_start(line: str) -> bool:
    """Whether the line begins a document: its first word is ``-DOCSTART-``."""
    return line.startswith(DOCUMENT_START) and re.split("[\t ]", line, maxsplit=1)[0] == (
        DOCUMENT_START
    )


def is_comment(line: str, columns: Cells) -> bool:
    """Whether a line that stands before a sentence is a comment; ``columns`` are its own.

    >>> is_comment("# text = B-12", "# text = B-12".split()), is_comment("# O", ["#", "O"])
    (True, False)
    """
    if not line.startswith("#"):
        return False
    if _KEY_AND_VALUE.fullmatch(line):
        return True
    return len(columns) < 2 or not looks_like_tag(columns[-1])


def find_word_column(sentences: Sequence[SentenceCells]) -> int:
    """The column of the words, from 0: behind columns that count them or name their sentence.

    A column counts if it numbers the words of every sentence (from 1 or 0, or on from the sentence
    before). It names a sentence or document if it is the same in all words of each.

    >>> find_word_column([[["1", "অসম", "B-LOC"], ["2", "।", "O"]]])
    1
    >>> find_word_column([[["1", "O"], ["2", "O"]]])
    0
    """
    column = 0
    while _is_index(sentences, column) or _is_name(sentences, column):
        column += 1
    is_wide = all(len(row) >= _MIN_COLUMNS_OF_2012 for rows in sentences for row in rows)
    if column == 0 and is_wide and _is_index(sentences, 2):
        return 3  # CoNLL-2012, of a single sentence
    return column


def find_index_column(sentences: Sequence[SentenceCells], word: int) -> int | None:
    """The column before the words that counts them; None if there is none.

    >>> find_index_column([[["s1", "1", "অসম"], ["s1", "2", "।"]]], 2)
    1
    """
    return next((column for column in range(word) if _is_index(sentences, column)), None)


def counts_words(ids: Sequence[str]) -> bool:
    """Whether the cells number the words of a sentence, with the ranges and nodes of CoNLL-U.

    The numbers may go on from the sentence before; `find_word_column` looks at that.

    >>> counts_words(["1-2", "1", "2", "2.1", "3"]), counts_words(["7", "8"]), counts_words(["x"])
    (True, True, False)
    """
    matches = [_ID.fullmatch(one) for one in ids]
    numbers = [int(one) for one in ids if one.isdecimal()]
    return (
        all(matches)
        and bool(numbers)
        and all(after == before + 1 for before, after in pairwise(numbers))
    )


def surface_rows(rows: SentenceCells, index: int = 0) -> list[tuple[Cells, Sequence[Cells]]]:
    """The rows that are words of the text, each with the rows of its parts.

    A range (``1-2``) replaces the words that it covers. A node that is not in the text (``1.1``) is
    dropped. A word without parts is its own only part.

    >>> rows = [["1-2", "vámonos"], ["1", "vamos"], ["2", "nos"], ["2.1", "x"], ["3", "al"]]
    >>> [(row[1], len(parts)) for row, parts in surface_rows(rows)]
    [('vámonos', 2), ('al', 1)]
    """
    words = {row[index]: row for row in rows if row[index].isdecimal()}
    found: list[tuple[Cells, Sequence[Cells]]] = []
    covered = -1
    for row in rows:
        match = _ID.fullmatch(row[index])
        if match and match[2]:
            covered = int(match[2])
            numbers = range(int(match[1]), covered + 1)
            found.append((row, [words[str(n)] for n in numbers if str(n) in words]))
        elif row[index].isdecimal() and int(row[index]) > covered:
            found.append((row, [row]))
    return found


def _is_index(sentences: Sequence[SentenceCells], column: int) -> bool:
    """Whether the column numbers the words, and another column holds words."""
    if len(sentences) + max(map(len, sentences), default=0) < _MIN_EVIDENCE or not _has_words(
        sentences, column + 1
    ):
        return False
    counted = [[row[column] for row in sentence] for sentence in sentences]
    if not all(map(counts_words, counted)):
        return False
    # Some files number on through all sentences; others begin each sentence with 0 or 1.
    starts = [next(int(one) for one in ids if one.isdecimal()) for ids in counted]
    goes_on = counts_words([one for ids in counted for one in ids])
    return starts[0] in (0, 1) and (goes_on or all(start in (0, 1) for start in starts))


def _is_name(sentences: Sequence[SentenceCells], column: int) -> bool:
    """Whether the column is the same within each sentence, as no words are."""
    # In a sentence of one word every column is constant, so it shows nothing.
    long = [sentence for sentence in sentences if len(sentence) > 1]
    is_enough = len(long) >= _MIN_NAMED or (bool(long) and _is_index(sentences, column + 1))
    if not is_enough or not _has_words(sentences, column + 1, 2):
        return False
    return all(len({row[column] for row in sentence}) == 1 for sentence in long)


def _has_words(sentences: Sequence[SentenceCells], column: int, n_columns: int = 1) -> bool:
    """Whether there are columns from this one on, and the first of them is not one of tags."""
    rows = [row for sentence in sentences for row in sentence]
    return min(map(len, rows), default=0) >= column + n_columns and not all(
        looks_like_tag(row[column]) for row in rows
    )


def are_numbers(rows: Sequence[Cells], column: int) -> bool:
    """Whether what should be words are numbers, and other columns than tags stand behind them.

    >>> are_numbers([["1-1", "অসম"], ["1-2", "।"]], 0), are_numbers([["7", "O"], ["8", "O"]], 0)
    (True, False)
    """
    return (
        len(rows) >= _MIN_NUMBERS
        and _has_words([rows], column + 1)
        and all(_NUMBER.fullmatch(row[column]) for row in rows)
    )
