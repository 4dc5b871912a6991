"""One record in a page of highlighted texts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from nerbridge.batch.records import Record
from nerbridge.tagging.entity import Entity
from nerbridge.tagging.marked import break_lines, show_controls
from nerbridge.tagging.page import mark_text


def record_to_html(record: Record, entities: Sequence[Entity], types: Sequence[str]) -> str:
    """One text, with the place it was found at; of a document, paragraph by paragraph."""
    if record.document is not None:
        from nerbridge.documents.annotated import document_to_html

        return document_to_html(record.document, entities, types)
    place = escape(show_controls(record.source))
    shown = mark_text(break_lines(record.text), entities, types)
    return f'<article><p class="place">{place} · {record.number}</p>{shown}</article>\n'
