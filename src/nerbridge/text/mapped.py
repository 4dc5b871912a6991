"""A text derived from another one, and where each of its characters came from."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import regex

_GRAPHEME = regex.compile(r"\X")


@dataclass(frozen=True, slots=True)
class MappedText:
    """A derived ``text``; its character ``i`` came from ``original[starts[i]:ends[i]]``.

    ``starts`` and ``ends`` never decrease. Characters of ``original`` that lie in no such range
    were removed.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    original: str

    @classmethod
    def identity(cls, text: str) -> MappedText:
        """The text itself, every character from itself."""
        return cls(text, tuple(range(len(text))), tuple(range(1, len(text) + 1)), text)

    @classmethod
    def from_pieces(cls, original: str, pieces: Iterable[tuple[int, int, str]]) -> MappedText:
        """Join pieces ``(start, end, replacement)`` of ``original``, given in order.

        Every character of a replacement maps to the whole piece, ``original[start:end]``.

        >>> MappedText.from_pieces("abc", [(0, 1, "xy"), (2, 3, "c")]).starts
        (0, 0, 2)
        """
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for start, end, replacement in pieces:
            texts.append(replacement)
            starts.extend([start] * len(replacement))
            ends.extend([end] * len(replacement))
        return cls("".join(texts), tuple(starts), tuple(ends), original)

    def compose(self, other: MappedText) -> MappedText:
        """``other``, which was derived from ``self.text``, with its map back to our original.

        Raises:
            ValueError: ``other`` was derived from another text.
        """
        if other.original != self.text:
            raise ValueError(
                f"cannot compose: the second text was derived from {other.original!r}, "
                f"expected {self.text!r}. Derive it from the .text of the first."
            )
        starts = tuple(self.starts[i] for i in other.starts)
        ends = tuple(self.ends[i - 1] for i in other.ends)
        return MappedText(other.text, starts, ends, self.original)

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of ``original`` that ``text[start:end]`` came from.

        Widened to whole graphemes of ``original``, so that no letter loses its vowel sign. An
        empty range gives an empty range.

        Raises:
            ValueError: not ``0 <= start <= end <= len(text)``.

        >>> MappedText.identity("গুৱাহাটী").original_span(0, 1)
        (0, 2)
        """
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(
                f"span ({start}, {end}) lies outside a text of {len(self.text)} characters; "
                "expected 0 <= start <= end <= length."
            )
        borders = _grapheme_borders(self.original)
        first = self.starts[start] if start < len(self.text) else len(self.original)
        first = borders[bisect_right(borders, first) - 1]
        if start == end:
            return first, first
        return first, borders[bisect_left(borders, max(first, self.ends[end - 1]))]


@lru_cache(maxsize=1)
def _grapheme_borders(text: str) -> array[int]:
    """The starts of graphemes and the end of the text, cached for further spans of this text."""
    return array("i", [*(match.start() for match in _GRAPHEME.finditer(text)), len(text)])
