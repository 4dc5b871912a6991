"""Transliterate one Brahmic script into another, with a map back.

Letters move by their place in the Unicode block, exceptions by the tables of
``brahmic_tables``. Signs, letters and digits of the source scripts move; Latin letters, ASCII
digits, dandas and everything else stay. Digits are part of their script: १९ becomes ১৯ on the way
to Bengali, also in a text without letters, so that a word does not depend on its neighbours.

Source: The Unicode Standard, chapter 12 (South and Central Asia I), on the common ISCII order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from types import MappingProxyType

import regex

from nerbridge.text.brahmic_tables import (
    ASSAMESE_TO_SHARED,
    BLOCK_LENGTH,
    BLOCK_STARTS,
    INTO_DEVANAGARI,
    MISSING_OFFSETS,
    OUT_OF_DEVANAGARI,
    PARALLEL_OFFSETS,
    SIMPLER,
)
from nerbridge.text.mapped import MappedText
from nerbridge.text.normalise import to_nfc

#: ISO 15924 codes of the scripts that can be written in one another.
SCRIPTS = tuple(BLOCK_STARTS)

_DANDAS = "\u0964\u0965"
_VIRAMA = "\u094d"
_NUKTA = "\u093c"
_ADDAK = "\u0a71"
_BRAHMIC = regex.compile("[\u0900-\u0963\u0966-\u0d7f]")
_LETTER = regex.compile(r"\p{L}")
_BLOCK_SCRIPT = {start // BLOCK_LENGTH: script for script, start in BLOCK_STARTS.items()}


def detect_script(text: str) -> str | None:
    """ISO 15924 code of the script that most letters of the text are in.

    One of ``SCRIPTS`` or ``"Latn"``; None if there are no letters or most are in another script.
    Vowel signs do not count. Of equals, the first to appear.

    >>> detect_script("ভাৰতৰ GDP"), detect_script("१९४७")
    ('Beng', None)
    """
    counts = Counter(_script_of_letter(match.group()) for match in _LETTER.finditer(text))
    return counts.most_common(1)[0][0] if counts else None


def transliterate(text: str, target: str) -> MappedText:
    """The text with all Brahmic letters in the script ``target``; NFC.

    Into Bengali (``"Beng"``) the letters are those that Bengali and Assamese share: ৰ → র, ৱ → ব.

    From Devanagari into Bengali two spelling customs are followed: ``homorganic_nasal`` and
    ``medial_ya``. All else is letter by letter and may lose what the target cannot write.

    Raises:
        ValueError: ``target`` is not one of ``SCRIPTS``.

    >>> transliterate("गांधी, भारतीय", "Beng").text == "গান্ধী, ভারতী\u09af\u09bc"
    True
    >>> transliterate("ভাৰত", "Deva").text
    'भारत'
    """
    if target not in BLOCK_STARTS:
        raise ValueError(f"unknown script {target!r}; expected one of {', '.join(SCRIPTS)}.")
    composed = to_nfc(text)
    if not _BRAHMIC.search(composed.text):
        return composed
    pieces = _pieces(composed.text, target)
    written = MappedText.from_pieces(composed.text, pieces)
    result = composed.compose(written)
    return result.compose(to_nfc(result.text))


def homorganic_nasal(text: str, index: int) -> str | None:
    """Bengali spelling of an anusvara or candrabindu before a stop of its own place, or None.

    Bengali and Assamese write the nasal out: ণ্ before ट ठ ड ढ, ন্ before त थ द ध, and, for an
    anusvara only, ম্ before प फ ब भ म and ঞ্ before च छ ज झ. Before ड़ and ढ़ (flaps, not stops)
    the sign stays.

    >>> homorganic_nasal("हिंदी", 2)
    'ন্'
    >>> homorganic_nasal("संसार", 1) is None
    True
    """
    sign, following = text[index], text[index + 1 : index + 2]
    if sign not in "ंँ" or not following:
        return None
    if following in "टठडढ":
        return None if text[index + 2 : index + 3] == _NUKTA else "ণ্"
    if following in "तथदध":
        return "ন্"
    if sign == "ं" and following in "पफबभम":
        return "ম্"
    if sign == "ं" and following in "चछजझ":
        return "ঞ্"
    return None


def medial_ya(text: str, index: int) -> str | None:
    """Bengali spelling য় of a Devanagari य inside a word, or None.

    Inside: after a Devanagari letter (nukta or not) or vowel sign. After a virama (त्या) or
    before a nukta (य़) it is left to the table.

    >>> medial_ya("भारतीय", 5) == "\u09af\u09bc"
    True
    >>> medial_ya("यात्रा", 0) is None
    True
    """
    if text[index] != "य" or text[index + 1 : index + 2] == _NUKTA or index == 0:
        return None
    return "\u09af\u09bc" if _is_letter_or_vowel_sign(text[index - 1]) else None


def _is_letter_or_vowel_sign(char: str) -> bool:
    return (
        "\u0904" <= char <= "\u0939"
        or ("\u093a" <= char <= "\u094f" and char not in (_VIRAMA, "ऽ"))
        or "\u0955" <= char <= "\u0963"
        or "\u0972" <= char <= "\u097f"
    )


# Letters whose spelling in Bengali depends on their neighbours.
_INTO_BENGALI: dict[str, Callable[[str, int], str | None]] = {
    "ं": homorganic_nasal,
    "ँ": homorganic_nasal,
    "य": medial_ya,
}


def _pieces(text: str, target: str) -> Iterator[tuple[int, int, str]]:
    """``(start, end, replacement)``, one or two characters at a time."""
    table = _table(target)
    rules = _INTO_BENGALI if target == "Beng" else {}
    index = 0
    while index < len(text):
        char, pair = text[index], text[index : index + 2]
        replacement = rules[char](text, index) if char in rules else None
        if char == _ADDAK and target != "Guru":
            replacement = _double_next(text, index, table)
        if replacement is None and pair in table:
            yield index, index + len(pair), table[pair]
            index += len(pair)
        else:
            yield index, index + 1, table.get(char, char) if replacement is None else replacement
            index += 1


def _double_next(text: str, index: int, table: Mapping[str, str]) -> str:
    """For Gurmukhi ੱ, which doubles the consonant behind it: that consonant and a virama."""
    following = text[index + 1 : index + 2]
    is_consonant = "ਕ" <= following <= "ਹ" and following in table
    return table[following] + table["੍"] if is_consonant else ""


def script_of_char(char: str) -> str | None:
    """ISO 15924 code of the Brahmic script of a character; None of any other, and of dandas."""
    return None if char in _DANDAS else _BLOCK_SCRIPT.get(ord(char) // BLOCK_LENGTH)


@lru_cache(maxsize=4096)
def _script_of_letter(letter: str) -> str | None:
    if letter.isascii() or regex.match(r"\p{Latin}", letter):
        return "Latn"
    return script_of_char(letter)


@cache
def _table(target: str) -> Mapping[str, str]:
    """What to write in ``target`` for each letter (or letter and nukta) of any other script."""
    table = {
        letters: "".join(_from_devanagari(char, target) for char in devanagari)
        for source in SCRIPTS
        if source != target
        for letters, devanagari in _to_devanagari(source).items()
    }
    if target == "Beng":
        table |= ASSAMESE_TO_SHARED
    return MappingProxyType(table)


def _to_devanagari(source: str) -> dict[str, str]:
    parallel = {
        chr(BLOCK_STARTS[source] + offset): chr(BLOCK_STARTS["Deva"] + offset)
        for offset in PARALLEL_OFFSETS
        if offset not in MISSING_OFFSETS[source]
    }
    if source == "Deva":
        parallel |= {char: char for char in SIMPLER}
    return parallel | INTO_DEVANAGARI[source]


def _from_devanagari(char: str, target: str) -> str:
    if target == "Deva":
        return char
    custom = OUT_OF_DEVANAGARI.get(target, {}).get(char)
    if custom is not None:
        return custom
    offset = ord(char) - BLOCK_STARTS["Deva"]
    if offset in PARALLEL_OFFSETS and offset not in MISSING_OFFSETS[target]:
        return chr(BLOCK_STARTS[target] + offset)
    if char not in SIMPLER:
        return char
    return "".join(_from_devanagari(part, target) for part in SIMPLER[char])
