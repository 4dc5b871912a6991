"""Detect text that a tagger of Indic script cannot read well: Latin letters or other scripts."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence

import regex

from nerbridge.text.languages import LANGUAGES, Language, follows_registry
from nerbridge.text.model_input import NATIVE_FOLDED
from nerbridge.text.script import detect_script

_MIN_SHARE = 0.2
_MIN_WORDS = 3
"""A shorter text gets no notice about its script: a name alone may be in any script."""
_KNOWN_SCRIPTS = ("Beng", "Deva")
_SCRIPT_NAMES = {"Beng": "Bengali–Assamese", "Deva": "Devanagari", "Gujr": "Gujarati"}

# Parts of messages that belong to no language.
_UNSPOKEN = regex.compile(r"(?:https?://|www\.)\S+|[#@]\w+|(?<![^\s@])[^\s@]++@\S+")
_APOSTROPHE = regex.compile("['’]")
_LENGTHENED = regex.compile(r"(\p{L}|\p{M})\1{2,}")
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*")
_LATIN = regex.compile(r"[a-z]+")


def romanised_share(text: str) -> float:
    """Share of the words that look like Assamese, or a language near it, in Latin letters.

    From 0 to 1; of words that have letters, without addresses, mentions and hashtags. Known are
    the most frequent words and some endings, so that running text reaches about half.

    >>> romanised_share("moi Guwahatit asu") > 0.6
    True
    >>> romanised_share("The minister went to Guwahati"), romanised_share("মই ঘৰলৈ যাওঁ")
    (0.0, 0.0)
    """
    words = _words(text)
    return sum(map(_is_romanised, words)) / len(words) if words else 0.0


def looks_romanised(text: str) -> bool:
    """Whether the text is mostly Assamese, or a language near it, in Latin letters.

    English is not, nor is text in Indic letters with some Latin words in it.

    >>> looks_romanised("Tumi kali ketia ahiba?"), looks_romanised("Will you come tomorrow?")
    (True, False)
    """
    return _look_romanised(_words(text))


def _look_romanised(words: Sequence[str]) -> bool:
    n_latin = _count_latin(words)
    found = [word for word in words if _is_romanised(word)]
    n_romanised = len(found)
    n_english = sum(word in _latin_words("en") for word in words)
    return (
        2 * n_latin > len(words)
        # One word twice is no two signs ("hai" is Italian too), nor are words that only a pattern
        # tells (x- is Catalan and pinyin too).
        and len(set(found)) >= min(2, len(set(words)))
        and any(word in _indic_words() or not _has_pattern(word) for word in found)
        and n_romanised > n_english
        and n_romanised >= _MIN_SHARE * len(words)
    )


def _romanised_language(words: Sequence[str]) -> str:
    """The language that has most of the words in Latin letters; of equals, the first."""
    counts = {
        known.name: sum(word in _latin_words(known.code) for word in words)
        for known in _indic_languages()
    }
    return max(counts, key=lambda name: counts[name])


def notices_for(
    text: str, script: str | None = "Beng", trained_on: Collection[str] = ()
) -> list[str]:
    """Notices to the user about a text to tag, one sentence each; often none.

    Args:
        text: what is to be tagged.
        script: ISO 15924 code of the script that the model reads. None or `NATIVE_FOLDED`: words in
            their own script; then only Latin letters are noticed. Bengali–Assamese and Devanagari
            are taken as known to every model, since the source languages are written in them.
        trained_on: codes of further scripts that the model's training text was written in.

    >>> notices_for("moi Guwahatit asu aru bhal pau")[0][:40]
    'This looks like Assamese in Latin letter'
    >>> notices_for("তেওঁ Google ত কাম কৰে")
    []
    """
    script = None if script == NATIVE_FOLDED else script
    reads = f"the tagger reads {_SCRIPT_NAMES.get(script or 'Beng', script)} script"
    words = _words(text)
    if len(words) < _MIN_WORDS:
        return []
    if _look_romanised(words):
        language = _romanised_language(words)
        return [
            f"This looks like {language} in Latin letters; {reads} and will miss most names. "
            f"Write it in {language} letters first."
        ]
    if 2 * _count_latin(words) > len(words):
        return [
            f"This is mostly in Latin letters, such as English; {reads} and will miss most names."
        ]
    letters = "".join(words)
    if script is None or detect_script(letters) in (
        script,
        "Latn",
        *_KNOWN_SCRIPTS,
        *trained_on,
    ):
        return []
    name = _name_script(letters)
    return [f"This is mostly in {name} script; {reads} and was not trained on this one."]


def _words(text: str) -> list[str]:
    """The words with letters, in lower case, without apostrophes, ``bhaaal`` as ``bhal``."""
    spoken = _APOSTROPHE.sub("", _UNSPOKEN.sub(" ", text).lower())
    words: list[str] = _WORD.findall(_LENGTHENED.sub(r"\1", spoken))
    return words


def _count_latin(words: Sequence[str]) -> int:
    return sum(_LATIN.fullmatch(word) is not None for word in words)


def _is_romanised(word: str) -> bool:
    if _LATIN.fullmatch(word) is None or word in _latin_words("en"):
        return False
    return word in _indic_words() or _has_ending(word) or _has_pattern(word)


def _indic_languages() -> list[Language]:
    return [known for known in LANGUAGES.values() if known.script != "Latn" and known.latin_words]


@follows_registry
def _latin_words(code: str) -> frozenset[str]:
    return frozenset(LANGUAGES[code].latin_words)


@follows_registry
def _indic_words() -> frozenset[str]:
    return frozenset(word for known in _indic_languages() for word in known.latin_words)


@follows_registry
def _has_ending(word: str) -> bool:
    endings = tuple(end for known in _indic_languages() for end in known.latin_endings)
    # Of a stem at least two letters are left.
    return any(word.endswith(end) and len(word) >= len(end) + 2 for end in endings)


@follows_registry
def _has_pattern(word: str) -> bool:
    patterns = [known.latin_pattern for known in _indic_languages() if known.latin_pattern]
    return any(regex.fullmatch(pattern, word) for pattern in patterns)


def _name_script(text: str) -> str:
    """The first word of its letters' Unicode names, such as Tamil; of equals, the first."""
    letters = (char for char in text if char.isalpha())
    names = Counter(unicodedata.name(char, "another").split()[0] for char in letters)
    return names.most_common(1)[0][0].capitalize().replace("Cjk", "Chinese")
