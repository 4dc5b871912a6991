"""Cells of a PDF page as lines and paragraphs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from statistics import median

import regex

from nerbridge.documents.pdf_cells import UPRIGHT, Box, Frame, TextCluster, union

Line = list[TextCluster]
"""Cells of one line in reading order, with white space as cells of their own."""

_MIN_GAP, _MIN_TAB = 0.1, 1.2
_MAX_PITCH, _USUAL_PITCH, _MAX_LEADING = 1.4, 1.4, 3.0
_MAX_GROWTH = 1.2
_ROOM = 0.5
_PRE_BASE = "িেৈिॆ"
_CONSONANT = "[\u0995-\u09b9\u09dc-\u09df\u09f0\u09f1\u0915-\u0939\u0958-\u095f]\u09bc?\u093c?"
_CLUSTER = re.compile(rf"{_CONSONANT}(?:[\u09cd\u094d]{_CONSONANT})*")
_STRAY_SIGN = re.compile(rf"(?<![\u0900-\u09ff])[{_PRE_BASE}](?={_CONSONANT})")
_SIGN = re.compile(f"[{_PRE_BASE}]")
_LETTER = regex.compile(r"(?=[\p{L}\p{M}])\X")
_INDIC = re.compile("[\u0900-\u0dff]")
_SENTENCE_END = tuple("।॥৷.?!:")
_MIN_STACK, _MAX_STACK_PITCH, _WORD_PITCH = 4, 4.0, 1.5
_SAME_COLUMN = 0.5
_MIN_SPACED, _MOST_LETTERS, _WORD_GAP = 6, 0.8, 1.5
_MIN_STRAY, _STRAY_SHARE = 3, 0.15


def cells_to_lines(cells: Sequence[TextCluster]) -> list[Line]:
    """Lines, from the first; a space or tab between two words is a cell of its own."""
    lines: list[Line] = []
    for cell in cells:
        # Where cells stand tells the lines, not the line breaks that a producer wrote.
        if cell.text in ("\r", "\n"):
            continue
        last = lines[-1][-1] if lines else None
        if last is None or _begins_line(last, cell):
            lines.append([cell])
            continue
        space = _space_between(last, cell)
        if space and not cell.text.isspace() and not last.text.isspace():
            box = (last.box[2], last.box[1], cell.box[0], last.box[3])
            lines[-1].append(TextCluster(space, box, last.size, last.baseline, frame=last.frame))
        lines[-1].append(cell)
    stripped = (_strip(line) for line in lines)
    return list(_join_stacked([_join_spaced(line) for line in stripped if line]))


def cells_to_paragraphs(cells: Sequence[TextCluster]) -> list[list[Line]]:
    """Paragraphs of a page, those of each direction together; the most used direction first."""
    frames = Counter(cell.frame for cell in cells if not cell.text.isspace())
    return [
        paragraph
        for frame, _ in frames.most_common()
        for paragraph in lines_to_paragraphs(cells_to_lines(_in_frame(cells, frame)))
    ]


def _in_frame(cells: Sequence[TextCluster], frame: Frame) -> list[TextCluster]:
    return [cell for cell in cells if cell.frame == frame]


def lines_to_paragraphs(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines that belong together.

    A paragraph ends where the next line is far below, is set in another size, or begins with a
    word that would still have had room. It may go on at the top of the next column.
    """
    pitch = _usual_pitch(lines)
    paragraphs: list[list[Line]] = []
    for index, line in enumerate(lines):
        if index == 0 or _ends_paragraph(lines[index - 1], line, _right_edge(lines, index), pitch):
            paragraphs.append([])
        paragraphs[-1].append(line)
    return paragraphs


def line_box(line: Line) -> Box:
    """The smallest box around a line."""
    box = line[0].box
    for cell in line[1:]:
        box = union(box, cell.box)
    return box


def is_in_drawing_order(text: str) -> bool:
    """Whether vowel signs stand where they are drawn (``িক``), not where they are read (``কি``).

    >>> is_in_drawing_order("েদশ িনজ েকৱল"), is_in_drawing_order("দেশ নিজ কেৱল")
    (True, False)
    """
    n_stray = len(_STRAY_SIGN.findall(text))
    return n_stray >= _MIN_STRAY and n_stray >= _STRAY_SHARE * len(_SIGN.findall(text))


