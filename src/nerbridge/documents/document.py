"""A document that has been read: its text, and where each part of it stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from nerbridge.io.kinds import DocumentKind

BETWEEN = "\n\n"
"""What stands in a document's text between two segments."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A paragraph, a heading or a table cell: ``text[start_char:end_char]`` of the document.

    ``place`` says where a person finds it: ``page 2, paragraph 3``, ``table 1, row 2``.
    """

    place: str
    start_char: int
    end_char: int


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was read.

    ``text`` is what a person reads, segment by segment in reading order; lines of a PDF stay
    lines. Offsets of segments and entities are half-open and count its code points. ``notices``
    say what was not read, and why. ``data`` are the bytes it was read from. ``is_whole_page``
    tells whether more was read of a page than its main text.
    """

    name: str
    kind: DocumentKind
    text: str
    segments: tuple[Segment, ...]
    notices: tuple[str, ...] = ()
    data: bytes = field(default=b"", repr=False, compare=False)
    is_whole_page: bool = False

    def place_of(self, start_char: int) -> str:
        """Where the character ``start_char`` stands; empty if the document has no segments.

        >>> parts = (Segment("page 1", 0, 2), Segment("page 2", 4, 6))
        >>> Document("a.pdf", "pdf", "ab\\n\\ncd", parts).place_of(4)
        'page 2'
        """
        index = bisect_right(self.segments, start_char, key=lambda segment: segment.start_char)
        return self.segments[max(0, index - 1)].place if self.segments else ""

    def to_dict(self) -> dict[str, Any]:
        """Everything but the bytes, fit for JSON."""
        segments = [
            {"place": part.place, "start_char": part.start_char, "end_char": part.end_char}
            for part in self.segments
        ]
        return {
            "name": self.name,
            "kind": self.kind,
            "text": self.text,
            "segments": segments,
            "notices": list(self.notices),
        }


def join_segments(parts: Iterable[tuple[str, str]]) -> tuple[str, tuple[Segment, ...]]:
    """The text and the segments of parts, each a place and a text.

    >>> join_segments([("page 1", "ক"), ("page 2", "খ")])[0]
    'ক\\n\\nখ'
    """
    places, texts = [], []
    for place, text in parts:
        places.append(place)
        texts.append(text)
    starts = accumulate((len(text) + len(BETWEEN) for text in texts), initial=0)
    segments = tuple(
        Segment(place, start, start + len(text))
        for place, text, start in zip(places, texts, starts, strict=False)
    )
    return BETWEEN.join(texts), segments
