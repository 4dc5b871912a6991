"""Facts about a corpus before anything is trained on it."""

from __future__ import annotations

import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerbridge.corpus.cleaning import (
    add_prefixes,
    clean_sentences,
    invalid_places,
    recognise_scheme,
)
from nerbridge.corpus.layout import Layout, parse_columns
from nerbridge.corpus.overlap import (
    Overlap,
    count_conflicts,
    count_duplicates,
    exact_key,
    find_overlap,
    leaked,
    normalise_word,
    normalised_key,
)
from nerbridge.corpus.reading import build_corpus, read_raw_corpus
from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.io.offset_unit import OffsetUnit
from nerbridge.labels import Scheme
from nerbridge.text.script import detect_script
from nerbridge.type_maps import TypeMapSpec, read_type_map

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = [
    "Audit",
    "InvalidTags",
    "Overlap",
    "SplitAudit",
    "UnicodeForms",
    "audit",
    "audit_corpus",
    "leaked",
]

NO_SCRIPT = "none"
_N_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class UnicodeForms:
    """Words (as often as they occur) by the form of their characters.

    ``n_variants`` counts distinct normalised words that occur in more than one spelling.
    """

    n_not_nfc: int
    n_not_nfd: int
    n_with_zwj: int
    n_with_zwnj: int
    n_changed_by_normalisation: int
    n_variants: int


@dataclass(frozen=True, slots=True)
class InvalidTags:
    """Tags not allowed where they stand: how many, and the first of them with their places."""

    n: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SplitAudit:
    """Facts about one split.

    ``n_duplicates`` counts sentences that stand in the split before; ``n_conflicts`` distinct
    sentences tagged in more than one way; ``sentence_lengths`` sentences by their number of
    words; ``scripts`` words by ISO 15924 code, ``none`` for digits and punctuation.
    """

    n_sentences: int
    n_words: int
    n_entities: int
    n_without_entity: int
    tag_counts: Mapping[str, int]
    type_counts: Mapping[str, int]
    invalid_tags: InvalidTags
    n_duplicates: int
    n_duplicates_normalised: int
    n_conflicts: int
    unicode_forms: UnicodeForms
    scripts: Mapping[str, int]
    mean_words: float
    median_words: float
    max_words: int
    sentence_lengths: Mapping[int, int]
    n_subwords: int | None
    subwords_per_word: float | None


