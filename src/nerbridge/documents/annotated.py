"""A document to look at: its paragraphs with entities highlighted, in one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby

from nerbridge.documents.document import Document, Segment
from nerbridge.tagging.entity import Entity
from nerbridge.tagging.marked import show_controls
from nerbridge.tagging.page import mark_text, page_head, page_tail


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
    notices = "".join(f"<p>{escape(show_controls(text))}</p>" for text in document.notices)
    shown = f'<aside role="note">{notices}</aside>\n' if notices else ""
    body = document_to_html(document, entities, known)
    return page_head(document.name, known) + shown + body + page_tail()


def document_to_html(document: Document, entities: Sequence[Entity], types: Sequence[str]) -> str:
    """The articles of a page: one per page of a PDF, per table row, per paragraph."""
    waiting = list(reversed(entities))
    articles = []
    for place, segments in groupby(document.segments, key=_heading):
        shown = "".join(
            mark_text(document.text, _take(waiting, part), types, part.start_char, part.end_char)
            for part in segments
        )
        name = f"{document.name} · {place}" if place else document.name
        articles.append(
            f'<article><p class="place">{escape(show_controls(name))}</p>{shown}</article>\n'
        )
    return "".join(articles)


def _heading(segment: Segment) -> str:
    return segment.place.split(", paragraph")[0] if "page" in segment.place else segment.place


def _take(waiting: list[Entity], segment: Segment) -> list[Entity]:
    """The next entities, as far as they lie in the segment."""
    taken = []
    while waiting and waiting[-1].start_char < segment.end_char:
        taken.append(waiting.pop())
    return taken
