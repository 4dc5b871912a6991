"""Whether the full stop or colon behind a word belongs to it.

It does behind

- a letter name or an abbreviation of `languages` (``এ.``, ``ড.``), a Latin capital, and a single
  letter of a Brahmic script (``ক. খ. বৰুৱা``);
- a word whose parts between stops are all of that kind (``এ.কে.``, ``কি.মি.``);
- only beside another abbreviation: a word of one syllable (``वि. दा. सावरकर``), and words that also
  end sentences (``आई. के. गुजराल``, but ``वह आई. फिर …``).

It does not at the end of the text: there it is taken for the end of a sentence.
"""

from __future__ import annotations

import textwrap
from functools import lru_cache
from typing import Literal

import regex

from nerbridge.text.languages import LANGUAGES
from nerbridge.text.normalise import normalise_text


def _union(*tables: str) -> frozenset[str]:
    return frozenset(normalise_text(" ".join(tables)).split())


_LANGUAGES = LANGUAGES.values()
#: Words that own a full stop only beside another abbreviation.
AMBIGUOUS = _union(*(language.ambiguous for language in _LANGUAGES))
#: Words of one syllable that abbreviate nothing.
NO_INITIALS = _union(*(language.no_initials for language in _LANGUAGES))
_LETTER_NAMES = _union(*(language.letter_spellings for language in _LANGUAGES))
_TITLES = _union(*(language.abbreviations for language in _LANGUAGES))
#: Words that own the full stop behind them.
ABBREVIATIONS = (_LETTER_NAMES | _TITLES) - AMBIGUOUS

_BRAHMIC = r"[\u0900-\u09ff\u0b00-\u0b7f]"
_VIRAMA = "[\u094d\u09cd\u0b4d]"
_FINAL_VIRAMA = regex.compile(rf"{_VIRAMA}$")
_LETTER = regex.compile(rf"(?={_BRAHMIC})\p{{Lo}}[\u093c\u09bc\u0b3c]?|[A-Z]")
# A further letter of the syllable stands behind a virama.
_SYLLABLE = regex.compile(rf"(?={_BRAHMIC})\p{{Lo}}(?:\p{{M}}|(?<={_VIRAMA})\p{{Lo}})*")
_MAX_CHARS = 32
_NEXT = regex.compile(rf"\.[ \u00a0]?([\p{{L}}\p{{M}}\p{{Cf}}]{{1,{_MAX_CHARS}}})\.(?!\.)")


def owns_colon(word: str) -> bool:
    """Whether the colon behind a word stands for a visarga, as in ``মো:``.

    >>> owns_colon("মো"), owns_colon("নাম")
    (True, False)
    """
    return normalise_text(word) in _TITLES


def owns_stop(word: str, text: str, stop: int, *, is_last: bool, follows: bool) -> bool:
    """Whether the full stop behind a word belongs to it.

    Args:
        word: the word without that stop.
        text: where it stands.
        stop: where the full stop is in the text.
        is_last: whether the stop ends the text.
        follows: whether an abbreviation with its stop stands right before the word.
    """
    parts = word.split(".")
    if len(parts) > 1:
        return normalise_text(word) in ABBREVIATIONS or all(map(_may_abbreviate, parts))
    if is_last:
        return False
    return _abbreviates(word) or (
        _may_abbreviate(word) and (follows or _precedes_abbreviation(text, stop))
    )


def _precedes_abbreviation(text: str, stop: int) -> bool:
    found = _NEXT.match(text, stop)
    return found is not None and _may_abbreviate(found[1])


def _abbreviates(word: str) -> bool:
    return len(word) <= _MAX_CHARS and _kind_of(word) == "always"


def _may_abbreviate(word: str) -> bool:
    return len(word) <= _MAX_CHARS and _kind_of(word) != "never"


@lru_cache(maxsize=1 << 14)
def _kind_of(word: str) -> Literal["always", "in_company", "never"]:
    plain = _FINAL_VIRAMA.sub("", normalise_text(word))
    if plain in AMBIGUOUS:
        return "in_company"
    if plain in NO_INITIALS:
        return "never"
    if plain in ABBREVIATIONS or _LETTER.fullmatch(plain):
        return "always"
    return "in_company" if _SYLLABLE.fullmatch(plain) else "never"


def is_initial(word: str, *, spelled: bool = False) -> bool:
    """Whether a word is one or more initials with their full stops.

    Args:
        word: a word of a text.
        spelled: whether only names of Latin letters count, not letters themselves: ``ক.`` and
            ``A.`` may as well number a list.

    >>> is_initial("ডব্লিউ."), is_initial("এ.কে."), is_initial("ক."), is_initial("ড.")
    (True, True, True, False)
    >>> is_initial("ক.", spelled=True)
    False
    """
    parts = word.removesuffix(".").split(".")
    return word.endswith(".") and all(_is_letter(part, spelled=spelled) for part in parts)


def _is_letter(part: str, *, spelled: bool) -> bool:
    if len(part) > _MAX_CHARS:
        return False
    plain = _FINAL_VIRAMA.sub("", normalise_text(part))
    if plain in _LETTER_NAMES or spelled:
        return plain in _LETTER_NAMES
    return _LETTER.fullmatch(plain) is not None and plain not in _TITLES


def page_tables() -> str:
    """The tables as the page's JavaScript has them (``server/static/tables.js``)."""
    tables = {
        "ABBREVIATIONS": ABBREVIATIONS,
        "TITLES": _TITLES,
        "AMBIGUOUS": AMBIGUOUS,
        "NO_INITIALS": NO_INITIALS,
    }
    lines = [
        "/* Words of nerbridge/text/languages.py. Written by scripts/write-page-tables. */\n\n"
    ]
    for name, words in tables.items():
        rows = textwrap.wrap(" ".join(sorted(words)), 96)
        joined = "\n   ".join(rows)
        lines.append(f"export const {name} = new Set(\n  `{joined}`.split(/\\s+/u),\n);\n")
    return "".join(lines)
