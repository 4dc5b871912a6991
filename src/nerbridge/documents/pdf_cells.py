"""What stands on a PDF page, as cells: a letter group each, in reading order, with its box.

pdfium gives characters in the order of the page. For scripts that are drawn otherwise than they
are read, some producers (such as Chromium) wrap each letter group in an ``ActualText`` span.
pdfium repeats such a span where its glyphs are drawn apart, and measures it by its first glyph, so
that it also finds spaces where none are. Here a span counts once, and its box is that of all its
glyphs.

Side notes, stamps and wide tables are turned. A frame is the page turned so that its text runs from
left to right; lines and paragraphs are found in a frame as on an upright page.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pypdfium2 as pdfium
import pypdfium2.raw as raw

Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points, from the lower left corner."""
Point = tuple[float, float]

_STEP = 15
_LINE_HEIGHT = 1.15
_DESCENT = 0.25


@dataclass(frozen=True, slots=True)
class Frame:
    """The direction of a text, in degrees counterclockwise from that of an upright page."""

    angle: int = 0

    @classmethod
    def of_matrix(cls, a: float, b: float) -> Frame:
        """The direction that the first row of a text matrix gives, to the nearest 15 degrees.

        Lines of a scan are a little askew: they count as upright.

        >>> Frame.of_matrix(0, 12), Frame.of_matrix(-1, 0.02), Frame.of_matrix(1, 0.05)
        (Frame(angle=90), Frame(angle=180), Frame(angle=0))
        """
        return cls(round(math.degrees(math.atan2(b, a)) / _STEP) * _STEP % 360)

    @property
    def is_right(self) -> bool:
        """Whether boxes of the page are boxes of the frame."""
        return self.angle % 90 == 0

    def to_frame(self, x: float, y: float) -> Point:
        """A point of the page in the frame.

        >>> Frame(90).to_frame(10, 20)
        (20.0, -10.0)
        """
        return _turn(x, y, -self.angle)

    def box_to_frame(self, box: Box) -> Box:
        """The smallest box of the frame around a box of the page."""
        return _around([self.to_frame(x, y) for x, y in _corners(box)])

    def corners_on_page(self, box: Box) -> list[Point]:
        """The corners of a box of the frame, in order, as points of the page."""
        return [_turn(x, y, self.angle) for x, y in _corners(box)]

    def box_on_page(self, box: Box) -> Box:
        """The smallest box of the page around a box of the frame."""
        return box if self.angle == 0 else _around(self.corners_on_page(box))

    def char_box(self, box: Box, origin: Point, size: float) -> Box:
        """The box in the frame of a character whose box on the page is known.

        Around a character that stands askew, the box of the page is too large by as much as the
        height of the line adds to its width.
        """
        if self.angle == 0:
            return box
        if self.is_right:
            return self.box_to_frame(box)
        x, y = self.to_frame(*origin)
        radians = math.radians(self.angle)
        across = (box[2] - box[0]) * abs(math.cos(radians)) + (box[3] - box[1]) * abs(
            math.sin(radians)
        )
        width = across - _LINE_HEIGHT * size * abs(math.sin(2 * radians))
        # The estimate is rough: keep it between the widths of a thin and of a wide letter.
        width = min(max(width, 0.2 * size), 1.5 * size)
        bottom = y - _DESCENT * size
        return x, bottom, x + width, bottom + _LINE_HEIGHT * size


UPRIGHT = Frame()


def _turn(x: float, y: float, angle: int) -> Point:
    # Right angles are exact, so that boxes that touch still touch.
    cosine, sine = {0: (1.0, 0.0), 90: (0.0, 1.0), 180: (-1.0, 0.0), 270: (0.0, -1.0)}.get(
        angle % 360, (math.cos(math.radians(angle)), math.sin(math.radians(angle)))
    )
    return cosine * x - sine * y, sine * x + cosine * y


def _corners(box: Box) -> list[Point]:
    left, bottom, right, top = box
    return [(left, bottom), (right, bottom), (right, top), (left, top)]


def _around(points: list[Point]) -> Box:
    columns, rows = [x for x, _ in points], [y for _, y in points]
    return min(columns), min(rows), max(columns), max(rows)


_MAX_DEPTH = 12
_DEFAULT_SIZE = 10.0
# pdfium gives these for a hyphen at the end of a line.
_HYPHENS = "\x02\ufffe"


@dataclass(slots=True)
class TextCluster:
    """A letter group and what pdfium found between it and the one before: ``""`` or white space.

    ``size`` is that of its font and ``baseline`` the height it stands at, in points; ``box`` may
    be that of its ink alone. Both are places in its ``frame``.
    """

    text: str
    box: Box
    size: float
    baseline: float
    before: str = ""
    is_span: bool = False
    frame: Frame = UPRIGHT

    @property
    def height(self) -> float:
        """Of the box."""
        return self.box[3] - self.box[1]


@dataclass
class PageContent:
    """The cells of a page, and what tells whether they are to be believed."""

    cells: list[TextCluster] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    n_drawn_notes: int = 0
    files: list[str] = field(default_factory=list)
    n_alternatives: int = 0
    n_images: int = 0
    n_unmapped: int = 0
    fonts: Counter[str] = field(default_factory=Counter)


