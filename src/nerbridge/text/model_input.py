"""What the model sees of a word."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import regex

from nerbridge.text.brahmic_tables import ASSAMESE_TO_SHARED
from nerbridge.text.normalise import normalise_text
from nerbridge.text.script import transliterate

NATIVE_FOLDED = "native-folded"
"""In place of a script: words stay in their own script, and Assamese ৰ and ৱ become র and ব."""
_FOLDED = str.maketrans(ASSAMESE_TO_SHARED)
_MAX_REMEMBERED_CHARS = 64
# No word has a vowel sign twice in a row or a vowel three times. A consonant may stand three times,
# each a syllable (জননন্দিত), as in Latin www. Digits and capitals (III) count.
_LENGTHENED = regex.compile(r"(\p{M})\1+|(\p{InSC=Vowel_Independent})\2{2,}|([\p{Lo}\p{Ll}])\3{3,}")


def to_model_form(word: str, script: str | None) -> str:
    """The word normalised and, if a ``script`` is named, written in that script.

    With `NATIVE_FOLDED` it stays in its own script, in letters that Assamese shares with Bengali.

    What writers lengthen for emphasis is short again: ``ভাাাল`` is ``ভাল``.

    A word of which nothing would be left is returned as it is. With ``script="Beng"``, Assamese
    ৰ and ৱ become র and ব, so that all languages share their letters.

    Raises:
        ValueError: ``script`` is neither `NATIVE_FOLDED` nor one of ``SCRIPTS``.

    >>> to_model_form("ভাৰত", "Beng") == to_model_form("भारत", "Beng") == "ভারত"
    True
    >>> to_model_form("জননন্দিত", "Beng")
    'জননন্দিত'
    >>> to_model_form("भारत", None), to_model_form("भारत", NATIVE_FOLDED)
    ('भारत', 'भारत')
    >>> to_model_form("ভাৰত", NATIVE_FOLDED) == "ভারত"
    True
    """
    make = _remember if len(word) <= _MAX_REMEMBERED_CHARS else _make
    return make(word, script)


def _make(word: str, script: str | None) -> str:
    form = normalise_text(word)
    if script == NATIVE_FOLDED:
        form = form.translate(_FOLDED)
    elif script is not None:
        form = transliterate(form, script).text
    short: str = _LENGTHENED.sub(lambda match: match.group()[0], form)
    return short or word


# Running text has ever new words: what is remembered must not grow with it.
_remember = lru_cache(maxsize=1 << 15)(_make)


def words_to_model_form(words: Iterable[str], script: str | None) -> list[str]:
    """``to_model_form`` of every word, in order."""
    return [to_model_form(word, script) for word in words]
