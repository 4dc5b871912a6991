"""Text for people: entities in brackets with their type, in colour on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from nerbridge.batch.records import Record
from nerbridge.palette import TERMINAL_COLOURS, type_position
from nerbridge.tagging.entity import Entity
from nerbridge.tagging.marked import break_lines, mark_entities, show_controls

_RESET = "\x1b[0m"


def record_to_text(record: Record, entities: Sequence[Entity], types: Sequence[str]) -> str:
    r"""The text with entities as ``[গুৱাহাটীত LOC]``, and a line break at its end.

    Args:
        record: the text.
        entities: in order.
        types: those that have a colour; none for plain text.

    >>> found = Entity("LOC", "অসম", 0, 3, 0, 1, 0.9)
    >>> record_to_text(Record("-", 1, "অসম ধুনীয়া"), [found], ())
    '[অসম LOC] ধুনীয়া\n'
    """
    pieces = [
        show_controls(text) if entity is None else _highlight(show_controls(text), entity, types)
        for text, entity in mark_entities(break_lines(record.text), entities)
    ]
    text = "".join(pieces)
    return text if text.endswith("\n") else text + "\n"


def _highlight(text: str, entity: Entity, types: Sequence[str]) -> str:
    if entity.type not in types:
        return f"[{text} {entity.type}]"
    colour = TERMINAL_COLOURS[type_position(entity.type, types)]
    return f"\x1b[1;{colour}m[{text} {entity.type}]{_RESET}"
