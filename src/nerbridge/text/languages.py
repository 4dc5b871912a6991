"""What is known of each language, in one registry: `LANGUAGES`.

A language is a file ``language_data/CODE.toml``, one key for each field of `Language`. Everything
that depends on a language asks the registry, so a new file is all that a new language needs;
``docs/another-language.md`` says what each field buys. The page has a copy of some fields: after
a change run ``scripts/write-page-tables``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, ParamSpec, TypeVar, cast

from nerbridge.text.normalise import normalise_text

WordList = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Endings:
    """What a language puts behind a name; ``_`` stands for a space before the ending.

    Attributes:
        cases: case endings.
        plurals: plurals and classifiers; cases may follow them.
        particles: emphasis and the like; they may follow both.
        postpositions: words of their own behind a name.
        after_vowel: beginnings of endings that stand only behind a vowel.
        places_only: beginnings of endings that no person's name takes.
        follow_clusters: whether two consonants at the end are spoken with a vowel that is not
            written, so that ``after_vowel`` may follow them (``সংঘই``).
    """

    cases: WordList = ()
    plurals: WordList = ()
    particles: WordList = ()
    postpositions: WordList = ()
    after_vowel: WordList = ()
    places_only: WordList = ()
    follow_clusters: bool = False

    def __bool__(self) -> bool:
        return bool(self.cases or self.plurals or self.particles or self.postpositions)


@dataclass(frozen=True, slots=True)
class Language:
    """One language; all words are in normal form (`normalise_text`).

    Attributes:
        code: ISO 639 code.
        name: English name.
        own_name: the language's name in itself.
        script: ISO 15924 code of its script.
        own_letters: letters that no other language of the script has.
        letter_names: of every Latin letter the spellings of its name, as initials have them
            (``এ. কে.``), the usual one first. A final virama (``एम्.``) need not be listed.
        abbreviations: words that own the full stop behind them wherever they stand: titles, units,
            parts of dates. A stop inside (``কি.মি``) is written, the last one is not.
        ambiguous: letter names and abbreviations that also end sentences. They own a full stop
            only beside another abbreviation.
        no_initials: words of one syllable that end sentences and abbreviate nothing.
        closed_class: pronouns, conjunctions and the like, in every form: never a name alone.
        months: the spellings of each month's name, January first; empty or twelve.
        day_suffixes: what may stand right behind the number of a day (``৯ই মাৰ্চ``).
        same_sounds: groups of letters that are written for each other.
        latin_words: frequent words as messages spell them in Latin letters.
        latin_endings: endings of such words, behind two letters or more.
        latin_pattern: a regular expression of further such words.
        endings: what stands behind names.
    """

    code: str
    name: str
    own_name: str
    script: str
    own_letters: str = ""
    letter_names: Mapping[str, WordList] = field(default_factory=dict)
    abbreviations: WordList = ()
    ambiguous: WordList = ()
    no_initials: WordList = ()
    closed_class: WordList = ()
    months: tuple[WordList, ...] = ()
    day_suffixes: WordList = ()
    same_sounds: WordList = ()
    latin_words: WordList = ()
    latin_endings: WordList = ()
    latin_pattern: str = ""
    endings: Endings = Endings()

    @property
    def letter_spellings(self) -> WordList:
        """The spellings of all Latin letters."""
        return tuple(word for spellings in self.letter_names.values() for word in spellings)


_PLAIN = frozenset({"name", "own_name", "script", "own_letters", "latin_pattern"})


def read_language(file: Traversable) -> Language:
    """The language of a TOML file, whose name is the language's code.

    Raises:
        TypeError: a key is missing, or no field of `Language`.
        ValueError: the file is no TOML, or has months but not twelve.
    """
    values = tomllib.loads(file.read_text("utf-8"))
    language = Language(file.name.removesuffix(".toml"), **_typed(values))
    if len(language.months) not in (0, 12):
        raise ValueError(f"{file}: {len(language.months)} months; expected 12, January first.")
    return language


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        if key == "endings":
            found[key] = Endings(**_typed(value))
        elif isinstance(value, dict):
            found[key] = {letter: _words(spellings) for letter, spellings in value.items()}
        elif isinstance(value, list):
            found[key] = tuple(map(_words, value))
        else:
            found[key] = value if key in _PLAIN or isinstance(value, bool) else _words(value)
    return found


def _words(text: str) -> WordList:
    return tuple(normalise_text(text).split())


#: Every language by its code, in the order of the codes.
LANGUAGES = {
    file.name.removesuffix(".toml"): read_language(file)
    for file in sorted(
        files("nerbridge.text").joinpath("language_data").iterdir(), key=lambda file: file.name
    )
}


_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")
_FORGET: list[Callable[[], None]] = []


def follows_registry(
    function: Callable[_Arguments, _Result],
) -> Callable[_Arguments, _Result]:
    """Cache what a function makes of the registry, until `register` changes the registry."""
    cached = lru_cache(maxsize=1 << 14)(function)
    _FORGET.append(cached.cache_clear)
    return cast(Callable[_Arguments, _Result], cached)


def register(language: Language) -> None:
    """Make a language known to everything in this process, in place of one of the same code.

    For a file of one's own: ``register(read_language(Path("mai.toml")))``.
    """
    LANGUAGES[language.code] = language
    for forget in _FORGET:
        forget()


@follows_registry
def all_words(name: str) -> frozenset[str]:
    """The words of all languages in one field of `Language`.

    >>> "মোৰ" in all_words("closed_class"), "Dr" in all_words("abbreviations")
    (True, True)
    """
    return frozenset(word for language in LANGUAGES.values() for word in getattr(language, name))


def name_language(code: str) -> str:
    """The English name of a language, or its code.

    >>> name_language("as"), name_language("xx")
    ('Assamese', 'xx')
    """
    return LANGUAGES[code].name if code in LANGUAGES else code


def script_of_language(code: str) -> str | None:
    """ISO 15924 code of the script that a language is written in; None where it is not known.

    >>> script_of_language("as"), script_of_language("ne"), script_of_language("xx")
    ('Beng', 'Deva', None)
    """
    return LANGUAGES[code].script if code in LANGUAGES else None
