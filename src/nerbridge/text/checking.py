"""What is refused before anything is read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nerbridge.errors import TextError, TextTypeError

_SURROGATE = re.compile("[\ud800-\udfff]")


def check_text(text: object, place: str) -> str:
    """The text, if it is one; ``place`` is what the error calls it.

    Raises:
        TextTypeError: it is no ``str``.
        TextError: it holds a lone surrogate.

    >>> check_text("অসম", "text 1")
    'অসম'
    """
    if not isinstance(text, str):
        raise TextTypeError(
            f"{place}: found {type(text).__name__}, expected str.{_advice_for(text)}"
        )
    if not text.isascii() and (match := _SURROGATE.search(text)):
        raise TextError(
            f"{place}: lone surrogate U+{ord(match.group()):04X} at character {match.start()}, "
            "which is half a character. Read the text again in its right encoding, or clean it: "
            "text.encode('utf-8', 'replace').decode()."
        )
    return text


def _advice_for(value: object) -> str:
    if isinstance(value, bytes):
        return " Decode it first: text.decode('utf-8')."
    if value is None or isinstance(value, float):  # pandas has NaN where a text is missing
        return " Leave missing texts out, or give an empty text."
    return ""


def check_single_text(text: object) -> str:
    """The text, if it is one and not several of them.

    Raises:
        TextError: as `check_text`.
    """
    if isinstance(text, Iterable) and not isinstance(text, str | bytes):
        raise TextTypeError(
            f"text: found {type(text).__name__}, expected one str. For several texts use tag_many; "
            "for the words of one sentence use tag_words."
        )
    return check_text(text, "text")


def refuse_single_text(texts: Iterable[object]) -> None:
    """Refuse one text where several are expected: each of its characters would count as a text.

    Raises:
        TextTypeError: it is a ``str`` or ``bytes``.

    >>> refuse_single_text(["অসম"])
    """
    if isinstance(texts, str | bytes):
        raise TextTypeError(
            f"texts: found one {type(texts).__name__}, expected several texts. Give a list of "
            "them, [text], or call tag."
        )
