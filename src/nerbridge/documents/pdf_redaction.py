"""A PDF of page pictures, with black over what must not be read."""

from __future__ import annotations

import ctypes
import io
import math
from collections.abc import Sequence
from functools import reduce

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image, ImageDraw

from nerbridge.documents.document import BETWEEN
from nerbridge.documents.pdf_cells import UPRIGHT, Box, PageContent, Point, union
from nerbridge.documents.pdf_lines import Line, line_box
from nerbridge.documents.pdf_pages import cell_starts, iter_pages, open_pdf, paragraph_text

_DPI = 150
_POINTS_PER_INCH = 72
_MAX_PIXELS = 12_000_000
_QUALITY = 80
_PADDING = 0.12
_MARGIN = 0.7
_TALL = 2.5
_LARGE = 0.5
_FEW_CHARS = 100

CharRange = tuple[int, int]


def redact_pages(data: bytes, spans: Sequence[CharRange]) -> bytes:
    """A new PDF: every page a picture, the characters at ``spans`` black.

    ``spans`` are half-open, in order and apart, in the document's text. A page with pictures and
    no text is black as a whole, and so is a large picture with next to no text over it (a scan with
    a stamp): nobody has read it. Annotations and form fields are not drawn.

    Raises:
        DocumentError: as `nerbridge.documents.pdf_pages.read_pages`.
    """
    document = open_pdf(data)
    made = pdfium.PdfDocument.new()
    offset = 0
    for number, (content, paragraphs, _) in enumerate(iter_pages(document)):
        page = document[number]
        image, scale = _draw(page)
        brush = ImageDraw.Draw(image)
        if not paragraphs and content.n_images:
            brush.rectangle((0, 0, image.width, image.height), fill="black")
        for line, starts, end in cell_starts(paragraphs, offset):
            for box in _line_boxes(line, starts, end, spans):
                _blacken(brush, _to_pixels(page, line[0].frame.corners_on_page(box), image))
        for box in _unread_pictures(page, content):
            _blacken(brush, _to_pixels(page, UPRIGHT.corners_on_page(box), image))
        _add_page(made, image, scale)
        # Notes are not drawn, but the offsets in the document's text count them.
        texts = [*map(paragraph_text, paragraphs), *(text for _, text in content.notes)]
        offset += sum(len(text) + len(BETWEEN) for text in texts)
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
            for box in (cell.frame.box_on_page(cell.box),)
            if left <= box[0] <= right and bottom <= box[1] <= top
        )
        if n_chars < _FEW_CHARS:
            found.append((left, bottom, right, top))
    return found


def _line_boxes(line: Line, starts: list[int], end: int, spans: Sequence[CharRange]) -> list[Box]:
    """Where spans lie on a line: a box each, over the whole height of the line."""
    box = line_box(line)
    # Of letters below one another, only those of the name are covered.
    whole = None if box[3] - box[1] > _TALL * line[0].size else box
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
            boxes.append(_pad(reduce(union, covered), whole))
    return boxes


def _pad(box: Box, line: Box | None) -> Box:
    """A box over the whole height of its line, and a little wider."""
    bottom, top = (box[1], box[3]) if line is None else (min(box[1], line[1]), max(box[3], line[3]))
    padding = _PADDING * (top - bottom) + _MARGIN
    more = padding if line is None else _MARGIN
    return box[0] - padding, bottom - more, box[2] + padding, top + more


def _draw(page: pdfium.PdfPage) -> tuple[Image.Image, float]:
    width, height = page.get_size()
    scale = _DPI / _POINTS_PER_INCH
    # A page may claim to be metres wide, and its picture would fill the memory.
    scale = min(scale, math.sqrt(_MAX_PIXELS / max(width * height, 1.0)))
    # Only letters of the page itself have boxes: nothing would cover a name in a note or field.
    bitmap = page.render(scale=scale, draw_annots=False, may_draw_forms=False)
    return bitmap.to_pil().convert("RGB"), scale


def _to_pixels(
    page: pdfium.PdfPage, corners: Sequence[Point], image: Image.Image
) -> list[tuple[int, int]]:
    """Points of the page as pixels of its picture, which may be turned or cropped."""
    found = []
    for x, y in corners:
        column, row = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page, 0, 0, image.width, image.height, 0, x, y, column, row)
        found.append((column.value, row.value))
    return found


def _blacken(brush: ImageDraw.ImageDraw, corners: list[tuple[int, int]]) -> None:
    """Fill what lies between corners, and a pixel around it."""
    # Rounding to pixels could leave the rim of a letter.
    brush.polygon(corners, fill="black", outline="black", width=3)


def _add_page(made: pdfium.PdfDocument, image: Image.Image, scale: float) -> None:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    width, height = image.width / scale, image.height / scale
    page = made.new_page(width, height)
    picture = pdfium.PdfImage.new(made)
    # ``inline`` copies the data at once, so that the buffer need not live on.
    picture.load_jpeg(io.BytesIO(buffer.getvalue()), inline=True)
    picture.set_matrix(pdfium.PdfMatrix().scale(width, height))
    page.insert_obj(picture)
    page.gen_content()
    page.close()
