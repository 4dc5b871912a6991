"""Words of a source written as the target language writes them, from a small bilingual lexicon.

What a related language says with words of its own, above all its particles, a model cannot learn
from it for the target. A few hundred of the most frequent words are half of its running text; with
them replaced it is still no translation, but names stand in the company they will have.

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
"""What ``losses`` calls the words that were replaced."""
ATTACHED = "-"
"""Before an entry: an ending. As a replacement it is written on the word before; as a source word
it stands for the end of words that are not in the lexicon themselves."""
ALTERNATIVE = "/"
"""Between two endings: after a consonant, after a vowel."""

_BUNDLED = Path(__file__).parent / "lexicons"
_CLOSING = "।॥৷.,:;?!)\"'’”"
_SHORTEST_STEM = 2
_VOWEL_SIGNS = ("Mn", "Mc")
_NUKTAS = "़়"


@dataclass(frozen=True)
class Lexicon:
    """Replacements by normalised source word; ``endings`` by ending, the longest first.

    ``sha256`` is of its text.
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
    """Read a lexicon: a line a word, ``source<TAB>replacement``; ``#`` begins a comment line.

    A replacement may have several words; ``-`` alone leaves the word out; one that begins with
    ``-`` is an ending of the word before, ``-A/B`` one after a consonant and another after a vowel.
    Lines without a replacement are still to be written, and pass.

    Raises:
        CorpusError: it cannot be read as text, or a line that is no entry, with its number.
    """
    text = read_text(path)
    words: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            word, replacement = _read_entry(line, f"{path}:{number}")
            if word in words:
                raise CorpusError(f"{path}:{number}: {word!r} found twice, expected once.")
            if replacement:
                words[word] = replacement
    if not words:
        raise CorpusError(f"{path}: no entry found, expected lines of word<TAB>replacement.")
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
            f"{place}: found {line!r}, expected one word, a tab, and what replaces it."
        )
    return fields[0], fields[1]


def apply_lexicon(corpus: Corpus, lexicon: Lexicon, share: float = 1.0) -> Corpus:
    """The corpus with words of all its sentences replaced; entities are kept.

    Args:
        corpus: its hash is kept; ``losses`` counts the words that were replaced.
        share: of the words of the lexicon that are replaced, from 0 to 1: a draw that is always the
            same. Endings always are: half of the particles as words would teach nothing.
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
    """Words outside of entities that a lexicon does not have yet, and how many it does have.

    Counted as a lexicon looks them up; what has no letter is no word.
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
        if new is not None and not new.startswith(ATTACHED) and rng.random() >= share:
            new = None
        if new is None or not _write(written, new, tag, word[len(core) :]):
            written.append((word, tag))
        else:
            n_replaced += 1
    words, tags = zip(*written, strict=True)
    return replace(sentence, words=words, tags=tags), n_replaced


def _look_up(word: str, lexicon: Lexicon) -> str | None:
    """What replaces a word: its own entry, or its stem with the entry of its ending."""
    if word in lexicon.words:
        return lexicon.words[word]
    for ending, new in lexicon.endings.items():
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _SHORTEST_STEM:
            return stem + new.removeprefix(ATTACHED)
    return None


def _write(written: list[tuple[str, str]], new: str, tag: str, stop: str) -> bool:
    """Append a replacement and the stop that stood behind the word; False if it does not fit here.

    An ending needs a word before it that is no beginning of this one's entity, and a word of an
    entity is never left out.
    """
    first, *others = new.split(" ")
    if first.startswith(ATTACHED):
        if not written or tag.startswith("B-") or (new == ATTACHED and tag != OUTSIDE):
            return False
        before, before_tag = written[-1]
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
    is_vowel = unicodedata.category(word[-1]) in _VOWEL_SIGNS and word[-1] not in _NUKTAS
    return word + (after_vowel if is_vowel and after_vowel else after_consonant)
