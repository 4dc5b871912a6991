"""Entity types, tags and tagging schemes.

A *type* is ``PER``; a *tag* is ``B-PER``; a *label id* is an index into ``LabelSet.tags``.
Inside nerbridge all tags are IOB2; other schemes exist only at the edge (see ``corpus``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

OUTSIDE = "O"
DEFAULT_TYPES = ("PER", "ORG", "LOC")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """An entity over words: ``words[start_word:end_word]`` (half-open)."""

    start_word: int
    end_word: int
    type: str


@dataclass(frozen=True)
class LabelSet:
    """The entity types of a task, in a fixed order, and the IOB2 tags they give.

    >>> LabelSet(("PER", "LOC")).tags
    ('O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC')
    """

    types: tuple[str, ...] = DEFAULT_TYPES

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """All tags; the position of a tag is its label id."""
        return (OUTSIDE, *(f"{prefix}-{type_}" for type_ in self.types for prefix in "BI"))

    @cached_property
    def tag_to_id(self) -> dict[str, int]:
        """Label id of every tag."""
        return {tag: index for index, tag in enumerate(self.tags)}
