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

from typing import Literal

import regex

from nerbridge.text.brahmic_tables import NUKTA, VIRAMA, WHOLE_BLOCK, at_offsets
from nerbridge.text.languages import LANGUAGES, all_words, follows_registry
from nerbridge.text.normalise import normalise_text

_MAX_CHARS = 32
_NEXT = regex.compile(rf"\.[ \u00a0]?([\p{{L}}\p{{M}}\p{{Cf}}]{{1,{_MAX_CHARS}}})\.(?!\.)")


def owns_colon(word: str) -> bool:
    """Whether the colon behind a word stands for a visarga, as in ``মো:``.

    >>> owns_colon("মো"), owns_colon("নাম")
    (True, False)
    """
    return normalise_text(word) in all_words("abbreviations")


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
        return normalise_text(word) in abbreviations() or all(map(_may_abbreviate, parts))
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


@follows_registry
def abbreviations() -> frozenset[str]:
    """The words that own the full stop behind them."""
    words = all_words("letter_spellings") | all_words("abbreviations")
    return words - all_words("ambiguous")


@follows_registry
def patterns() -> dict[str, str]:
    """Expressions for a final virama, one letter, and one syllable.

    They know the scripts of the languages that have names of Latin letters: elsewhere nobody has
    looked at what a single letter before a full stop means.
    """
    scripts = sorted({known.script for known in LANGUAGES.values() if known.letter_names})
    block, virama, nukta = (
        f"[{at_offsets(place, scripts=scripts)}]" for place in (WHOLE_BLOCK, VIRAMA, NUKTA)
    )
    return {
        "FINAL_VIRAMA": f"{virama}$",
        "LETTER": rf"^(?:(?={block})\p{{Lo}}{nukta}?|[A-Z])$",
        # A further letter of the syllable stands behind a virama.
        "SYLLABLE": rf"^(?={block})\p{{Lo}}(?:\p{{M}}|(?<={virama})\p{{Lo}})*$",
    }


def _matches(name: str, plain: str) -> bool:
    return regex.search(patterns()[name], plain) is not None


def _plain(word: str) -> str:
    plain: str = regex.sub(patterns()["FINAL_VIRAMA"], "", normalise_text(word))
    return plain


@follows_registry
def _kind_of(word: str) -> Literal["always", "in_company", "never"]:
    plain = _plain(word)
    if plain in all_words("ambiguous"):
        return "in_company"
    if plain in all_words("no_initials"):
        return "never"
    if plain in abbreviations() or _matches("LETTER", plain):
        return "always"
    return "in_company" if _matches("SYLLABLE", plain) else "never"


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
    plain = _plain(part)
    if plain in all_words("letter_spellings") or spelled:
        return plain in all_words("letter_spellings")
    return _matches("LETTER", plain) and plain not in all_words("abbreviations")
