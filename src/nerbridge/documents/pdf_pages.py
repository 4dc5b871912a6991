"""The pages of a PDF: their paragraphs, and where each letter of them stands.

pdfium is not safe in threads and can be crashed: use it in a process of its own (`isolation`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from nerbridge.documents.document import BETWEEN
from nerbridge.documents.limits import MAX_CHARS, MAX_PAGES
from nerbridge.documents.pdf_cells import PageContent, TextCluster, read_page
from nerbridge.documents.pdf_lines import (
    Line,
    cells_to_paragraphs,
    is_in_drawing_order,
    to_reading_order,
)
from nerbridge.documents.pdf_notes import NoteReader, alternative_texts, notices_of
from nerbridge.errors import DocumentError

Paragraphs = list[list[Line]]


@dataclass
class PageText:
    """What is read of a page, and what is not."""

    paragraphs: list[str]
    notes: list[tuple[str, str]]
    n_images: int
    n_drawn_notes: int
    n_alternatives: int
    is_reordered: bool


@dataclass
class PdfText:
    """The text of a PDF, the letters in every font, and what is not read beside its pages."""

    pages: list[PageText] = field(default_factory=list)
    fonts: Counter[str] = field(default_factory=Counter)
    notices: list[str] = field(default_factory=list)


def open_pdf(data: bytes) -> pdfium.PdfDocument:
    """The document, if it is whole, not locked, and not endless.

    Raises:
        DocumentError: it is not.
    """
    try:
        document = pdfium.PdfDocument(data)
        n_pages = len(document)
    except pdfium.PdfiumError as error:
        if raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD or "assword" in str(error):
            raise DocumentError(
                "locked with a password. Open it, and print it to a new PDF without one."
            ) from error
        raise DocumentError(
            f"a damaged PDF ({error}). It was probably cut: fetch it again, or print it to a new "
            "PDF in a program that opens it."
        ) from error
    if n_pages > MAX_PAGES:
        raise DocumentError(
            f"{n_pages:,} pages; expected at most {MAX_PAGES:,}. Split the document."
        )
    if n_pages == 0:
        raise DocumentError("no page in it. It was probably cut: fetch it again.")
    return document


def read_pages(data: bytes) -> PdfText:
    """Paragraphs and notes of every page.

    Raises:
        DocumentError: what is wrong with the file, without its name.
    """
    document = open_pdf(data)
    found = PdfText()
    n_chars = 0
    attached: list[str] = []
    for content, paragraphs, is_reordered in iter_pages(document):
        attached += content.files
        texts = [paragraph_text(paragraph) for paragraph in paragraphs]
        n_chars += sum(map(len, texts)) + sum(len(text) for _, text in content.notes)
        # After every page, so that a huge document ends early.
        if n_chars > MAX_CHARS:
            raise DocumentError(f"more than {MAX_CHARS:,} characters of text. Split the document.")
        found.fonts.update(content.fonts)
        found.pages.append(
            PageText(
                texts,
                content.notes,
                content.n_images,
                content.n_drawn_notes,
                content.n_alternatives,
                is_reordered,
            )
        )
    text = "\n".join(text for page in found.pages for text in page.paragraphs)
    found.notices = notices_of(document, text, attached)
    return found


def iter_pages(document: pdfium.PdfDocument) -> Iterator[tuple[PageContent, Paragraphs, bool]]:
    """Content and paragraphs of each page, and whether its vowel signs had to be moved."""
    reader = NoteReader(document)
    for number in range(len(document)):
        try:
            page = document[number]
        except pdfium.PdfiumError as error:
            raise DocumentError(
                f"page {number + 1} is damaged ({error}). Fetch it again."
            ) from error
        content = read_page(page)
        content.notes, content.n_drawn_notes = reader.read(page)
        content.files, reader.files = reader.files, []
        text = "".join(cell.before + cell.text for cell in content.cells)
        content.n_alternatives = sum(one not in text for one in alternative_texts(page))
        is_reordered = is_in_drawing_order(text)
        cells = to_reading_order(content.cells) if is_reordered else content.cells
        yield content, cells_to_paragraphs(cells), is_reordered
        page.close()


def paragraph_text(paragraph: list[Line]) -> str:
    """Its lines as lines."""
    return "\n".join(line_text(line) for line in paragraph)


def line_text(line: list[TextCluster]) -> str:
    """The cells of a line, one after the other."""
    return "".join(cell.text for cell in line)


def cell_starts(paragraphs: Paragraphs, offset: int) -> Iterator[tuple[Line, list[int], int]]:
    """Each line of a page, where its cells start in the document's text, and where it ends.

    ``offset`` is where the page's first paragraph starts.
    """
    for paragraph in paragraphs:
        for line in paragraph:
            starts = []
            for cell in line:
                starts.append(offset)
                offset += len(cell.text)
            yield line, starts, offset
            # The line break that `paragraph_text` puts behind a line.
            offset += 1
        # Behind the last line stands `BETWEEN`, and no line break.
        offset += len(BETWEEN) - 1
