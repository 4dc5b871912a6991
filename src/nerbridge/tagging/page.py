"""A page to look at: texts with their entities highlighted; nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from nerbridge.labels import LabelSet
from nerbridge.tagging.marked import mark_entities, show_controls

if TYPE_CHECKING:
    from nerbridge.tagging.entity import Entity

COLOURS = ("#0072b2", "#b34700", "#007a58", "#aa4499", "#7a6c00", "#332288")
"""Of the types, in turn; as in ``page.css``."""
_SHOWN_CHARS = 20_000


def page_head(title: str, types: Sequence[str]) -> str:
    """The page up to the first text: title, style, and the types with their colours."""
    style = files("nerbridge.tagging").joinpath("page.css").read_text("utf-8")
    legend = "".join(
        f'<li><mark class="{_colour_class(type_, types)}">{_text(type_)}</mark></li>'
        for type_ in types
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{_text(title)}</title>\n<style>{style}</style></head>\n"
        f'<body><header><h1>{_text(title)}</h1><ul aria-label="Entity types">{legend}</ul>'
        "</header>\n<main>\n"
    )


def page_tail() -> str:
    """What closes the page."""
    return "</main></body></html>\n"


def mark_text(
    text: str,
    entities: Sequence[Entity],
    types: Sequence[str],
    start_char: int = 0,
    end_char: int | None = None,
) -> str:
    """``text[start_char:end_char]``, each entity with its type, and its score as a tooltip.

    The language is not known to the page, so it is marked as unknown. Every text and every entity
    is isolated: direction marks left open in it do not reach what follows.
    """
    pieces = "".join(
        _text(piece) if entity is None else _mark(piece, entity, types)
        for piece, entity in mark_entities(text, entities, start_char, end_char)
    )
    return f'<p class="text" lang="" dir="auto">{pieces}</p>'


def highlight(text: str, entities: Sequence[Entity]) -> str:
    """A text with its entities highlighted, for a notebook; of a long text its beginning.

    The styles stand in the elements: some notebook viewers remove style sheets.
    """
    types = [*LabelSet().types, *sorted({entity.type for entity in entities})]
    shown = [entity for entity in entities if entity.start_char < _SHOWN_CHARS]
    end_char = max([_SHOWN_CHARS, *(entity.end_char for entity in shown)])
    pieces = "".join(
        _text(piece) if entity is None else _mark_in_notebook(piece, entity, types)
        for piece, entity in mark_entities(text, shown, end_char=end_char)
    )
    rest = f"<p>… and {len(text) - end_char:,} more characters</p>" if end_char < len(text) else ""
    style = "line-height:2;white-space:pre-wrap;overflow-wrap:anywhere"
    return f'<div lang="" dir="auto" style="{style}">{pieces}</div>{rest}'


def _mark_in_notebook(text: str, entity: Entity, types: Sequence[str]) -> str:
    colour = COLOURS[types.index(entity.type) % len(COLOURS)]
    style = (
        f"background:{colour}26;border-bottom:2px solid {colour};color:inherit;padding:0.15em 0.3em"
    )
    return (
        f'<mark style="{style}" title="{escape(entity.type)} {entity.score:.2f}">'
        f'<bdi>{_text(text)}</bdi> <small lang="en">{_text(entity.type)}</small></mark>'
    )


def _mark(text: str, entity: Entity, types: Sequence[str]) -> str:
    return (
        f'<mark class="{_colour_class(entity.type, types)}" '
        f'data-type="{escape(entity.type)}" '
        f'title="{escape(entity.type)} {entity.score:.2f}"><bdi>{_text(text)}</bdi>'
        f'<span class="type" lang="en">{_text(entity.type)}</span></mark>'
    )


def _colour_class(type_: str, types: Sequence[str]) -> str:
    return f"c{types.index(type_) % len(COLOURS)}" if type_ in types else "c0"


def _text(text: str) -> str:
    return escape(show_controls(text))
