"""Replace words of a source by their translations from a small bilingual lexicon.

A model cannot learn the particles of the target language from a related language. A few hundred
frequent words make up half of running text. With these words replaced the text is no translation,
but names have neighbours that they will have in the target language.

*Source:* Mayhew, Tsai and Roth, Cheap translation for cross-lingual named entity recognition,
EMNLP 2017; here without word order, with endings.
"""

from __future__ import annotations

import hashlib
import random
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nerbridge.corpus.files import read_text
from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.errors import CorpusError
from nerbridge.labels import OUTSIDE
from nerbridge.text.normalise import normalise_text

FROM_LEXICON = "words_from_lexicon"
"""Name in ``losses`` of the number of replaced words."""
ATTACHED = "-"
"""Marks an ending. As a replacement it is attached to the word before. As a source word it matches
the end of words that have no entry of their own."""
ALTERNATIVE = "/"
"""Separates two endings: the one after a consonant, the one after a vowel."""

_BUNDLED = Path(__file__).parent / "lexicons"
_CLOSING = "।॥৷.,:;?!)\"'’”"
_SHORTEST_STEM = 2
_VOWEL_SIGNS = ("Mn", "Mc")
_NUKTAS = "़়"


@dataclass(frozen=True)
class Lexicon:
    """Replacements by normalised source word; ``endings`` by ending, the longest first.

    ``sha256`` is the hash of the text.
    """

    words: Mapping[str, str]
    endings: Mapping[str, str]
    sha256: str


def find_lexicon(spec: str) -> Path:
    """The file of ``bundled:hi-as``; any other path as it is.

    Raises:
        CorpusError: no such lexicon in the package.
    """
    if not spec.startswith("bundled:"):
        return Path(spec)
    name = spec.removeprefix("bundled:")
    known = sorted(path.stem for path in _BUNDLED.glob("*.tsv"))
    if name not in known:
        raise CorpusError(
            f"{spec}: no such bundled lexicon; expected one of "
            f"{', '.join('bundled:' + code for code in known)}, or a file."
        )
    return _BUNDLED / f"{name}.tsv"


def read_lexicon(path: Path) -> Lexicon:
    """Read a lexicon: lines of ``source<TAB>replacement``; ``#`` begins a comment line.

    A replacement may have several words. ``-`` alone drops the word. A replacement that begins
    with ``-`` is an ending of the word before; ``-A/B`` is A after a consonant and B after a vowel.
    Lines without a replacement are ignored: they are entries still to be translated.

    Raises:
        CorpusError: it cannot be read as text, or a line that is no entry, with its number.
    """
    text = read_text(path)
    words: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            word, replacement = _read_entry(line, f"{path}:{number}")
            if word in words:
                raise CorpusError(
                    f"{path}:{number}: {word!r} has a second entry; expected one. Delete one of "
                    "them."
                )
            if replacement:
                words[word] = replacement
    if not words:
        raise CorpusError(f"{path}: no entry; expected lines of word<TAB>replacement. Add some.")
    endings = sorted((w for w in words if w.startswith(ATTACHED)), key=len, reverse=True)
    return Lexicon(
        {word: new for word, new in words.items() if not word.startswith(ATTACHED)},
        {ending.removeprefix(ATTACHED): words[ending] for ending in endings},
        hashlib.sha256(text.encode("utf-8")).hexdigest(),
    )


def _read_entry(line: str, place: str) -> tuple[str, str]:
    fields = [normalise_text(field.strip()) for field in line.split("\t")]
    if len(fields) != 2 or not fields[0] or " " in fields[0]:
        raise CorpusError(
            f"{place}: found {line!r}; expected one word, a tab and its replacement. Fix the line."
        )
    return fields[0], fields[1]


