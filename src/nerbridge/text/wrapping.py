"""Line breaks that only wrap a paragraph, as letters and e-mails have them, and end no sentence.

A paragraph is wrapped if no line but its last had room for the first word of the next. Measured in
characters and in graphemes, one of which a program that wraps goes by. A salutation right above the
paragraph is not part of it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import regex

LINE_BREAK = regex.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")

_MIN_LINES, _MIN_WIDTH = 3, 40
"""Fewer or shorter lines may be full by chance, as in a verse or a list."""
_SLACK = 2
"""Tolerance in characters, for forms of Unicode and spaces at the end of a line."""
_ITEM = regex.compile(r"\s*(?:[^\p{L}\p{N}\s\"'(\[‘“]|\p{N}{1,3}[.):]|\p{L}\))|.*\t", regex.DOTALL)
"""A line of a list or a table."""
_SALUTATION = regex.compile(r".{1,39}[,،](?:\s*[-–—])?\s*", regex.DOTALL)
_GRAPHEME = regex.compile(r"\X")


def find_wraps(text: str) -> frozenset[int]:
    """Offsets of the line breaks that only wrap a paragraph.

    >>> sorted(find_wraps("ক খ\\nগ ঘ"))
    []
    """
    if len(LINE_BREAK.findall(text)) < _MIN_LINES - 1:
        return frozenset()
    return frozenset(
        end for lines in _paragraphs(text) for _, end in _wrapped_lines(text, lines)[:-1]
    )


def _paragraphs(text: str) -> Iterator[list[tuple[int, int]]]:
    """Lines in a row that are not blank, as ranges."""
    lines: list[tuple[int, int]] = []
    start = 0
    for match in chain(LINE_BREAK.finditer(text), [None]):
        end = match.start() if match else len(text)
        if not text[start:end].isspace() and start < end:
            lines.append((start, end))
        elif lines:
            yield lines
            lines = []
        start = match.end() if match else end
    if lines:
        yield lines


def _wrapped_lines(text: str, lines: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of a wrapped paragraph: all of them, or all but a salutation; else none."""
    below = lines[1:] if _SALUTATION.fullmatch(text, *lines[0]) else []
    for part in (lines, below):
        if _is_wrapped([text[start:end] for start, end in part]):
            return part
    return []


def _is_wrapped(lines: Sequence[str]) -> bool:
    if len(lines) < _MIN_LINES or any(map(_ITEM.match, lines[1:])):
        return False
    return any(_are_full(lines, length) for length in (_n_chars, _n_graphemes))


def _are_full(lines: Sequence[str], length: Callable[[str], int]) -> bool:
    """Whether none of the lines, the last apart, had room for the first word of the next."""
    widths = [length(line.strip()) for line in lines]
    width = max(widths)
    if width < _MIN_WIDTH:
        return False
    first_words = (line.split(maxsplit=1)[0] for line in lines[1:])
    return all(
        line + 1 + length(word) + _SLACK > width
        for line, word in zip(widths, first_words, strict=False)
    )


def _n_chars(text: str) -> int:
    # Composed, so that a text has the same length in any form of Unicode.
    return len(unicodedata.normalize("NFC", text))


def _n_graphemes(text: str) -> int:
    return len(_GRAPHEME.findall(text))
