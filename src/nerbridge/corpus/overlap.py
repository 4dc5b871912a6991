"""What splits share: sentences and entity mentions, exactly and after normalisation.

Tags do not count: a test sentence whose words stand in train is known, whatever its tags.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from nerbridge.corpus.sentence import Sentence
from nerbridge.labels import Mention, tags_to_spans
from nerbridge.text.normalise import normalise

SentenceKey = tuple[str, ...]

_NO_LETTER = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
_LETTER = regex.compile(r"\p{L}")


@dataclass(frozen=True, slots=True)
class Overlap:
    """The part of ``split`` that is in ``other`` too. Every occurrence of a mention counts.

    A mention is an entity's type and words. ``…_normalised`` compares sentences by their
    `letters_key`, mentions by their normalised words, and so includes the exact matches.
    """

    split: str
    other: str
    n_sentences: int
    n_shared_sentences: int
    n_shared_sentences_normalised: int
    n_mentions: int
    n_shared_mentions: int
    n_shared_mentions_normalised: int


def leaked(test: Sequence[Sentence], train: Iterable[Sentence]) -> list[bool]:
    """For every test sentence: whether a train sentence has the same `letters_key`."""
    known = {normalised_key(sentence) for sentence in train}
    return [normalised_key(sentence) in known for sentence in test]


def find_overlap(
    split: str, sentences: Sequence[Sentence], other: str, other_sentences: Sequence[Sentence]
) -> Overlap:
    """Compare two splits; the counts are of ``split``."""
    mentions = list(_mentions(sentences))
    others = set(_mentions(other_sentences))
    others_normalised = {_normalise_mention(mention) for mention in others}
    return Overlap(
        split,
        other,
        n_sentences=len(sentences),
        n_shared_sentences=_n_shared(sentences, other_sentences, exact_key),
        n_shared_sentences_normalised=_n_shared(sentences, other_sentences, normalised_key),
        n_mentions=len(mentions),
        n_shared_mentions=sum(mention in others for mention in mentions),
        n_shared_mentions_normalised=sum(
            _normalise_mention(mention) in others_normalised for mention in mentions
        ),
    )


def count_duplicates(sentences: Iterable[Sentence], key: Callable[[Sentence], SentenceKey]) -> int:
    """The number of sentences that occur earlier in the list: all minus the distinct ones."""
    counts = Counter(map(key, sentences))
    return counts.total() - len(counts)


def count_conflicts(sentences: Iterable[Sentence]) -> int:
    """How many distinct sentences (normalised, word by word) occur with more than one tagging."""
    taggings: dict[SentenceKey, set[tuple[str, ...]]] = {}
    for sentence in sentences:
        words = tuple(map(normalise_word, sentence.words))
        taggings.setdefault(words, set()).add(sentence.tags)
    return sum(len(found) > 1 for found in taggings.values())


def exact_key(sentence: Sentence) -> SentenceKey:
    """The words as they stand."""
    return sentence.words


def normalised_key(sentence: Sentence) -> SentenceKey:
    """The `letters_key` of its words."""
    return letters_key(sentence.words)


def letters_key(words: Sequence[str]) -> SentenceKey:
    """Letters, marks and digits of the words, whatever their tokenization and punctuation.

    Without any letter the key is the normalised words, so that different dates differ.

    >>> letters_key(["(", "Delhi", "-", "6", ")"]), letters_key(["19", "-", "6"])
    (('Delhi6',), ('19', '-', '6'))
    """
    normalised = tuple(map(normalise_word, words))
    letters = _NO_LETTER.sub("", "".join(normalised))
    return (letters,) if _LETTER.search(letters) else normalised


@lru_cache(maxsize=200_000)
def normalise_word(word: str) -> str:
    """The normalised word. It is cached, because words repeat and normalising is slow."""
    return normalise(word).text


def _n_shared(
    sentences: Sequence[Sentence],
    others: Iterable[Sentence],
    key: Callable[[Sentence], SentenceKey],
) -> int:
    known = set(map(key, others))
    return sum(key(sentence) in known for sentence in sentences)


def _mentions(sentences: Iterable[Sentence]) -> Iterable[Mention]:
    for sentence in sentences:
        for span in tags_to_spans(sentence.tags):
            yield (span.type, *sentence.words[span.start_word : span.end_word])


def _normalise_mention(mention: Mention) -> Mention:
    return (mention[0], *map(normalise_word, mention[1:]))
