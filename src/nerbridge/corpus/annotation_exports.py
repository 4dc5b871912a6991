"""A text with spans, as words and tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from nerbridge.corpus.offsets import CharSpan
from nerbridge.corpus.raw import RawSentence, Unit, check_word
from nerbridge.labels import OUTSIDE
from nerbridge.text.sentences import iter_sentences
from nerbridge.text.words import split_words

WordRanges = Sequence[tuple[int, int]]


def text_to_sentences(
    text: str,
    spans: Sequence[CharSpan],
    path: str,
    line: int,
    unit: Unit,
    losses: Counter[str],
    *,
    is_running: bool = False,
) -> Iterator[RawSentence]:
    """Words and IOB2 tags of one text with offsets in code points; nothing if it has no words.

    A span that cuts a word is widened to whole words (``widened_spans``). Of spans that share a
    word only the longest is kept (``overlapping_spans``). A span without a word is dropped
    (``empty_spans``).

    Args:
        text: the text.
        spans: inside of it, offsets in code points.
        path: for messages.
        line: for messages.
        unit: for messages.
        losses: every change is counted here.
        is_running: divide the text into its sentences, but never inside of a span.
    """
    words = [(start, end) for start, end in split_words(text) if text[start:end].strip()]
    if not words:
        losses["dropped_empty"] += 1
        return
    tags = [OUTSIDE] * len(words)
    # IOB2 holds no nested entities. Longest first, so that the outer one of nested spans is kept.
    for span in sorted(spans, key=_longest_first):
        _lay_span(span, words, tags, losses)
    ends = _sentence_ends(text, words, tags) if is_running else [len(words)]
    first = 0
    for end in ends:
        surfaces = [check_word(text[a:b], path, line, unit) for a, b in words[first:end]]
        lines = (line,) * (end - first)
        yield RawSentence(tuple(surfaces), tuple(tags[first:end]), path, lines, unit)
        first = end


def _sentence_ends(text: str, words: WordRanges, tags: Sequence[str]) -> Iterable[int]:
    """The number of words before the end of each sentence; no end lies inside of an entity."""
    # The splitter may take a full stop inside of a name, as in "U. N. Brahma", for a sentence end.
    n_words = 0
    for sentence in iter_sentences(text, words):
        n_words += len(sentence)
        if n_words == len(words) or not tags[n_words].startswith("I-"):
            yield n_words


def _longest_first(span: CharSpan) -> tuple[int, int, str]:
    return (span.start_char - span.end_char, span.start_char, span.type)


def _lay_span(span: CharSpan, words: WordRanges, tags: list[str], losses: Counter[str]) -> None:
    covered = [
        index
        for index, (start, end) in enumerate(words)
        if start < span.end_char and end > span.start_char
    ]
    if not covered:
        losses["empty_spans"] += 1
        return
    if any(tags[index] != OUTSIDE for index in covered):
        losses["overlapping_spans"] += 1
        return
    if words[covered[0]][0] < span.start_char or words[covered[-1]][1] > span.end_char:
        losses["widened_spans"] += 1
    for index in covered:
        tags[index] = f"{'B' if index == covered[0] else 'I'}-{span.type}"