def read_page(page: pdfium.PdfPage) -> PageContent:
    """Everything written on a page itself; its notes and form fields are in `pdf_notes`."""
    content = PageContent()
    spans: dict[int, int | None] = {}
    boxes: dict[int, Box] = {}
    for item in page.get_objects(max_depth=_MAX_DEPTH):
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            content.n_images += 1
        elif item.type == raw.FPDF_PAGEOBJ_TEXT:
            address = ctypes.addressof(item.raw.contents)
            spans[address] = span = _find_span(item.raw)
            if span is not None:
                bounds = _bounds(item.raw)
                boxes[span] = union(boxes[span], bounds) if span in boxes else bounds
    text_page = page.get_textpage()
    try:
        content.cells = list(_iter_cells(text_page, spans, boxes, content))
    finally:
        text_page.close()
    return content


def union(one: Box, other: Box) -> Box:
    """The smallest box around both.

    >>> union((0, 0, 1, 1), (2, -1, 3, 0))
    (0, -1, 3, 1)
    """
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


def _iter_cells(
    text_page: pdfium.PdfTextPage,
    spans: dict[int, int | None],
    boxes: dict[int, Box],
    content: PageContent,
) -> Iterator[TextCluster]:
    seen: dict[int, tuple[TextCluster, int]] = {}
    last: TextCluster | None = None
    before = ""
    for index in range(text_page.count_chars()):
        char = _char(raw.FPDFText_GetUnicode(text_page, index))
        # pdfium adds white space that is not on the page: it only tells of a gap.
        if raw.FPDFText_IsGenerated(text_page, index) == 1:
            before += char
            continue
        content.n_unmapped += raw.FPDFText_HasUnicodeMapError(text_page, index) == 1
        item = raw.FPDFText_GetTextObject(text_page, index)
        address = ctypes.addressof(item.contents) if item else 0
        span = spans.get(address)
        _count_font(content.fonts, item, char)
        # pdfium repeats the text of a span for each of its objects: only the first counts.
        if span is not None and span in seen:
            cell, first_address = seen[span]
            if address == first_address:
                cell.text += char
            continue
        size, baseline, frame, box = _stand(text_page, index)
        if span is not None:
            whole = union(frame.box_to_frame(boxes[span]), box) if span in boxes else box
            last = TextCluster(char, whole, size, baseline, before, True, frame)
            seen[span] = last, address
        elif last and not before and not last.is_span and _is_same_glyph(last.box, box):
            last.text += char
            continue
        else:
            shown = "-" if char in _HYPHENS else char
            last = TextCluster(shown, box, size, baseline, before, False, frame)
        before = ""
        yield last


def _char(point: int) -> str:
    # A surrogate alone could not be written as UTF-8 later.
    return chr(point) if point and not 0xD800 <= point <= 0xDFFF else "\ufffd"


def _find_span(item: raw.FPDF_PAGEOBJECT) -> int | None:
    """Identity of the marked content with an ``ActualText`` that an object lies in."""
    for index in range(raw.FPDFPageObj_CountMarks(item)):
        mark = raw.FPDFPageObj_GetMark(item, index)
        n_bytes = ctypes.c_ulong()
        found = raw.FPDFPageObjMark_GetParamStringValue(
            mark, b"ActualText", None, 0, ctypes.byref(n_bytes)
        )
        # An empty text has only its closing zero: then the glyphs stand for themselves.
        if found and n_bytes.value > ctypes.sizeof(ctypes.c_ushort):
            return ctypes.addressof(mark.contents)
    return None


def _bounds(item: raw.FPDF_PAGEOBJECT) -> Box:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    raw.FPDFPageObj_GetBounds(item, left, bottom, right, top)
    return left.value, bottom.value, right.value, top.value


def _stand(text_page: pdfium.PdfTextPage, index: int) -> tuple[float, float, Frame, Box]:
    """The size at which a character is drawn, its baseline, its direction, and its box there."""
    matrix, box = raw.FS_MATRIX(), raw.FS_RECTF()
    raw.FPDFText_GetMatrix(text_page, index, matrix)
    raw.FPDFText_GetLooseCharBox(text_page, index, box)
    font_size = raw.FPDFText_GetFontSize(text_page, index)
    # A font of negative size is drawn upside down; some producers turn the page under it.
    frame = Frame.of_matrix(*((-matrix.a, -matrix.b) if font_size < 0 else (matrix.a, matrix.b)))
    # Producers may set size 1 and scale by the matrix; turning leaves its determinant as it is.
    scale = math.sqrt(abs(matrix.a * matrix.d - matrix.b * matrix.c))
    size = abs(font_size) * scale or _DEFAULT_SIZE
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(text_page, index, x, y)
    on_page = (box.left, box.bottom, box.right, box.top)
    baseline = frame.to_frame(matrix.e, matrix.f)[1]
    return size, baseline, frame, frame.char_box(on_page, (x.value, y.value), size)


def _is_same_glyph(one: Box, other: Box) -> bool:
    """Whether two characters have one box: a ligature, written out by its Unicode map."""
    return all(abs(a - b) < 0.01 for a, b in zip(one, other, strict=True))


def _count_font(fonts: Counter[str], item: raw.FPDF_PAGEOBJECT | None, char: str) -> None:
    if item is None or not char.isalpha():
        return
    font = raw.FPDFTextObj_GetFont(item)
    buffer = ctypes.create_string_buffer(256)
    raw.FPDFFont_GetBaseFontName(font, buffer, len(buffer))
    fonts[buffer.value.decode("utf-8", "replace")] += 1
