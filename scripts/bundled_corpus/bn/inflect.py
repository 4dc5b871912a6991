"""Bengali case endings, attached to the last word of a name.

Endings depend on how the name is read: a final consonant sign is a vowel-less consonant, a final
vowel sign or independent vowel is a vowel. থেকে (from), জন্য (for) and the like are separate words
and belong in the frame, not here.
"""

from __future__ import annotations

import unicodedata

AA = "\u09be"  # া
OTHER_VOWEL_SIGNS = "\u09bf\u09c0\u09c1\u09c2\u09c3\u09c7\u09cb"  # ি ী ু ূ ৃ ে ো
DIPHTHONG_SIGNS = "\u09c8\u09cc"  # ৈ ৌ
GLIDING_VOWELS = "ইউএঐঔ"  # মুম্বাই → মুম্বাইয়ের
GLIDING_O = ("াও", "াঁও", "আও")  # রাও → রাওয়ের, but টোকিও → টোকিওর
OPEN_VOWELS = "অআঈঊও"
ANUSVARA = "\u0982"  # ং
CANDRABINDU = "\u0981"  # ঁ
Y = "\u09af\u09bc"  # য় as NFC leaves it
CASES = ("nom", "gen", "loc", "acc", "dat", "abl", "erg", "also", "emph", "locemph")


def inflect(name: str, case: str) -> str:
    """Return ``name`` with the ending of ``case`` on its last word.

    ``dat`` is ``acc``; ``abl`` and ``erg`` leave the name alone (থেকে is a word of its own, and
    Bengali has no ergative); ``also`` is -ও, ``emph`` is -ই,
    ``locemph`` is -তেই (in that very place).

    Raises:
        ValueError: for a case not in ``CASES``.

    >>> inflect("ঢাকা", "loc"), inflect("ঢাকা", "gen"), inflect("রমেশ দাস", "gen")
    ('ঢাকায়', 'ঢাকার', 'রমেশ দাসের')
    """
    if case not in CASES:
        raise ValueError(f"case {case!r} of {name!r}: expected one of {', '.join(CASES)}")
    name = unicodedata.normalize("NFC", name)
    if case in ("nom", "abl", "erg"):
        return name
    joined = name + "-" if _is_foreign(name) else name
    if case in ("acc", "dat"):
        return joined + "কে"
    if case == "also":
        return joined + "ও"
    if case == "emph":
        return joined + "ই"
    if case == "locemph":
        return joined + ("তে" if name.endswith(AA) else _locative(name)) + "ই"
    return joined + (_genitive(name) if case == "gen" else _locative(name))


def _is_foreign(name: str) -> bool:
    """A last letter or digit outside the Bengali block takes its ending after a hyphen."""
    return not "\u0980" <= name[-1] <= "\u09ff" or name[-1].isdigit()


def _genitive(name: str) -> str:
    last = name.rstrip(CANDRABINDU)[-1]
    if last in GLIDING_VOWELS + DIPHTHONG_SIGNS + ANUSVARA or name.endswith(GLIDING_O):
        return Y + "ের"
    if last == AA or last in OTHER_VOWEL_SIGNS + OPEN_VOWELS:
        return "র"
    return "এর" if _is_foreign(name) else "ের"


def _locative(name: str) -> str:
    last = name.rstrip(CANDRABINDU)[-1]
    if last == AA:
        return Y
    if last == ANUSVARA or name.endswith("গাঁও"):
        return Y + "ে"
    if last in OTHER_VOWEL_SIGNS + DIPHTHONG_SIGNS + GLIDING_VOWELS + OPEN_VOWELS:
        return "তে"
    return "এ" if _is_foreign(name) else "ে"
