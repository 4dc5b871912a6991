"""Escapes are seen through, in every format's way of writing them."""

from __future__ import annotations

import base64
import quopri
import unicodedata
from urllib.parse import quote

import pytest

from nerbridge.documents.redaction import HiddenNames
from nerbridge.documents.spellings import decode_spellings

NAME = "জোনালী শইকীয়া"
NAMES = HiddenNames([(NAME, "PER")])


def _each(form: str, text: str = NAME) -> str:
    return "".join(form.format(ord(char)) for char in text)


SPELLED = {
    "decimal entities": _each("&#{};"),
    "hexadecimal entities": _each("&#x{:X};"),
    "entities without a semicolon": _each("&#{} "),
    "escaped entities": _each("&amp;#{};"),
    "json": _each("\\u{:04x}"),
    "braces": _each("\\u{{{:x}}}"),
    "css": _each("\\{:x} "),
    "css of six digits": _each("\\{:06x}"),
    "old addresses": _each("%u{:04X}"),
    "office": _each("_x{:04X}_"),
    "percent": quote(NAME),
    "percent twice": quote(quote(NAME)),
    "percent, small": quote(NAME).lower(),
    "percent of each form": quote(unicodedata.normalize("NFD", NAME)),
    "plus": quote(NAME).replace("%20", "+"),
    "underscore": NAME.replace(" ", "_"),
    "without a space": NAME.replace(" ", ""),
    "composed": NAME.replace("য\u09bc", "\u09df"),
    "decomposed": NAME.replace("\u09df", "য\u09bc"),
    "invisible": "\u200b".join(NAME),
    "base64": base64.b64encode(NAME.encode()).decode(),
    "base64 of utf-16": base64.b64encode(NAME.encode("utf-16-be")).decode(),
    "base64 of addresses": base64.urlsafe_b64encode(NAME.encode()).decode().rstrip("="),
    "hexadecimal": NAME.encode().hex(),
    "hexadecimal of utf-16": NAME.encode("utf-16-be").hex().upper(),
    "quoted-printable": quopri.encodestring(NAME.encode()).decode(),
    "host": "xn--" + NAME.replace(" ", "-").encode("punycode").decode(),
}


@pytest.mark.parametrize("way", SPELLED)
def test_a_name_is_found_however_it_is_spelled(way: str) -> None:
    spelled = SPELLED[way]
    assert NAMES.is_inside(f"/a/{spelled}.html")
    assert not NAMES.is_inside(f"/a/{decode_spellings('গুৱাহাটী চহৰ')}.html")


@pytest.mark.parametrize("way", ["json", "css", "base64", "hexadecimal entities"])
def test_a_text_that_spells_a_name_is_cleaned(way: str) -> None:
    hidden = NAMES.label_in(f'আহিল {{"who": "{SPELLED[way]}"}} গ\'ল')
    assert not NAMES.is_inside(hidden)
    assert "[…]" in hidden
    assert hidden.startswith("আহিল ")


def test_broken_escapes_stay() -> None:
    for text in ("100%", "%zz", "\\u12", "&#xZZ;", "a\\", "xn--", "&#99999999;", "\\ud800"):
        decode_spellings(text)
        assert not NAMES.is_inside(text)
