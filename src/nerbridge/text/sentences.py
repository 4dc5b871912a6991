"""Sentences, as ranges of whole words.

A sentence ends

- behind ``। ॥ ৷ ? ! …`` and their kin, and behind a full stop or dots that are a word of their own.
  A full stop inside a word, as in ``ড.``, ``এ.কে.``, ``৩.৫`` or an address, ends nothing (`words`
  says which), nor do ``ড°``, ``মিঃ``, ``ডঃ``: they hold no such sign;
- together with the closing quotes and brackets and further such signs right behind it;
- at a line break, unless it only wraps a paragraph (`wrapping`).

All this looks at words only, so that a text has the same sentences in any Unicode form.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import regex

from nerbridge.text.normalise import DANDA_LOOKALIKES
from nerbridge.text.words import split_words
from nerbridge.text.wrapping import LINE_BREAK, find_wraps

MAX_WORDS = 1000
"""A sentence of more words is cut, so that text without any end can be tagged piece by piece."""

_IGNORED = r"\p{Cf}*"
_LOOKALIKES = "".join(map(regex.escape, sorted(DANDA_LOOKALIKES)))
_END = regex.compile(rf"{_IGNORED}(?:[\p{{Sentence_Break=STerm}}…{_LOOKALIKES}]|\.+$)")
_CLOSING = regex.compile(rf"{_IGNORED}[\p{{Pe}}\p{{Pf}}'\"]")
_PAUSE = regex.compile(rf"{_IGNORED}[,;:\p{{Pd}}]")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Half-open character ranges of the sentences, in order.

    A sentence begins with its first word and ends with its last; every word lies in one.

    >>> text = "ড° দাস আহিল। 'ক'ত?' তেওঁ ক'লে"
    >>> [text[start:end] for start, end in split_sentences(text)]
    ['ড° দাস আহিল।', "'ক'ত?'", "তেওঁ ক'লে"]
    """
    return [(words[0][0], words[-1][1]) for words in iter_sentences(text, split_words(text))]


def iter_sentences(
    text: str, words: Iterable[tuple[int, int]], max_words: int = MAX_WORDS
) -> Iterator[list[tuple[int, int]]]:
    """The words of each sentence, given all words of the text as ranges, in order.

    A sentence of more than ``max_words`` words is cut after the last comma or other pause in the
    second half of these words, else after the last of them.
    """
    wraps = find_wraps(text)
    sentence: list[tuple[int, int]] = []
    has_ended = False
    for start, end in words:
        if sentence:
            gap = text[sentence[-1][1] : start]
            if _is_break(gap, sentence[-1][1], wraps) or (
                has_ended and not _belongs(text, start, end, gap)
            ):
                yield sentence
                sentence, has_ended = [], False
            elif len(sentence) >= max_words:
                cut = _find_pause(text, sentence)
                yield sentence[:cut]
                sentence = sentence[cut:]
        sentence.append((start, end))
        has_ended = has_ended or _is_end(text, start, end)
    if sentence:
        yield sentence


def _is_break(gap: str, start: int, wraps: Collection[int]) -> bool:
    if gap in ("", " ") or (found := LINE_BREAK.search(gap)) is None:
        return False
    return start + found.start() not in wraps


def _is_end(text: str, start: int, end: int) -> bool:
    first = text[start]
    may_end = not first.isalpha() or first in DANDA_LOOKALIKES
    return may_end and _END.match(text, start, end) is not None


def _belongs(text: str, start: int, end: int, gap: str) -> bool:
    """Whether a word behind a sentence's end is still part of it."""
    if _is_end(text, start, end):
        return True
    return not any(map(str.isspace, gap)) and _CLOSING.match(text, start, end) is not None


def _find_pause(text: str, sentence: list[tuple[int, int]]) -> int:
    for index in range(len(sentence), len(sentence) // 2, -1):
        if _PAUSE.match(text, *sentence[index - 1]):
            return index
    return len(sentence)
