"""Numbers in messages."""

from __future__ import annotations


def count_of(n: int, one: str, many: str | None = None) -> str:
    """A number and what it counts.

    >>> count_of(1, "record"), count_of(2_000, "entity", "entities")
    ('1 record', '2,000 entities')
    """
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"
