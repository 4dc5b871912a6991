"""Initials and the person's name behind them, which are one name whatever the model says.

A model has met few of the letters, and of each few spellings (``ডব্লিউ.``, ``ডাব্লিউ.``).
"""

from __future__ import annotations

from collections.abc import Sequence

from nerbridge.labels import Span
from nerbridge.text.abbreviations import is_initial

Scored = tuple[Span, float]
_PERSON = "PER"


def join_initials(words: Sequence[str], found: Sequence[Scored]) -> list[Scored]:
    """Spans and scores of one sentence, in order, where persons begin with all their initials.

    Initials right before a person are part of it, also where they were a span of their own. A
    letter (``ক.``, ``A.``) is an initial only before another initial: else it may number a list.
    The score of the person stays.

    >>> words = ["এছ.", "ডব্লিউ.", "কে.", "শৰ্মা"]
    >>> join_initials(words, [(Span(1, 2, "LOC"), 0.5), (Span(2, 4, "PER"), 0.9)])
    [(Span(start_word=0, end_word=4, type='PER'), 0.9)]
    """
    tidy: list[Scored] = []
    for span, score in found:
        start = span.start_word
        if span.type == _PERSON:
            start = _first_initial(words, span)
            # Initials that the model took for names of their own become part of this one.
            while tidy and tidy[-1][0].end_word >= start and _is_only_initials(words, tidy[-1][0]):
                start = min(start, tidy.pop()[0].start_word)
        if tidy:
            # What stands before may be no mere initials, and spans must not overlap.
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
