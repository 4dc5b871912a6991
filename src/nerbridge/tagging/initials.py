"""Initials right before a person's name, which belong to it whatever the model says of them.

A model has met few of the letters, and of each few spellings (``ডব্লিউ.``, ``ডাব্লিউ.``).
"""

from __future__ import annotations

from collections.abc import Sequence

from nerbridge.labels import Span
from nerbridge.text.abbreviations import is_initial

_PERSON = "PER"


def take_in_initials(
    words: Sequence[str], found: Sequence[tuple[Span, float]]
) -> list[tuple[Span, float]]:
    """Spans and scores of one sentence, in order, where persons begin with all their initials.

    A span of nothing but initials right before a person is part of the person. The person's score
    stays. A letter (``ক.``, ``A.``) is an initial only before another initial: else it may number a
    list.

    >>> words = ["এছ.", "ডব্লিউ.", "কে.", "শৰ্মা"]
    >>> take_in_initials(words, [(Span(1, 2, "LOC"), 0.5), (Span(2, 4, "PER"), 0.9)])
    [(Span(start_word=0, end_word=4, type='PER'), 0.9)]
    """
    tidy: list[tuple[Span, float]] = []
    for span, score in found:
        start = _first_initial(words, span) if span.type == _PERSON else span.start_word
        while tidy and tidy[-1][0].end_word > start and _is_only_initials(words, tidy[-1][0]):
            start = min(start, tidy.pop()[0].start_word)
        if tidy:
            start = max(start, tidy[-1][0].end_word)
        tidy.append((Span(start, span.end_word, span.type), score))
    return tidy


def _first_initial(words: Sequence[str], span: Span) -> int:
    start = span.start_word
    while start and is_initial(words[start - 1], spelled=not is_initial(words[start])):
        start -= 1
    return start


def _is_only_initials(words: Sequence[str], span: Span) -> bool:
    return all(is_initial(word) for word in words[span.start_word : span.end_word])
