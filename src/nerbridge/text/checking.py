"""What is refused before anything is read."""

from __future__ import annotations

from collections.abc import Iterable

from nerbridge.errors import TextError


def refuse_single_text(texts: Iterable[object]) -> None:
    """Refuse one text where several are expected: each of its characters would count as a text.

    Raises:
        TextError: it is a ``str`` or ``bytes``.

    >>> refuse_single_text(["অসম"])
    """
    if isinstance(texts, str | bytes):
        raise TextError(
            f"texts: found one {type(texts).__name__}, expected several texts. Give a list of "
            "them, [text], or call tag."
        )
