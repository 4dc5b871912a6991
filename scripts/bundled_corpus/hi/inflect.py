"""Hindi case: postpositions are words of their own, so a name never changes."""

from __future__ import annotations

import unicodedata

CASES = ("nom", "gen", "loc", "acc", "dat", "abl", "erg")


def inflect(name: str, case: str) -> str:
    """Return ``name`` unchanged (in NFC); का, में, को, से, ने stand in the frame.

    Raises:
        ValueError: for a case not in ``CASES``.

    >>> inflect("गुवाहाटी", "loc")
    'गुवाहाटी'
    """
    if case not in CASES:
        raise ValueError(f"case {case!r} of {name!r}: expected one of {', '.join(CASES)}")
    return unicodedata.normalize("NFC", name)
