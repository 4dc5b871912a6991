"""A PDF of page pictures, with black over what must not be read."""

from __future__ import annotations

import ctypes
import io
import math
from collections.abc import Sequence

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image, ImageDraw

from nerbridge.documents.document import BETWEEN
from nerbridge.documents.pdf_cells import Box, PageContent, union
from nerbridge.documents.pdf_lines import Line, line_box
from nerbridge.documents.pdf_worker import cell_starts, iter_pages, paragraph_text

_DPI = 150
_POINTS_PER_INCH = 72
_MAX_PIXELS = 12_000_000
_QUALITY = 80
_PADDING = 0.12
_LARGE = 0.5
_FEW_CHARS = 100

Span = tuple[int, int]


def redact_pages(document: pdfium.PdfDocument, spans: Sequence[Span]) -> bytes:
    """A new PDF: every page a picture, the characters at ``spans`` black.

    ``spans`` are half-open, in order and apart, in the document's text. A page with pictures and
    no text is black as a whole, and so is a large picture with next to no text over it (a scan with
    a stamp): nobody has read it. Annotations and form fields are not drawn.
    """
    made = pdfium.PdfDocument.new()
    offset = 0
    for number, (content, paragraphs, _) in enumerate(iter_pages(document)):
        page = document[number]
        image, scale = _draw(page)
        if not paragraphs and content.n_images:
            boxes = [(0.0, 0.0, float(image.width), float(image.height))]
        else:
            found = [
                box
                for line, starts, end in cell_starts(paragraphs, offset)
                for box in _line_boxes(line, starts, end, spans)
            ]
            unread = _unread_pictures(page, content)
            boxes = [_to_pixels(page, box, image) for box in (*found, *unread)]
        brush = ImageDraw.Draw(image)
        for box in boxes:
            brush.rectangle(box, fill="black")
        _add_page(made, image, scale)
        offset += sum(len(paragraph_text(part)) + len(BETWEEN) for part in paragraphs)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def _unread_pictures(page: pdfium.PdfPage, content: PageContent) -> list[Box]:
    """Pictures of half a page or more whose text, if they show any, is not in the text layer."""
    width, height = page.get_size()
    found = []
    for item in page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,)):
        left, bottom, right, top = item.get_bounds()
        if (right - left) * (top - bottom) < _LARGE * width * height:
            continue
        n_chars = sum(
            len(cell.text)
            for cell in content.cells
            if left <= cell.box[0] <= right and bottom <= cell.box[1] <= top
        )
        if n_chars < _FEW_CHARS:
            found.append((left, bottom, right, top))
    return found


def _line_boxes(line: Line, starts: list[int], end: int, spans: Sequence[Span]) -> list[Box]:
    """Where spans lie on a line: a box each, over the whole height of the line."""
    whole = line_box(line)
    padding = _PADDING * (whole[3] - whole[1])
    boxes = []
    for first, last in spans:
        if first >= end or last <= starts[0]:
            continue
        covered = [
            cell.box
            for cell, start in zip(line, starts, strict=True)
            if start < last and start + len(cell.text) > first
        ]
        if covered:
            box = covered[0]
            for other in covered[1:]:
                box = union(box, other)
            boxes.append(
                (
                    box[0] - padding,
                    min(box[1], whole[1]),
                    box[2] + padding,
                    max(box[3], whole[3]),
                )
            )
    return boxes


def _draw(page: pdfium.PdfPage) -> tuple[Image.Image, float]:
    width, height = page.get_size()
    scale = _DPI / _POINTS_PER_INCH
    scale = min(scale, math.sqrt(_MAX_PIXELS / max(width * height, 1.0)))
    bitmap = page.render(scale=scale, draw_annots=False, may_draw_forms=False)
    return bitmap.to_pil().convert("RGB"), scale


def _to_pixels(page: pdfium.PdfPage, box: Box, image: Image.Image) -> Box:
    """A box of the page as pixels of its picture, which may be turned or cropped."""
    corners = []
    for x, y in ((box[0], box[1]), (box[2], box[3])):
        column, row = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page, 0, 0, image.width, image.height, 0, x, y, column, row)
        corners.append((column.value, row.value))
    columns, rows = sorted(c for c, _ in corners), sorted(r for _, r in corners)
    return columns[0] - 1.0, rows[0] - 1.0, columns[1] + 1.0, rows[1] + 1.0


def _add_page(made: pdfium.PdfDocument, image: Image.Image, scale: float) -> None:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    width, height = image.width / scale, image.height / scale
    page = made.new_page(width, height)
    picture = pdfium.PdfImage.new(made)
    picture.load_jpeg(io.BytesIO(buffer.getvalue()), inline=True)
    picture.set_matrix(pdfium.PdfMatrix().scale(width, height))
    page.insert_obj(picture)
    page.gen_content()
    page.close()