@dataclass(frozen=True, slots=True)
class Audit:
    """Facts about a corpus: each split alone, and what a later split shares with an earlier."""

    name: str
    language: str
    sha256: str
    revision: str | None
    scheme: str
    losses: Mapping[str, int]
    splits: Mapping[str, SplitAudit]
    overlaps: tuple[Overlap, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same facts as plain types that JSON can hold."""
        return asdict(self)


def audit(
    corpus: str | Path | Corpus,
    *,
    language: str = "und",
    scheme: Scheme | None = None,
    type_map: TypeMapSpec | None = None,
    tokenizer: Tokenizer | None = None,
    columns: str | None = None,
    offsets: OffsetUnit | None = None,
) -> Audit:
    """Report what is wrong with a corpus before a model is trained on it.

    Invalid tags are reported; the other facts are counted with these tags repaired and the types
    mapped.

    Args:
        corpus: a name, folder or file as for `read_corpus`, or a corpus that it returned. Such
            a corpus has valid tags only, and of the other arguments only ``tokenizer`` is used.
        language: the code of its language.
        scheme: the tagging scheme of the files; None detects it.
        type_map: other names for the types.
        tokenizer: counts subwords per word if given; words are passed to it already split.
        columns: columns of words and tags.
        offsets: the unit of the offsets of spans; None detects it.

    Raises:
        CorpusError: a file is missing, or not in the shape of its format.
    """
    if isinstance(corpus, Corpus):
        return audit_corpus(corpus, tokenizer)
    raw = read_raw_corpus(corpus, Layout(None, parse_columns(columns), offsets))
    types = read_type_map(type_map)
    # Places of invalid tags must be found before the repair, which removes them.
    sentences = add_prefixes(
        {name: split.sentences for name, split in raw.splits.items()}, scheme, types
    )
    scheme = scheme or recognise_scheme(part for split in sentences.values() for part in split)
    invalid = {}
    for name, split in sentences.items():
        places = invalid_places(split, scheme)
        examples = (f"{where.place(index)}: {why}" for where, index, why in places[:_N_EXAMPLES])
        invalid[name] = InvalidTags(len(places), tuple(examples))
    splits, losses = clean_sentences(sentences, scheme=scheme, repair=True, type_map=types)
    losses.update(raw.losses)
    read = build_corpus(raw.name, language, splits, losses=losses, revision=raw.revision)
    return audit_corpus(read, tokenizer, scheme=scheme, invalid_tags=invalid)


def audit_corpus(
    corpus: Corpus,
    tokenizer: Tokenizer | None = None,
    *,
    scheme: Scheme = Scheme.IOB2,
    invalid_tags: Mapping[str, InvalidTags] | None = None,
) -> Audit:
    """Audit a corpus in memory. Its tags are valid.

    Args:
        corpus: the corpus to audit.
        tokenizer: counts subwords per word if given; words are passed to it already split.
        scheme: the scheme of its files, for the record.
        invalid_tags: the invalid tags of each split, found before they were repaired.
    """
    invalid_tags = invalid_tags or {}
    splits = {
        name: _audit_split(sentences, tokenizer, invalid_tags.get(name, InvalidTags(0, ())))
        for name, sentences in corpus.splits.items()
    }
    overlaps = tuple(
        find_overlap(later, corpus.splits[later], earlier, corpus.splits[earlier])
        for earlier, later in combinations(corpus.splits, 2)
    )
    return Audit(
        corpus.name,
        corpus.language,
        corpus.sha256,
        corpus.revision,
        scheme.value,
        dict(corpus.losses),
        splits,
        overlaps,
    )


def _audit_split(
    sentences: Sequence[Sentence], tokenizer: Tokenizer | None, invalid_tags: InvalidTags
) -> SplitAudit:
    words = Counter(word for sentence in sentences for word in sentence.words)
    tags = Counter(tag for sentence in sentences for tag in sentence.tags)
    types = Counter({tag[2:]: n for tag, n in tags.items() if tag.startswith("B-")})
    lengths = Counter(len(sentence.words) for sentence in sentences)
    n_subwords = None if tokenizer is None else _count_subwords(sentences, tokenizer)
    return SplitAudit(
        n_sentences=len(sentences),
        n_words=words.total(),
        n_entities=types.total(),
        n_without_entity=sum(set(sentence.tags) <= {"O"} for sentence in sentences),
        tag_counts=dict(sorted(tags.items())),
        type_counts=dict(types.most_common()),
        invalid_tags=invalid_tags,
        n_duplicates=count_duplicates(sentences, exact_key),
        n_duplicates_normalised=count_duplicates(sentences, normalised_key),
        n_conflicts=count_conflicts(sentences),
        unicode_forms=_count_forms(words),
        scripts=_count_scripts(words),
        mean_words=words.total() / max(1, len(sentences)),
        median_words=float(statistics.median(lengths.elements())) if lengths else 0.0,
        max_words=max(lengths, default=0),
        sentence_lengths=dict(sorted(lengths.items())),
        n_subwords=n_subwords,
        subwords_per_word=None if n_subwords is None else n_subwords / max(1, words.total()),
    )


def _count_forms(words: Mapping[str, int]) -> UnicodeForms:
    def n_words(is_so: Iterable[str]) -> int:
        return sum(words[word] for word in is_so)

    # ``words`` holds distinct words, so a count above one is a second spelling of the same word.
    spellings = Counter(map(normalise_word, words))
    return UnicodeForms(
        n_not_nfc=n_words(word for word in words if not unicodedata.is_normalized("NFC", word)),
        n_not_nfd=n_words(word for word in words if not unicodedata.is_normalized("NFD", word)),
        n_with_zwj=n_words(word for word in words if "\u200d" in word),
        n_with_zwnj=n_words(word for word in words if "\u200c" in word),
        n_changed_by_normalisation=n_words(word for word in words if normalise_word(word) != word),
        n_variants=sum(n > 1 for n in spellings.values()),
    )


def _count_scripts(words: Mapping[str, int]) -> dict[str, int]:
    scripts: Counter[str] = Counter()
    for word, n in words.items():
        scripts[detect_script(word) or NO_SCRIPT] += n
    return dict(scripts.most_common())


def _count_subwords(sentences: Iterable[Sentence], tokenizer: Tokenizer) -> int:
    # Imported here, because an audit without a tokenizer needs no tokenizers library.
    from nerbridge.alignment.subwords import encode_sentences

    encoded = encode_sentences(tokenizer, [sentence.words for sentence in sentences], unk_id=0)
    return sum(len(sub) - sub.n_unmapped for sub in encoded)