def to_reading_order(cells: Sequence[TextCluster]) -> list[TextCluster]:
    """Cells with each sign that is drawn before its consonants merged into one cell behind them.

    >>> box = (0.0, 0.0, 1.0, 1.0)
    >>> [cell.text for cell in to_reading_order([TextCluster(c, box, 1.0, 0.0) for c in "িকব"])]
    ['কি', 'ব']
    """
    ordered: list[TextCluster] = []
    index = 0
    while index < len(cells):
        cell = cells[index]
        index += 1
        if cell.text not in _PRE_BASE or not cell.text:
            ordered.append(cell)
            continue
        text, box, end = "", cell.box, index
        # White space ends the search: a sign and its consonants stand in one word.
        while end < len(cells) and not cells[end].before:
            longer = text + cells[end].text
            if not _CLUSTER.match(longer) and not _CLUSTER.match(longer + "ক"):
                break
            if text and _CLUSTER.fullmatch(text) and not cells[end].text.startswith(("্", "्")):
                break
            text, box, end = longer, union(box, cells[end].box), end + 1
        match = _CLUSTER.match(text)
        cut = match.end() if match else 0
        shown = text[:cut] + cell.text + text[cut:]
        ordered.append(
            TextCluster(shown, box, cell.size, cell.baseline, cell.before, False, cell.frame)
        )
        index = end
    return ordered


def _begins_line(last: TextCluster, cell: TextCluster) -> bool:
    low, high = max(last.box[1], cell.box[1]), min(last.box[3], cell.box[3])
    is_beside = high - low > 0.5 * min(last.height, cell.height)
    # A sign may be drawn left of the letter before it, so a small step back is no new line.
    goes_on = cell.box[0] > last.box[0] - max(last.size, cell.size)
    return not (is_beside and goes_on)


def _space_between(last: TextCluster, cell: TextCluster) -> str:
    """What to write between two cells of a line: nothing, a space, or a tab for a wide gap."""
    size = max(last.size, cell.size)
    gap = cell.box[0] - last.box[2]
    if gap > _MIN_TAB * size:
        return "\t"
    # pdfium takes each letter of a turned text for a line.
    is_measured = (
        last.is_span or cell.is_span or cell.frame != UPRIGHT or _INDIC.match(cell.text) is not None
    )
    return " " if (gap > _MIN_GAP * size if is_measured else cell.before) else ""


def _join_spaced(line: Line) -> Line:
    """The line; in one whose letters are set apart, as in a heading, only wide gaps are spaces."""
    words = [
        list(word)
        for is_space, word in groupby(line, key=lambda cell: cell.text.isspace())
        if not is_space
    ]
    gaps = [after[0].box[0] - word[-1].box[2] for word, after in pairwise(words)]
    n_letters = sum(map(_is_letter, words))
    if len(words) < _MIN_SPACED or n_letters < _MOST_LETTERS * len(words):
        return line
    usual = median(gaps)
    # Gaps this wide divide columns of a table, not letters of a word.
    if usual > _MIN_TAB * _size(line):
        return line
    joined = list(words[0])
    for gap, word in zip(gaps, words[1:], strict=True):
        if gap > _WORD_GAP * usual:
            last = joined[-1]
            box = (last.box[2], last.box[1], word[0].box[0], last.box[3])
            joined.append(TextCluster(" ", box, last.size, last.baseline, frame=last.frame))
        joined += word
    return joined


