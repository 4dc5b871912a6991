"""Texts and lists of words as the sentences that the tagger reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import regex

from nerbridge.errors import TextTypeError
from nerbridge.text.checking import check_text
from nerbridge.text.sentences import iter_sentences
from nerbridge.text.words import iter_words

LETTER = regex.compile(r"\p{L}")
_BATCH_WORDS = 16_384


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence of ``text``, its words as character ranges; the first is word ``first_word``."""

    text: str
    ranges: Sequence[tuple[int, int]]
    first_word: int
    is_last: bool

    @property
    def words(self) -> list[str]:
        """The words as they stand in the text."""
        return [self.text[start:end] for start, end in self.ranges]

    @property
    def has_letter(self) -> bool:
        """Whether a letter stands between the start of the first word and the end of the last."""
        if not self.ranges:
            return False
        return LETTER.search(self.text, self.ranges[0][0], self.ranges[-1][1]) is not None


def split_text(text: str) -> Iterator[ReadSentence]:
    """The sentences of a text, at least one, the last of them marked."""
    first_word = 0
    previous: list[tuple[int, int]] = []
    for ranges in iter_sentences(text, iter_words(text)):
        # One sentence behind, since only the end of the text tells which one is the last.
        if previous:
            yield ReadSentence(text, previous, first_word, is_last=False)
        first_word += len(previous)
        previous = ranges
    yield ReadSentence(text, previous, first_word, is_last=True)


def join_words(words: object, number: int) -> ReadSentence:
    """The words of sentence ``number``, joined by single spaces, as a sentence.

    Raises:
        TextTypeError: if they are no sequence of ``str``.
        TextError: if a word holds a lone surrogate.
    """
    if isinstance(words, str) or not isinstance(words, Sequence):
        raise TextTypeError(
            f"sentence {number}: found {type(words).__name__}, expected a list of words. For "
            "running text use tag or tag_many."
        )
    checked = [
        check_text(word, f"sentence {number}, word {index}") for index, word in enumerate(words)
    ]
    ends = list(accumulate((len(word) + 1 for word in checked), initial=0))
    ranges = [(start, end - 1) for start, end in pairwise(ends)]
    return ReadSentence(" ".join(checked), ranges, 0, is_last=True)


def batches(sentences: Iterator[ReadSentence], batch_size: int) -> Iterator[list[ReadSentence]]:
    """At most ``batch_size`` sentences at a time, fewer where they are long."""
    batch: list[ReadSentence] = []
    n_words = 0
    for sentence in sentences:
        batch.append(sentence)
        n_words += len(sentence.ranges)
        # The limit on words bounds the memory where sentences are very long.
        if len(batch) >= batch_size or n_words >= _BATCH_WORDS:
            yield batch
            batch, n_words = [], 0
    if batch:
        yield batch
