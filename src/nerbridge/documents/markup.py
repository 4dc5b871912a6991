"""Text in markup: paragraphs made of nodes, each knowing the element it stands in."""

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
class TextNode:
    """Some text, and the element whose ``text`` or ``tail`` it is; None for tabs and breaks."""

    text: str
    element: etree._Element | None = None
    slot: Literal["text", "tail"] = "text"

    def write(self, text: str) -> None:
        """Write another text in the node's place."""
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
    """A paragraph: where a person finds it, and its nodes."""

    place: str
    nodes: list[TextNode]

    @property
    def text(self) -> str:
        """The nodes, one after the other."""
        return "".join(node.text for node in self.nodes)


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
        replace_in_nodes(block.nodes, inside)
        offset = end + len(BETWEEN)


def replace_in_nodes(nodes: Sequence[TextNode], redacted: Sequence[Redacted]) -> None:
    """Write ``redacted`` into the nodes of one paragraph; offsets count within it.

    The label stands in the first node that a range touches, so that it has its formatting; the
    others lose their part of it.
    """
    # From the end, so that the offsets of earlier ranges stay right.
    for start, end, label in reversed(redacted):
        texts = list(_cut(nodes, start, end))
        has_label = False
        for node, before, after in texts:
            # Tabs and breaks have no element to write into: the label goes into the next node.
            shown = "" if has_label or node.element is None else label
            has_label = has_label or bool(shown)
            node.text = before + shown + after
            node.write(node.text)


def _cut(nodes: Sequence[TextNode], start: int, end: int) -> Iterator[tuple[TextNode, str, str]]:
    """The nodes that a range touches, with what they hold before it and behind it."""
    offset = 0
    for node in nodes:
        first, last = offset, offset + len(node.text)
        offset = last
        if first < end and last > start:
            yield node, node.text[: max(0, start - first)], node.text[max(0, end - first) :]
