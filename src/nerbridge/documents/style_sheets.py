"""Words that a style sheet writes into a page: ``p::before { content: "…" }``."""

from __future__ import annotations

import re
import unicodedata

from nerbridge.documents.spellings import decode_spellings

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
# Possessive repeats: a sheet with an open quote must not make the search backtrack.
_STRING = r"\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'"
# A property name may itself be escaped, so any declaration with a string counts, but for those
# that name fonts, files and encodings.
_DECLARATION = re.compile(
    r"(?<![-\w\\])(?P<key>[-\w\\]++)\s*+:"
    rf"(?P<value>(?:{_STRING}|url\([^)]{0, 2000}+\)|[^;{{}}\"'])*+)(?P<end>;|(?=\}})|\Z)",
    re.S,
)
_STRINGS = re.compile(_STRING, re.S)
_URL = re.compile(r"url\([^)]{0,2000}\)", re.I | re.S)
_NAMES = frozenset(
    ["font-family", "font", "src", "grid", "grid-area", "grid-template", "grid-template-areas",
     "font-feature-settings", "font-variation-settings"]
)  # fmt: skip


def has_words(css: str) -> bool:
    """Whether a style sheet writes letters into the page; icons of fonts are no letters.

    >>> has_words("p::before { content: 'ক' }"), has_words('i::before { content: "\\\\f101" }')
    (True, False)
    """
    return any(_writes_words(match) for match in _DECLARATION.finditer(_COMMENT.sub("", css)))


def without_words(css: str) -> str:
    """A style sheet that writes no letters, without comments.

    >>> without_words('p::before{content:"\\\\995";color:red}')
    'p::before{color:red}'
    """
    return _DECLARATION.sub(
        lambda match: "" if _writes_words(match) else match.group(), _COMMENT.sub("", css)
    )


def _writes_words(match: re.Match[str]) -> bool:
    if decode_spellings(match.group("key")).lower() in _NAMES:
        return False
    shown = _STRINGS.findall(_URL.sub("", match.group("value")))
    # A vowel sign alone is a mark, and a part of a name.
    return any(
        unicodedata.category(char)[0] in "LM" for text in shown for char in decode_spellings(text)
    )