def apply_lexicon(corpus: Corpus, lexicon: Lexicon, share: float = 1.0) -> Corpus:
    """The corpus with words of all its sentences replaced; entities are kept.

    Args:
        corpus: its hash is kept; ``losses`` counts the words that were replaced.
        share: share of the lexicon words that are replaced, from 0 to 1. The random sample is
            always the same. Endings are always replaced.
    """
    rng = random.Random(0)
    done = {
        name: [_rewrite(sentence, lexicon, share, rng) for sentence in sentences]
        for name, sentences in corpus.splits.items()
    }
    rewritten = {name: tuple(s for s, _ in of_split) for name, of_split in done.items()}
    n_replaced = sum(n for of_split in done.values() for _, n in of_split)
    return replace(
        corpus,
        splits=rewritten,
        losses={**corpus.losses, FROM_LEXICON: n_replaced},
        lexicon_sha256=lexicon.sha256,
    )


def count_words(sentences: Iterable[Sentence], lexicon: Lexicon | None) -> tuple[Counter[str], int]:
    """Count the words outside of entities that a lexicon lacks, and those that it has.

    Words are counted in the form in which a lexicon looks them up. A word has a letter.
    """
    missing: Counter[str] = Counter()
    n_known = 0
    for sentence in sentences:
        for word, tag in zip(sentence.words, sentence.tags, strict=True):
            core = normalise_text(word.rstrip(_CLOSING))
            if tag != OUTSIDE or not any(map(str.isalpha, core)):
                continue
            if lexicon is not None and _look_up(core, lexicon) is not None:
                n_known += 1
            else:
                missing[core] += 1
    return missing, n_known


def _rewrite(
    sentence: Sentence, lexicon: Lexicon, share: float, rng: random.Random
) -> tuple[Sentence, int]:
    """The sentence with words replaced, and how many were."""
    written: list[tuple[str, str]] = []
    n_replaced = 0
    for word, tag in zip(sentence.words, sentence.tags, strict=True):
        core = word.rstrip(_CLOSING)
        new = _look_up(normalise_text(core), lexicon)
        # Endings are exempt from the share: half-replaced grammar would teach the model nothing.
        if new is not None and not new.startswith(ATTACHED) and rng.random() >= share:
            new = None
        if new is None or not _write(written, new, tag, word[len(core) :]):
            written.append((word, tag))
        else:
            n_replaced += 1
    words, tags = zip(*written, strict=True)
    return replace(sentence, words=words, tags=tags), n_replaced


def _look_up(word: str, lexicon: Lexicon) -> str | None:
    """The replacement of a word: its own entry, or its stem with the entry of its ending."""
    if word in lexicon.words:
        return lexicon.words[word]
    for ending, new in lexicon.endings.items():
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _SHORTEST_STEM:
            return stem + new.removeprefix(ATTACHED)
    return None


def _write(written: list[tuple[str, str]], new: str, tag: str, stop: str) -> bool:
    """Append a replacement and the punctuation after the word; False if it does not fit here.

    An ending needs a word before it, and must not begin an entity. A word of an entity is never
    dropped.
    """
    first, *others = new.split(" ")
    if first.startswith(ATTACHED):
        if not written or tag.startswith("B-") or (new == ATTACHED and tag != OUTSIDE):
            return False
        before, before_tag = written[-1]
        # An ending after punctuation or a digit would belong to no word.
        if not unicodedata.category(before[-1]).startswith(("L", "M")):
            return False
        written[-1] = (_attach(before, first), before_tag)
    else:
        written.append((first, tag))
    inside = tag if tag == OUTSIDE else f"I-{tag[2:]}"
    written += [(word, inside) for word in others]
    word, last_tag = written[-1]
    written[-1] = (word + stop, last_tag)
    return True


def _attach(word: str, ending: str) -> str:
    """The word with an ending, in the form that fits its last sound."""
    after_consonant, _, after_vowel = ending.removeprefix(ATTACHED).partition(ALTERNATIVE)
    # A nukta has the category of a vowel sign, but only modifies a consonant.
    is_vowel = unicodedata.category(word[-1]) in _VOWEL_SIGNS and word[-1] not in _NUKTAS
    return word + (after_vowel if is_vowel and after_vowel else after_consonant)
