"""CoNLL files: one word a line, the word first, its tag last, a blank line between sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from nerbridge.corpus.files import read_text, write_text
from nerbridge.corpus.raw import RawSentence, RawSplit, check_word
from nerbridge.corpus.sentence import Sentence
from nerbridge.errors import CorpusError

DOCUMENT_START = "-DOCSTART-"
_LOOKS_LIKE_TAG = re.compile(r"O|[BILUES]-.+")


def read_conll(path: Path) -> RawSplit:
    """Read a CoNLL file of two or more columns; columns between the first and the last are dropped.

    Columns are parted by tabs if the first line of words holds a tab, else by runs of spaces;
    every line must have as many columns as the first. ``-DOCSTART-`` lines part sentences.
    A line starting with ``#`` is a comment only before the first word of a sentence and only
    if it cannot be a word line: its last column is not shaped like a tag. So ``# text = …`` is a
    comment, ``#<TAB>O`` is a word.

    Raises:
        CorpusError: the file cannot be read, or a line is not a word and its tag.
    """
    rows = list(_rows(path))
    sentences = tuple(_group(rows, str(path)))
    if not sentences:
        raise CorpusError(
            f"{path}: no sentence, only comments or blank lines; expected a word and a tag a line. "
            "Check that the file was exported completely."
        )
    return RawSplit(sentences)


def write_conll(path: Path, sentences: Iterable[Sentence]) -> None:
    """Write word, tab, tag; a blank line after every sentence.

    Raises:
        CorpusError: a word that the format cannot hold (tab, line break, ``-DOCSTART-``).
    """
    write_text(path, "".join(_block(sentence) for sentence in sentences))


def _rows(path: Path) -> Iterator[tuple[int, str, str] | None]:
    """Line number, word and tag of every word; None where a sentence ends."""
    separator: str | None = None
    n_columns = 0
    is_inside = False
    name = str(path)
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        line = line.rstrip(" \t\r")
        if not line or _is_document_start(line):
            is_inside = False
            yield None
            continue
        columns = _columns(line, separator)
        if not is_inside and line.startswith("#") and not _can_be_word(columns):
            continue
        if separator is None:
            separator, n_columns = ("\t" if "\t" in line else " "), len(columns)
        if len(columns) != n_columns or n_columns == 1:
            raise _wrong_columns(f"{name}:{number}", columns, n_columns)
        is_inside = True
        yield number, check_word(columns[0], name, number), columns[-1].strip(" ")


def _is_document_start(text: str) -> bool:
    return (
        text.startswith(DOCUMENT_START) and re.split("[\t ]", text, maxsplit=1)[0] == DOCUMENT_START
    )


def _columns(line: str, separator: str | None) -> list[str]:
    if separator == "\t" or (separator is None and "\t" in line):
        return line.split("\t")
    return [column for column in line.split(" ") if column]


def _can_be_word(columns: list[str]) -> bool:
    return len(columns) > 1 and _LOOKS_LIKE_TAG.fullmatch(columns[-1].strip()) is not None


def _wrong_columns(place: str, columns: list[str], n_columns: int) -> CorpusError:
    if len(columns) == 1:
        found = "a tag without a word" if _LOOKS_LIKE_TAG.fullmatch(columns[0]) else "no tag"
        return CorpusError(
            f"{place}: {found}: one column, {columns[0]!r}; expected a word and its tag. "
            "If it is the last line, the file was cut: fetch it again."
        )
    return CorpusError(
        f"{place}: {len(columns)} columns; expected {n_columns}, as in the lines "
        "before. Mend the line, or part all columns by tabs."
    )


def _group(rows: Iterable[tuple[int, str, str] | None], path: str) -> Iterator[RawSentence]:
    block: list[tuple[int, str, str]] = []
    for row in [*rows, None]:
        if row is not None:
            block.append(row)
        elif block:
            lines, words, tags = zip(*block, strict=True)
            yield RawSentence(words, tags, path, lines)
            block = []


def _block(sentence: Sentence) -> str:
    for word in sentence.words:
        if _is_document_start(word) or not word.strip() or any(char in "\t\n\r" for char in word):
            raise CorpusError(
                f"{sentence.path}:{sentence.line}: the word {word!r} cannot stand in a CoNLL file. "
                "Write JSONL, CSV or Parquet instead."
            )
    rows = (f"{word}\t{tag}\n" for word, tag in zip(sentence.words, sentence.tags, strict=True))
    return "".join(rows) + "\n"
