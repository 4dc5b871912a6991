"""A document to look at: its paragraphs with entities highlighted, in one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from nerbridge.documents.document import Document, Segment
from nerbridge.markup import Markup, concat, concat_all, element
from nerbridge.tagging.entity import Entity
from nerbridge.tagging.marked import show_controls
from nerbridge.tagging.page import make_article, mark_text, page_around


def annotate_html(
    document: Document, entities: Sequence[Entity], types: Sequence[str] | None = None
) -> str:
    """A page of its own, nothing loaded from elsewhere.

    Args:
        document: what to show.
        entities: in order, as `nerbridge.documents.reflow.tag_document` gives them.
        types: those in the legend, in the order of their colours; None for those found.
    """
    known = sorted({entity.type for entity in entities}) if types is None else list(types)
    notices = [element("p", show_controls(notice)) for notice in document.notices]
    shown = element("aside", *notices, role="note") if notices else None
    head, tail = page_around(document.name, known)
    return concat(head, shown, document_to_html(document, entities, known), tail)


def document_to_html(
    document: Document, entities: Sequence[Entity], types: Sequence[str]
) -> Markup:
    """The articles of a page: one per page of a PDF, per table row, per paragraph."""
    waiting = list(reversed(entities))
    articles = []
    for place, segments in groupby(document.segments, key=_heading):
        texts = [
            mark_text(document.text, _take(waiting, part), types, part.start_char, part.end_char)
            for part in segments
        ]
        articles.append(
            make_article(f"{document.name} · {place}" if place else document.name, *texts)
        )
    return concat_all(articles)


def _heading(segment: Segment) -> str:
    return segment.place.split(", paragraph")[0] if "page" in segment.place else segment.place


def _take(waiting: list[Entity], segment: Segment) -> list[Entity]:
    """The next entities, as far as they lie in the segment."""
    taken = []
    while waiting and waiting[-1].start_char < segment.end_char:
        taken.append(waiting.pop())
    return taken
