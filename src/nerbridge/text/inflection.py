"""Endings that a language puts behind a name, and what stands before them.

Nothing here knows which forms exist: `stems` lists what a form *could* stand for, and the caller
decides by evidence (`nerbridge.analysis.grouping`). Derivations are no endings: ``অসমীয়া`` is
not a form of ``অসম``, nor ``ৰামপুৰ`` of ``ৰাম``.

The endings themselves are in the registry (`nerbridge.text.languages.Endings`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import regex

from nerbridge.text.brahmic_tables import (
    CONSONANTS,
    NASAL_SIGNS,
    NUKTA,
    VIRAMA,
    VISARGA,
    VOWEL_SIGNS,
    VOWELS,
    at_offsets,
)
from nerbridge.text.languages import LANGUAGES, Language, WordList, follows_registry
from nerbridge.text.script import script_of_char

EndingKind = Literal["case", "plural or classifier", "particle", "postposition"]

MIN_GRAPHEMES = 2
"""Fewest graphemes of a stem: a shorter one fits too many words."""

_CONNECTORS = "-\u2010\u2011'’\u200c\u200d"
_VIRAMAS = regex.compile(f"[{at_offsets(VIRAMA)}]$")
_VOWEL = regex.compile(
    f"[{at_offsets(VOWELS, VOWEL_SIGNS)}AEIOUYaeiouy][{at_offsets(*NASAL_SIGNS)}]?$"
)
# Letters that Bengali and Assamese have behind the consonants of the other scripts.
_CONSONANTS = at_offsets(CONSONANTS) + "\u09f0\u09f1"
_CONSONANT = regex.compile(f"[{_CONSONANTS}{at_offsets(NUKTA)}\u09dc-\u09df]$")
_CLUSTER = regex.compile(f"[{at_offsets(VIRAMA, NASAL_SIGNS[1], VISARGA)}][{_CONSONANTS}]$")
_SIGN = regex.compile(r"^\p{M}")
_GRAPHEME = regex.compile(r"\X")


@dataclass(frozen=True, slots=True)
class Stem:
    """What a form may stand for: ``text`` followed by ``ending``, which is of ``kind``."""

    text: str
    ending: str
    kind: EndingKind


def stems(form: str, language: str) -> list[Stem]:
    """What may stand before an ending of ``form``, the longest first.

    Args:
        form: in normal form (`nerbridge.text.normalise`); of several words the last is inflected.
        language: code of the language; of one without known endings the list is empty.

    >>> [(stem.text, stem.ending) for stem in stems("অসমৰপৰা", "as")]
    [('অসম', 'ৰপৰা')]
    >>> [(stem.text, stem.ending) for stem in stems("নগাঁৱত", "as")]
    [('নগাঁৱ', 'ত'), ('নগাঁও', 'ত')]
    >>> [(stem.text, stem.ending) for stem in stems("ৰাষ্ট্ৰসংঘই", "as")]
    [('ৰাষ্ট্ৰসংঘ', 'ই')]
    >>> stems("ইন্দ্ৰ", "as")
    []
    """
    endings = _endings(language)
    found: list[Stem] = []
    longest = max(map(len, endings), default=0)
    for length in range(1, min(longest, len(form) - 1) + 1):
        kind = endings.get(form[-length:])
        if kind is not None and _fits(form[:-length], form[-length:], LANGUAGES[language]):
            found.extend(_stem_forms(form[:-length], form[-length:], kind))
    return found


def language_of(forms: Iterable[str], expected: str | None = None) -> str:
    """Code of the language, among those with known endings, that names are written in.

    The script decides first. Letters of its own tell a language from others of the script: ৰ and ৱ
    are Assamese, র is Bengali. Where no letter tells, it is the expected language, else the first.

    Args:
        forms: names.
        expected: code of the language that the texts should be in.

    >>> language_of(["অসমৰ", "গুৱাহাটী"]), language_of(["আসামের"]), language_of(["असम में"])
    ('as', 'bn', 'hi')
    """
    inflected = [language for language in LANGUAGES.values() if language.endings]
    own: Counter[str] = Counter()
    by_script: Counter[str] = Counter()
    for form in forms:
        scripts = {script_of_char(char) or "" for char in form}
        for language in inflected:
            if language.own_letters:
                own[language.code] += sum(map(form.count, language.own_letters))
        # A script whose languages have no letters of their own counts once for each name.
        by_script.update(scripts & {known.script for known in inflected if not known.own_letters})
    for language in inflected:
        by_script[language.script] += own[language.code]
    script = max((known.script for known in inflected), key=lambda name: by_script[name])
    candidates = [known.code for known in inflected if known.script == script]
    return max(candidates, key=lambda code: (own[code], code == expected))


def _stem_forms(text: str, ending: str, kind: EndingKind) -> Iterator[Stem]:
    """The stem; without the hyphen or apostrophe before an ending; with ও where it became ৱ."""
    bare = text.rstrip(_CONNECTORS)
    if len(_GRAPHEME.findall(bare.split(" ")[-1] if " " not in ending else bare)) < MIN_GRAPHEMES:
        return
    yield Stem(bare, ending, kind)
    if bare.endswith("ৱ"):
        yield Stem(bare[:-1] + "ও", ending, kind)


def _fits(before: str, ending: str, language: Language) -> bool:
    """Whether the ending may follow, as writing goes."""
    bare = before.rstrip(_CONNECTORS)
    if not bare or _VIRAMAS.search(bare):
        return False
    if _SIGN.match(ending):
        return _CONSONANT.search(before) is not None
    if bare == before and ending.startswith(language.endings.after_vowel):
        spoken = language.endings.follow_clusters and _CLUSTER.search(before)
        return bool(spoken or _VOWEL.search(before))
    return True  # behind a hyphen too: what is written before it may be spoken otherwise (NRC-ই)


@follows_registry
def _endings(code: str) -> Mapping[str, EndingKind]:
    """Every ending with its kind: cases, classifiers with cases, and particles behind them."""
    if code not in LANGUAGES:
        return {}
    language = LANGUAGES[code]
    known = language.endings
    cases, plurals, particles = map(_spaced, (known.cases, known.plurals, known.particles))
    found: dict[str, EndingKind] = dict.fromkeys(_spaced(known.postpositions), "postposition")
    declined = [*_attach(plurals, cases, language), *plurals]
    found |= dict.fromkeys(_attach([*cases, *declined], particles, language), "particle")
    found |= dict.fromkeys(particles, "particle")
    found |= dict.fromkeys(declined, "plural or classifier")
    return found | dict.fromkeys(cases, "case")


def _attach(hosts: Iterable[str], endings: Iterable[str], language: Language) -> list[str]:
    return [host + end for host in hosts for end in endings if _fits(host, end, language)]


def _spaced(endings: WordList) -> list[str]:
    return [ending.replace("_", " ") for ending in endings]
