"""Endings that Assamese, Bengali and Hindi put behind a name, and what stands before them.

Nothing here knows which forms exist: `stems` lists what a form *could* stand for, and whoever asks
decides by evidence (`nerbridge.analysis.grouping`). Derivations are no endings: ``অসমীয়া`` is
not a form of ``অসম``, nor ``ৰামপুৰ`` of ``ৰাম``.

Source: the usual grammars; the tables are our own. ``ত``, ``ৰ``, ``ক`` … are cases, ``সকল``,
``বোৰ``, ``টো``, ``জন`` … plurals and classifiers, which cases may follow; particles (``ও``,
``ই``, ``হে``) may follow both.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import regex

Language = Literal["as", "bn", "hi"]
Kind = Literal["case", "plural or classifier", "particle", "postposition"]

MIN_GRAPHEMES = 2
"""Of a stem: shorter ones fit too many words."""

_VIRAMAS = frozenset("\u09cd\u094d")
_CONNECTORS = "-\u2010\u2011'’\u200c\u200d"
_VOWEL = regex.compile(
    r"[\u0985-\u0994\u09be-\u09cc\u0905-\u0914\u093e-\u094cAEIOUYaeiouy]"
    r"[\u0981\u0901\u0902]?$"
)
# Behind two consonants Assamese speaks the vowel that is not written: সংঘই, ৰাষ্ট্ৰই.
_SPOKEN_VOWEL = regex.compile(r"[\u09cd\u0982\u0983][\u0995-\u09b9\u09f0\u09f1]$")
_CONSONANT = regex.compile(r"[\u0995-\u09b9\u09dc-\u09df\u09f0\u09f1\u0915-\u0939\u09bc\u093c]$")
_SIGN = regex.compile(r"^\p{M}")
_GRAPHEME = regex.compile(r"\X")

_CASES: Mapping[Language, str] = {
    "as": "ে এ ই য়ে ৱে ৰ ক ত তে লৈ লৈকে ৰে েৰে য়েৰে ৱেৰে ৰপৰা ৰ_পৰা",
    "bn": "র ের এর ে এ য় তে েতে কে েকে",
    "hi": "ों ओं",
}
_PLURALS: Mapping[Language, str] = {
    "as": "সকল বোৰ বিলাক হঁত টো টি টা জন জনা জনী গৰাকী খন খনি",
    "bn": "রা েরা দের েদের গুলি গুলো টি টা খানা",
    "hi": "",
}
_PARTICLES: Mapping[Language, str] = {"as": "ও ো ই েই হে", "bn": "ও ই", "hi": ""}
_POSTPOSITIONS: Mapping[Language, str] = {
    "as": "",
    "bn": "",
    "hi": "_ने _को _का _के _की _में _से _पर _तक",
}
# Where a letter alone is an ending only behind a vowel.
_AFTER_VOWEL: Mapping[Language, tuple[str, ...]] = {
    "as": ("ই", "য়ে", "ৱে", "ও"),
    "bn": ("য়", "এর"),
    "hi": ("ओं",),
}


@dataclass(frozen=True, slots=True)
class Stem:
    """What a form may stand for: ``text`` followed by ``ending``, which is of ``kind``."""

    text: str
    ending: str
    kind: Kind


def stems(form: str, language: Language) -> list[Stem]:
    """What may stand before an ending of ``form``, the longest first.

    Args:
        form: in normal form (`nerbridge.text.normalise`); of several words the last is inflected.
        language: whose endings.

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
    for length in range(1, min(max(map(len, endings)), len(form) - 1) + 1):
        kind = endings.get(form[-length:])
        if kind is not None and _fits(form[:-length], form[-length:], language):
            found.extend(_stem_forms(form[:-length], form[-length:], kind))
    return found


def language_of(forms: Iterable[str]) -> Language:
    """The language whose letters are most: ৰ and ৱ are Assamese, র is Bengali.

    >>> language_of(["অসমৰ", "গুৱাহাটী"]), language_of(["আসামের"]), language_of(["असम में"])
    ('as', 'bn', 'hi')
    """
    assamese = bengali = hindi = 0
    for form in forms:
        assamese += form.count("ৰ") + form.count("ৱ")
        bengali += form.count("র")
        hindi += any("\u0900" <= char <= "\u0963" or "\u0966" <= char <= "\u097f" for char in form)
    if hindi > assamese + bengali:
        return "hi"
    return "bn" if bengali > assamese else "as"


def _stem_forms(text: str, ending: str, kind: Kind) -> Iterator[Stem]:
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
    if not bare or bare[-1] in _VIRAMAS:
        return False
    if _SIGN.match(ending):
        return _CONSONANT.search(before) is not None
    if bare == before and ending.startswith(_AFTER_VOWEL[language]):
        spoken = language == "as" and _SPOKEN_VOWEL.search(before)
        return bool(spoken or _VOWEL.search(before))
    return True  # behind a hyphen too: what is written before it may be spoken otherwise (NRC-ই)


@cache
def _endings(language: Language) -> Mapping[str, Kind]:
    """Every ending with its kind: cases, classifiers with cases, and particles behind them."""
    cases, plurals, particles = (_read(table[language]) for table in (_CASES, _PLURALS, _PARTICLES))
    found: dict[str, Kind] = dict.fromkeys(_read(_POSTPOSITIONS[language]), "postposition")
    inflected = [*cases, *_attach(plurals, cases, language), *plurals]
    found |= dict.fromkeys(_attach(inflected, particles, language), "particle")
    found |= dict.fromkeys(particles, "particle")
    found |= dict.fromkeys([*_attach(plurals, cases, language), *plurals], "plural or classifier")
    return found | dict.fromkeys(cases, "case")


def _attach(hosts: Iterable[str], endings: Iterable[str], language: Language) -> list[str]:
    endings = list(endings)
    return [host + end for host in hosts for end in endings if _fits(host, end, language)]


def _read(table: str) -> list[str]:
    return [unicodedata.normalize("NFC", entry.replace("_", " ")) for entry in table.split()]
