"""Texts in pieces, and control characters made visible."""

from __future__ import annotations

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.tagging.entity import Entity
from nerbridge.tagging.marked import mark_entities, show_controls

properties = settings(deadline=None, derandomize=True, max_examples=60)


@properties
@given(st.text(max_size=30), st.lists(st.integers(0, 30), max_size=8))
def test_pieces_put_together_are_the_text(text: str, borders: list[int]) -> None:
    points = sorted({min(border, len(text)) for border in borders})
    entities = [
        Entity("LOC", text[start:end], start, end, 0, 1, 0.5)
        for start, end in zip(points[::2], points[1::2], strict=False)
    ]
    pieces = list(mark_entities(text, entities))
    assert "".join(piece for piece, _ in pieces) == text
    assert [entity for _, entity in pieces if entity] == entities
    assert all(piece == entity.text for piece, entity in pieces if entity)
    assert all(piece for piece, _ in pieces)


@properties
@given(st.text())
def test_nothing_is_left_that_a_terminal_obeys(text: str) -> None:
    shown = show_controls(text)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n"]


def test_pictures() -> None:
    assert show_controls("ক\r\nখ\r\x7f\x9b\t") == "ক\nখ␍␡\ufffd\t"
    assert show_controls("ক\u200dখ") == "ক\u200dখ"
