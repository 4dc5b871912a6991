"""What the offsets in a file count."""

from __future__ import annotations

from enum import StrEnum


class OffsetUnit(StrEnum):
    """What offsets count.

    ``code-points``: characters as Python counts them. ``utf-16``: as browsers count them, an emoji
    is two. ``graphemes``: characters as people see them.
    """

    CODE_POINTS = "code-points"
    UTF16 = "utf-16"
    GRAPHEMES = "graphemes"
