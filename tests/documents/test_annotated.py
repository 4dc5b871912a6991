"""The page shows every paragraph once, in its place."""

from __future__ import annotations

import re
from pathlib import Path

from nerbridge.documents import annotate_html, read_document, tag_document
from nerbridge.documents.document import Document, Segment
from nerbridge.tagging import Tagger
from nerbridge.tagging.entity import Entity


def shown(page: str) -> str:
    without_labels = re.sub(r'<span class="type".*?</span>', "", page.split("<main>")[1])
    return " ".join(re.sub(r"<[^>]*>", " ", without_labels).split())


def test_pages_paragraphs_and_highlights(folder: Path, tagger: Tagger) -> None:
    document = read_document(folder / "report.pdf", name="report.pdf")
    entities = tag_document(tagger, document)
    page = annotate_html(document, entities, tagger.types)
    assert page.count("<article>") == 2
    assert page.count('<p class="text"') == len(document.segments)
    assert page.count("<bdi>") == len(entities) > 0
    assert "report.pdf · page 2" in page
    assert "src=" not in page
    assert "http" not in page
    for part in document.segments[:3]:
        first = document.text[part.start_char : part.end_char].split()[0]
        assert first in shown(page)


def test_nothing_of_the_document_is_markup() -> None:
    text = "<script>alert(1)</script> & \x1b"
    document = Document("<b>.html", "html", text, (Segment("<i>", 0, len(text)),), ("<u>",))
    page = annotate_html(document, [Entity("A<B", "<script>", 0, 8, 0, 1, 0.5)])
    assert not re.search(r"<(script|b|i|u)>", page)
    assert "&lt;u&gt;" in page
    assert "\x1b" not in page
