"""Assamese case endings.

The ending is written together with the last word of a name. The ablative is the genitive and the
word ``পৰা``, so it needs no case of its own.
"""

from __future__ import annotations

CASES = ("nom", "erg", "gen", "acc", "loc", "dat")

ENDINGS = {"gen": "ৰ", "acc": "ক", "loc": "ত", "dat": "লৈ"}

# Written with a conjunct, or as a bare consonant, but pronounced the other way.
CONSONANT_FINAL = {"বেংক", "ব'ৰ্ড", "ৰিলায়েন্স"}
VOWEL_FINAL = {"অগপ"}

VIRAMA = "্"


def inflect(name: str, case: str) -> str:
    """Attach a case ending to the last word of a name.

    >>> inflect("ৰমেন দাস", "erg"), inflect("মীৰা", "erg"), inflect("মহন্ত", "erg")
    ('ৰমেন দাসে', 'মীৰাই', 'মহন্তই')
    >>> inflect("নগাঁও", "loc"), inflect("হাফলং", "dat"), inflect("Facebook", "loc")
    ('নগাঁৱত', 'হাফলঙলৈ', 'Facebook-ত')
    """
    if case == "nom":
        return name
    *first_words, word = name.split()
    inflected = ergative(word) if case == "erg" else oblique_stem(word) + ENDINGS[case]
    return " ".join([*first_words, inflected])


def oblique_stem(word: str) -> str:
    """The word as it stands before any ending.

    >>> oblique_stem("বঙাইগাঁও"), oblique_stem("দেৱজিৎ"), oblique_stem("ওৰাং")
    ('বঙাইগাঁৱ', 'দেৱজিত', 'ওৰাঙ')
    """
    if word[-1].isascii() and word[-1].isalnum():
        return word + "-"
    if word.endswith("ঁও"):
        return word[:-1] + "ৱ"
    return word[:-1] + {"ং": "ঙ", "ৎ": "ত"}.get(word[-1], word[-1])


def ergative(word: str) -> str:
    """The word with the agent's ending -এ, -ই, -য়ে or -ৱে.

    >>> [ergative(word) for word in ("হৰি", "গগৈ", "মনু", "বড়ো", "কেন্দ্ৰ", "নগাঁও")]
    ['হৰিয়ে', 'গগৈয়ে', 'মনুৱে', 'বড়োৱে', 'কেন্দ্ৰই', 'নগাঁৱে']
    """
    stem = oblique_stem(word)
    last = stem[-1]
    if last == "-":
        return stem + "এ"
    if last in "িীৈইঈ":
        return stem + "য়ে"
    if last in "ুূোৌউঊওঔ":
        return stem + "ৱে"
    if last in "াআ'ে" or ends_in_inherent_vowel(word):
        return stem + "ই"
    return stem + "ে"


def ends_in_inherent_vowel(word: str) -> bool:
    """Whether the vowel of the last consonant letter is pronounced.

    It is after a conjunct or an anusvara (সংঘ), with few exceptions.
    """
    if word in CONSONANT_FINAL or word in VOWEL_FINAL:
        return word in VOWEL_FINAL
    return len(word) > 1 and word[-2] in (VIRAMA, "ং")
