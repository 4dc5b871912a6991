"""A page to look at: texts with their entities highlighted; nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

from nerbridge.labels import DEFAULT_TYPES
from nerbridge.markup import Markup, concat, concat_all, element, make_page
from nerbridge.palette import TYPE_COLOURS, type_class, type_position
from nerbridge.tagging.marked import mark_entities, show_controls

if TYPE_CHECKING:
    from nerbridge.tagging.entity import Entity

_SHOWN_CHARS = 20_000
# The rest of a page has no NUL: `show_controls` replaces it.
_BETWEEN = "\0"


def page_around(title: str, types: Sequence[str]) -> tuple[Markup, Markup]:
    """What stands before and behind the articles: title, style, and the types with their colours.

    In two halves, since a page of many articles is written as they are tagged.
    """
    style = files("nerbridge.tagging").joinpath("page.css").read_text("utf-8")
    legend = concat_all(
        element("li", element("mark", show_controls(type_), class_=type_class(type_, types)))
        for type_ in types
    )
    heading = element("h1", show_controls(title))
    header = element("header", heading, element("ul", legend, aria_label="Entity types"))
    page = make_page(show_controls(title), style, header, "\n", element("main", "\n", _BETWEEN))
    head, _, tail = page.partition(_BETWEEN)
    return Markup(head), Markup(tail)


def make_article(place: str, *texts: Markup) -> Markup:
    """Marked texts, with the place they were found at."""
    heading = element("p", show_controls(place), class_="place")
    return concat(element("article", heading, *texts), "\n")


def mark_text(
    text: str,
    entities: Sequence[Entity],
    types: Sequence[str],
    start_char: int = 0,
    end_char: int | None = None,
) -> Markup:
    """``text[start_char:end_char]``, each entity with its type, and its score as a tooltip.

    The language is not known to the page, so it is marked as unknown. Every text and every entity
    is isolated: direction marks left open in it do not reach what follows.
    """
    pieces = (
        show_controls(piece) if entity is None else _mark(piece, entity, types)
        for piece, entity in mark_entities(text, entities, start_char, end_char)
    )
    return element("p", *pieces, class_="text", lang="", dir="auto")


def highlight(text: str, entities: Sequence[Entity]) -> Markup:
    """A text with its entities highlighted, for a notebook; of a long text its beginning.

    The styles stand in the elements: some notebook viewers remove style sheets.
    """
    types = [*DEFAULT_TYPES, *sorted({entity.type for entity in entities} - {*DEFAULT_TYPES})]
    shown = [entity for entity in entities if entity.start_char < _SHOWN_CHARS]
    # An entity that begins in the part shown is not cut in two.
    end_char = max([_SHOWN_CHARS, *(entity.end_char for entity in shown)])
    pieces = (
        show_controls(piece) if entity is None else _mark_in_notebook(piece, entity, types)
        for piece, entity in mark_entities(text, shown, end_char=end_char)
    )
    style = "line-height:2;white-space:pre-wrap;overflow-wrap:anywhere"
    n_more = len(text) - end_char
    more = element("p", f"… and {n_more:,} more characters") if n_more > 0 else None
    return concat(element("div", *pieces, lang="", dir="auto", style=style), more)


def _mark_in_notebook(text: str, entity: Entity, types: Sequence[str]) -> Markup:
    colour = TYPE_COLOURS[type_position(entity.type, types)].light
    return element(
        "mark",
        element("bdi", show_controls(text)),
        " ",
        element("small", show_controls(entity.type), lang="en"),
        style=f"background:{colour}26;border-bottom:2px solid {colour};color:inherit;"
        "padding:0.15em 0.3em",
        title=f"{entity.type} {entity.score:.2f}",
    )


def _mark(text: str, entity: Entity, types: Sequence[str]) -> Markup:
    return element(
        "mark",
        element("bdi", show_controls(text)),
        element("span", show_controls(entity.type), class_="type", lang="en"),
        class_=type_class(entity.type, types),
        data_type=entity.type,
        title=f"{entity.type} {entity.score:.2f}",
    )