def _join_stacked(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines; letters that stand below one another, as on a sign, are one line.

    Some of the letters may stand beside other text. If most do, they are a column of a table.
    """
    joined: dict[int, Line] = {}
    moved: set[int] = set()
    parts = [(number, part) for number, line in enumerate(lines) for part in _tab_parts(line)]
    others = [part for _, part in parts if not _is_letter(part)]
    for stack in _find_stacks([item for item in parts if _is_letter(item[1])]):
        alone = [number for number, letter in stack if len(letter) == len(lines[number])]
        letters = [letter for _, letter in stack]
        if len(stack) < _MIN_STACK or 2 * len(alone) <= len(stack) or _is_cut(letters, others):
            continue
        # In the place of the first line that goes away as a whole, to keep the reading order.
        joined[min(alone)] = _stack_to_line(letters)
        # By identity, because cells can change and so have no hash.
        moved.update(id(cell) for letter in letters for cell in letter)
    for number, line in enumerate(lines):
        kept = _strip([cell for cell in line if id(cell) not in moved])
        if kept:
            yield kept
        if number in joined:
            yield joined[number]


def _tab_parts(line: Line) -> Iterator[Line]:
    """What stands between the wide gaps of a line."""
    for is_tab, part in groupby(line, key=lambda cell: cell.text == "\t"):
        if not is_tab:
            yield list(part)


def _find_stacks(letters: Sequence[tuple[int, Line]]) -> list[list[tuple[int, Line]]]:
    """Letters below one another, from the top; on a turned page, pdfium gives the lowest first."""
    columns: list[list[tuple[int, Line]]] = []
    for item in sorted(letters, key=lambda item: _centre(item[1])):
        if columns and _centre(item[1]) - _centre(columns[-1][-1][1]) < _SAME_COLUMN * _size(
            item[1]
        ):
            columns[-1].append(item)
        else:
            columns.append([item])
    stacks: list[list[tuple[int, Line]]] = []
    for column in columns:
        last: Line | None = None
        for item in sorted(column, key=lambda item: -_baseline(item[1])):
            if last is None or not _goes_below(last, item[1]):
                stacks.append([])
            stacks[-1].append(item)
            last = item[1]
    return stacks


def _is_cut(letters: Sequence[Line], others: Sequence[Line]) -> bool:
    """Whether other text stands between letters: they are headings, or numbers of a list."""
    boxes = [line_box(letter) for letter in letters]
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    top, bottom = _baseline(letters[0]), _baseline(letters[-1])
    return any(
        bottom < _baseline(other) < top and box[0] < right and left < box[2]
        for other in others
        for box in (line_box(other),)
    )


def _stack_to_line(stack: Sequence[Line]) -> Line:
    pitch = min(_baseline(upper) - _baseline(lower) for upper, lower in pairwise(stack))
    joined = list(stack[0])
    for upper, lower in pairwise(stack):
        if _baseline(upper) - _baseline(lower) > _WORD_PITCH * pitch:
            last = upper[-1]
            joined.append(TextCluster(" ", last.box, last.size, last.baseline, frame=last.frame))
        joined += lower
    return joined


def _goes_below(upper: Line, lower: Line) -> bool:
    size = _size(upper)
    distance = _baseline(upper) - _baseline(lower)
    return (
        0.5 * size < distance < _MAX_STACK_PITCH * size
        and abs(_centre(upper) - _centre(lower)) < _SAME_COLUMN * size
    )


def _centre(line: Line) -> float:
    box = line_box(line)
    return (box[0] + box[2]) / 2


def _is_letter(line: Line) -> bool:
    """Whether it is a letter with its signs; in some fonts signs are set apart, too."""
    return _LETTER.fullmatch("".join(cell.text for cell in line)) is not None


def _strip(line: Line) -> Line:
    start, end = 0, len(line)
    while start < end and line[start].text.isspace():
        start += 1
    while end > start and line[end - 1].text.isspace():
        end -= 1
    return line[start:end]


def _usual_pitch(lines: Sequence[Line]) -> float:
    """Median distance between lines, as a multiple of their size."""
    found = [
        (_baseline(upper) - _baseline(lower)) / _size(upper) for upper, lower in pairwise(lines)
    ]
    # Jumps between columns and gaps between paragraphs must not count as a pitch.
    return median([pitch for pitch in found if 0.5 < pitch < _MAX_LEADING] or [_USUAL_PITCH])


def _right_edge(lines: Sequence[Line], index: int) -> float:
    """How far right lines reach that begin near the left edge of the line before ``index``."""
    before, size = line_box(lines[index - 1]), _size(lines[index - 1])
    # Only lines near by: elsewhere on the page a column may be wider.
    near = (line_box(line) for line in lines[max(0, index - 12) : index + 12])
    return max([box[2] for box in near if abs(box[0] - before[0]) < 2 * size] or [before[2]])


def _ends_paragraph(last: Line, line: Line, right_edge: float, pitch: float) -> bool:
    size, next_size = _size(last), _size(line)
    if max(size, next_size) > _MAX_GROWTH * min(size, next_size):
        return True
    distance = _baseline(last) - _baseline(line)
    # The next column goes on at its top: further up, and further right.
    is_next_column = distance < 0 and line[0].box[0] > last[-1].box[2]
    if is_next_column and last[-1].text.endswith(_SENTENCE_END):
        return True
    if not is_next_column and not 0 < distance <= _MAX_PITCH * pitch * size:
        return True
    return right_edge - line_box(last)[2] > _first_word_width(line) + _ROOM * size


def _baseline(line: Line) -> float:
    # The median, so that a single raised sign does not move the line.
    return median(cell.baseline for cell in line)


def _size(line: Line) -> float:
    return median(cell.size for cell in line)


def _first_word_width(line: Line) -> float:
    right = line[0].box[2]
    for cell in _first_word(line):
        right = max(right, cell.box[2])
    return right - line[0].box[0]


def _first_word(line: Line) -> Iterator[TextCluster]:
    for cell in line:
        if cell.text.isspace():
            return
        yield cell
