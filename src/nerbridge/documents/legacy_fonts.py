"""Text that only a special font shows as Assamese: told by the font's name, or by the text itself.

Before Unicode, fonts such as Geetanjali or Ramdhenu drew Assamese letters in the places of Latin
ones. The file then holds Latin letters and signs (Bijoy writes আমি as ``Avwg``), in which nothing
can be found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn

from nerbridge.errors import DocumentError

MIN_CHARS = 20
"""Fewer letters in such a font, as in a logo, are let pass."""
MIN_SHARE = 0.1
_MIN_SIGNS, _MIN_SIGN_SHARE = 5, 0.03
_MIN_BROKEN = 0.1

_NAMES = re.compile(
    r"geetanjali|gitanjali|ramdhenu|adarsha?[ _-]?ratne|luit|a[sx]+[ao]miya|bikash|pragjyotish"
    r"|(?:as|bn|dv)b?-?tt|sutonny|[a-z]{3,}mj\b|kruti[ _-]?dev|devlys|chanakya|shusha",
    re.IGNORECASE,
)
# Fonts of the same makers that are Unicode say so in their names.
_UNICODE = re.compile(r"uni(?:code)?|OMJ\b|OT\b", re.IGNORECASE)
_SUBSET = re.compile(r"^[A-Z]{6}\+")
_INDIC = re.compile("[\u0900-\u0dff]")
_LETTER = re.compile(r"[^\W\d_]")
# Signs that stand inside words only there: not those of prices, fractions, quotes, other languages.
_SIGN = "[¡¢¤¥¦§¨©ª«¬®¯±²³´¶¸¹º»¼½¾¿÷†‡ˆ‰‹˜™›]"
_INSIDE = re.compile(rf"(?<=[A-Za-zÀ-ÿ])(?:{_SIGN}|`)(?=[A-Za-zÀ-ÿ])|(?<!\S){_SIGN}(?=[A-Za-zÀ-ÿ])")
_BROKEN = re.compile("[\ue000-\uf8ff\ufffd\U000f0000-\U0010fffd\x00-\x08\x0e-\x1f]")
_CID = re.compile(r"\(cid:\d+\)")


def is_legacy_font(name: str) -> bool:
    """Whether a font of this name draws Indic letters in the places of Latin ones.

    >>> is_legacy_font("ABCDEF+GeetanjaliLight"), is_legacy_font("NotoSansBengali")
    (True, False)
    """
    plain = _SUBSET.sub("", name)
    return _NAMES.search(plain) is not None and _UNICODE.search(plain) is None


def refuse_unreadable(n_letters_of: Mapping[str, int], text: str, name: str) -> None:
    """Refuse a document whose letters are not those that a reader sees.

    Args:
        n_letters_of: how many letters stand in each font.
        text: the document's.
        name: of the document.

    Raises:
        DocumentError: much of it is in a font that is not Unicode, or has no known letters.
    """
    refuse_legacy_fonts(n_letters_of, text, name)
    refuse_broken(text, name)
    refuse_gibberish(text, name)


def refuse_legacy_fonts(n_letters_of: Mapping[str, int], text: str, name: str) -> None:
    """Refuse a document much of whose text is in such fonts.

    Raises:
        DocumentError: it is so, and the text is not in an Indic script all the same.
    """
    legacy = {font: n for font, n in n_letters_of.items() if is_legacy_font(font)}
    n_legacy = sum(legacy.values())
    n_indic = len(_INDIC.findall(text))
    if n_legacy >= MIN_CHARS and n_legacy >= MIN_SHARE * sum(n_letters_of.values()) > 0:
        n_latin = len(_LETTER.findall(text)) - n_indic
        # Some files name such a font and hold Unicode: then almost no letter is Latin.
        if n_latin >= MIN_SHARE * (n_latin + n_indic):
            fonts = ", ".join(sorted(_SUBSET.sub("", font) for font in legacy))
            _refuse(name, f"its text is in the font {fonts}, which is not Unicode")


def refuse_gibberish(text: str, name: str) -> None:
    """Refuse text that looks as if it needed such a font.

    Raises:
        DocumentError: signs stand inside Latin words as in no language.
    """
    n_letters = len(_LETTER.findall(text))
    if len(_INSIDE.findall(text)) >= max(_MIN_SIGNS, _MIN_SIGN_SHARE * n_letters):
        sample = " ".join(text[:200].split())[:40]
        _refuse(name, f"its text looks like a font that is not Unicode ({sample!r})")


def broken_share(text: str) -> float:
    """Share of characters whose letter is not known: private use, U+FFFD, ``(cid:12)``.

    >>> broken_share("ab\\ufffd\\ue000")
    0.5
    """
    # ``(cid:12)`` stands for one letter, so it counts as one character.
    n_cid = len(_CID.findall(text))
    n_chars = len(_CID.sub("", "".join(text.split()))) + n_cid
    return (len(_BROKEN.findall(text)) + n_cid) / n_chars if n_chars else 0.0


def refuse_broken(text: str, name: str) -> None:
    """Refuse text most of whose letters are not known.

    Raises:
        DocumentError: at least one in ten.
    """
    if (share := broken_share(text)) >= _MIN_BROKEN:
        raise DocumentError(
            f"{name}: {share:.0%} of its characters have no letter behind them (a PDF whose fonts "
            "carry no Unicode map, or a font with private characters). It can be seen but not "
            "read: ask for the original, or recognise its text (OCR), for example with tesseract "
            "-l asm."
        )


def _refuse(name: str, found: str) -> NoReturn:
    raise DocumentError(
        f"{name}: {found}: it holds Latin letters that only that font draws as Assamese. Convert "
        "it to Unicode with the converter of the font's maker and save it again; or recognise its "
        "text from the printed page (OCR), for example with tesseract -l asm."
    )
