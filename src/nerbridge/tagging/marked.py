"""A text as pieces, those of entities and those between, for whatever shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nerbridge.tagging.entity import Entity

# What is not text, and what a terminal would obey: controls but tab and line feed, half
# characters, noncharacters.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_OLD_BREAK = re.compile("\r(?!\n)")
_FIRST_PICTURE = 0x2400
_DELETE = 0x7F


def mark_entities(
    text: str, entities: Sequence[Entity], start_char: int = 0, end_char: int | None = None
) -> Iterator[tuple[str, Entity | None]]:
    """``text[start_char:end_char]`` in pieces, in order, each with its entity if it is one.

    Entities must be in order, must not overlap (as the tagger gives them), and must lie inside.
    """
    position = start_char
    for entity in entities:
        if position < entity.start_char:
            yield text[position : entity.start_char], None
        yield text[entity.start_char : entity.end_char], entity
        position = entity.end_char
    if rest := text[position:end_char]:
        yield rest, None


def break_lines(text: str) -> str:
    r"""The text with line feeds where old Macs have carriage returns; it stays as long as it is.

    >>> break_lines("ক\rখ\r\n")
    'ক\nখ\r\n'
    """
    return _OLD_BREAK.sub("\n", text)


def show_controls(text: str) -> str:
    r"""Control characters as pictures of themselves, so that nothing obeys them.

    A carriage return before a line feed is dropped.

    >>> show_controls("a\x1b[1mb\x00")
    'a␛[1mb␀'
    """
    return _CONTROL.sub(lambda match: _picture(ord(match.group())), text.replace("\r\n", "\n"))


def _picture(point: int) -> str:
    if point < 0x20:
        return chr(_FIRST_PICTURE + point)
    return "\u2421" if point == _DELETE else "\ufffd"
