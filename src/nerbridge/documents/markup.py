"""Text in markup: paragraphs made of pieces, each knowing the element it stands in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from nerbridge.documents.document import BETWEEN

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
Redacted = tuple[int, int, str]
"""A half-open range of the document's text, and what to write instead."""


@dataclass(slots=True)
class Piece:
    """Some text, and the element whose ``text`` or ``tail`` it is; None for tabs and breaks."""

    text: str
    element: etree._Element | None = None
    slot: Literal["text", "tail"] = "text"

    def write(self, text: str) -> None:
        """Write another text in the piece's place."""
        if self.element is not None:
            setattr(self.element, self.slot, to_writable(text))


def to_writable(text: str) -> str:
    r"""The text with U+FFFD for control characters, which HTML is read with but not written.

    >>> to_writable("a\x01b")
    'a\ufffdb'
    """
    return _CONTROL.sub("\ufffd", text)


@dataclass(slots=True)
class Block:
    """A paragraph: where a person finds it, and its pieces."""

    place: str
    pieces: list[Piece]

    @property
    def text(self) -> str:
        """The pieces, one after the other."""
        return "".join(piece.text for piece in self.pieces)


def replace_in_blocks(blocks: Iterable[Block], redacted: Sequence[Redacted]) -> None:
    """Write ``redacted`` (in order, apart) into the elements of a document made of ``blocks``."""
    offset = 0
    for block in blocks:
        end = offset + len(block.text)
        inside = [
            (max(start, offset) - offset, min(stop, end) - offset, label)
            for start, stop, label in redacted
            if start < end and stop > offset
        ]
        replace_in_pieces(block.pieces, inside)
        offset = end + len(BETWEEN)


def replace_in_pieces(pieces: Sequence[Piece], redacted: Sequence[Redacted]) -> None:
    """Write ``redacted`` into the pieces of one paragraph; offsets count within it.

    The label stands in the first piece that a range touches, so that it has its formatting; the
    others lose their part of it.
    """
    for start, end, label in reversed(redacted):
        texts = list(_cut(pieces, start, end))
        has_label = False
        for piece, before, after in texts:
            shown = "" if has_label or piece.element is None else label
            has_label = has_label or bool(shown)
            piece.text = before + shown + after
            piece.write(piece.text)


def _cut(pieces: Sequence[Piece], start: int, end: int) -> Iterator[tuple[Piece, str, str]]:
    """The pieces that a range touches, with what they hold before it and behind it."""
    offset = 0
    for piece in pieces:
        first, last = offset, offset + len(piece.text)
        offset = last
        if first < end and last > start:
            yield piece, piece.text[: max(0, start - first)], piece.text[max(0, end - first) :]
