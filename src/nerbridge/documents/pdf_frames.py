"""Directions in which text runs on a page: side notes, stamps and wide tables are turned.

A frame is the page turned so that its text runs from left to right. Lines and paragraphs are found
in a frame as on an upright page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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
