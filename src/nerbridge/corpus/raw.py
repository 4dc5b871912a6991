"""The output of a reader of a file format: words and tags as in the file, with their places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from nerbridge.errors import CorpusError

Unit = Literal["line", "record"]
_NO_TEXT = re.compile("[\\0\\ud800-\\udfff]")


@dataclass(frozen=True, slots=True)
class RawSentence:
    """Words and tags of one sentence in the file's own scheme and types; ``lines`` per word.

    ``unit`` says what ``lines`` counts, from 1: lines of a text file or records of a table.
    ``document`` names the document that it stands in, where the file says so.
    """

    words: tuple[str, ...]
    tags: tuple[str, ...]
    path: str
    lines: tuple[int, ...]
    unit: Unit = "line"
    document: str = ""

    def place(self, index: int) -> str:
        """Where word ``index`` stands, for messages.

        >>> RawSentence(("x",), ("O",), "train.conll", (7,)).place(0)
        'train.conll:7'
        >>> RawSentence(("x",), ("O",), "train.parquet", (7,), "record").place(0)
        'train.parquet, record 7'
        """
        return place(self.path, self.lines[index], self.unit)


@dataclass(frozen=True)
class RawSplit:
    """The sentences of one file, in file order, and what reading it cost."""

    sentences: tuple[RawSentence, ...]
    losses: Mapping[str, int] = field(default_factory=dict)


def place(path: str, line: int, unit: Unit) -> str:
    """``path:line`` for text, ``path, record n`` for tables."""
    return f"{path}:{line}" if unit == "line" else f"{path}, record {line}"


def raw_sentence(
    words: Iterable[object],
    tags: Iterable[object],
    path: str,
    line: int,
    unit: Unit = "line",
) -> RawSentence:
    """A sentence that stands in one record: as many words as tags, all of them text.

    Raises:
        CorpusError: lengths differ, or a word or tag is blank, not text or not valid Unicode.
    """
    words, tags = tuple(words), tuple(tags)
    if len(words) != len(tags):
        raise CorpusError(
            f"{place(path, line, unit)}: {len(words)} words and {len(tags)} tags; "
            "expected one tag for every word. Fix this record."
        )
    texts = tuple(check_word(word, path, line, unit) for word in words)
    names = tuple(_check_tag(tag, path, line, unit) for tag in tags)
    return RawSentence(texts, names, path, (line,) * len(words), unit)


def check_word(word: object, path: str, line: int, unit: Unit = "line") -> str:
    """The word, after a check that it is one.

    Raises:
        CorpusError: not text, blank, or holding a NUL or a lone surrogate.
    """
    if not isinstance(word, str):
        raise CorpusError(
            f"{place(path, line, unit)}: {word!r} is not a word; expected text. Fix this record."
        )
    if not word.strip():
        raise CorpusError(
            f"{place(path, line, unit)}: a tag without a word (the word is {word!r}); "
            "expected a word with at least one visible character. Remove it or restore the word."
        )
    if _NO_TEXT.search(word):
        raise CorpusError(
            f"{place(path, line, unit)}: {word!a} holds a NUL or half a character (a lone "
            "surrogate); expected text. Export the file again."
        )
    return word


def _check_tag(tag: object, path: str, line: int, unit: Unit) -> str:
    if not isinstance(tag, str):
        raise CorpusError(
            f"{place(path, line, unit)}: {tag!r} is not a tag; expected a name "
            "such as 'B-LOC'. Fix this record, or give the names of the ids (labels.txt)."
        )
    return tag
