"""One spelling for what looks the same: what a model reads, never what a user gets back."""

from __future__ import annotations

import unicodedata

import regex

from nerbridge.text.mapped import MappedText

#: Characters that show nothing and that writers and keyboards leave in by chance: zero-width
#: space, non-joiner and joiner, direction marks, word joiner, byte order mark, soft hyphen.
INVISIBLE = frozenset(
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2066\u2067\u2068\u2069\ufeff"
)
DANDA = "\u0964"
#: Signs that stand for a danda in real text. U+09F7 (a currency numerator) is the usual one: it
#: sits on Assamese keyboards, and Assamese news use it more often than the danda itself.
DANDA_LOOKALIKES = frozenset("\u09f7\u01c0\u2223\u2502\u2758\uffe8")

_REPLACED = (
    dict.fromkeys(INVISIBLE, "")
    | dict.fromkeys(DANDA_LOOKALIKES, DANDA)
    | {
        chr(point): " "
        for point in (0x00A0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
    }
)
_REPLACED_PATTERN = regex.compile("[" + "".join(map(regex.escape, _REPLACED)) + "]")
_GRAPHEME = regex.compile(r"\X")


def to_nfc(text: str) -> MappedText:
    """The text in Unicode's composed form NFC, grapheme by grapheme.

    ড় ঢ় য় and क़ … are decomposed by NFC (they are composition exclusions), so a text may
    become longer. A grapheme that changes maps as a whole.

    >>> to_nfc("\\u09df").text == "\\u09af\\u09bc"
    True
    """
    if unicodedata.is_normalized("NFC", text):
        return MappedText.identity(text)
    pieces: list[tuple[int, int, str]] = []
    for match in _GRAPHEME.finditer(text):
        grapheme, start = match.group(), match.start()
        composed = unicodedata.normalize("NFC", grapheme)
        if composed == grapheme:
            pieces.extend((start + i, start + i + 1, char) for i, char in enumerate(grapheme))
        else:
            pieces.append((start, match.end(), composed))
    return MappedText.from_pieces(text, pieces)


def normalise(text: str) -> MappedText:
    """Text without invisible characters, with plain spaces and dandas, in NFC.

    >>> normalise("ক\\u200dখ৷").text
    'কখ।'
    """
    if not _REPLACED_PATTERN.search(text):
        return to_nfc(text)
    pieces = ((i, i + 1, _REPLACED.get(char, char)) for i, char in enumerate(text))
    cleaned = MappedText.from_pieces(text, pieces)
    return cleaned.compose(to_nfc(cleaned.text))


def normalise_text(text: str) -> str:
    """``normalise(text).text``, without the cost of the map."""
    cleaned = _REPLACED_PATTERN.sub(lambda match: _REPLACED[match.group()], text)
    return unicodedata.normalize("NFC", cleaned)
