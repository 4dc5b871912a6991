"""From any number of texts to the few sentences that should be labelled next."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from nerbridge.errors import InputError
from nerbridge.models.word_model import TokenClassifier
from nerbridge.selection.diversity import choose_diverse
from nerbridge.selection.scoring import AcquisitionScore, score_words
from nerbridge.tagging.entity import Entity
from nerbridge.tagging.tagger import Tagger
from nerbridge.text.normalise import normalise_text
from nerbridge.text.romanised import notices_for
from nerbridge.text.script import SCRIPTS
from nerbridge.text.sentences import iter_sentences
from nerbridge.text.words import split_words

MIN_WORDS, MAX_WORDS = 4, 80
_BATCH = 256
MAX_SUGGESTIONS = 10_000
_POOL_FACTOR, _MIN_POOL, _MAX_POOL = 10, 1000, 2 * MAX_SUGGESTIONS


@dataclass(frozen=True, slots=True)
class UnlabelledSentence:
    """A sentence: where it stood, its text, its words.

    ``has_own_words``: it was given as words, and ``text`` joins them with spaces.
    """

    source: str
    row: int
    text: str
    words: tuple[str, ...]
    has_own_words: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A sentence worth labelling, with what the model would label."""

    sentence: UnlabelledSentence
    entities: tuple[Entity, ...]
    worth: AcquisitionScore


def split_text(source: str, row: int, text: str) -> Iterator[UnlabelledSentence]:
    """The sentences of a running text."""
    for ranges in iter_sentences(text, split_words(text)):
        start, end = ranges[0][0], ranges[-1][1]
        # The sentence stands alone from now on: its words are those it has alone.
        alone = text[start:end]
        words = tuple(alone[first:last] for first, last in split_words(alone))
        yield UnlabelledSentence(source, row, alone, words)


def suggest(
    tagger: Tagger,
    sentences: Iterable[UnlabelledSentence],
    n: int,
    *,
    seed: int = 0,
    losses: Counter[str] | None = None,
) -> list[Suggestion]:
    """The ``n`` sentences most worth labelling, the best first; fewer if there are not so many.

    The sentences are read once, in batches; held are only the ten best for each one asked for (a
    thousand at least, 20,000 at most) and some hundred bytes for each one read. Of those the ones
    are taken that are unlike each other.

    Args:
        tagger: its model says what it is unsure of, and pre-labels what is taken.
        sentences: the unlabelled ones.
        n: how many to take, at most `MAX_SUGGESTIONS`.
        seed: of the hash that compares sentences.
        losses: what was left out is counted here: ``too short`` (below 4 words), ``too long``
            (above 80), ``duplicate``, ``other language``, and, where that leaves fewer than
            ``n``, ``near duplicate``.

    Raises:
        InputError: ``n`` is out of range.
    """
    if not 1 <= n <= MAX_SUGGESTIONS:
        raise InputError(f"n is {n:,}, expected from 1 to {MAX_SUGGESTIONS:,} sentences.")
    losses = losses if losses is not None else Counter()
    fit = leave_out_unfit(sentences, tagger.model, losses)
    pool = _best(tagger, fit, min(_MAX_POOL, max(_MIN_POOL, _POOL_FACTOR * n)))
    chosen = choose_diverse(
        [sentence.text for _, sentence in pool], [worth.value for worth, _ in pool], n, seed=seed
    )
    if len(chosen) < min(n, len(pool)):
        losses["near duplicate"] += len(pool) - len(chosen)
    entities = _tag(tagger, [pool[i][1] for i in chosen])
    return [
        Suggestion(pool[i][1], found, pool[i][0]) for i, found in zip(chosen, entities, strict=True)
    ]


def leave_out_unfit(
    sentences: Iterable[UnlabelledSentence],
    model: TokenClassifier,
    losses: Counter[str],
    *,
    max_words: int = MAX_WORDS,
) -> Iterator[UnlabelledSentence]:
    """The sentences that the model can read, each once; the others are counted.

    Text in any script that can be written in the model's is fit: a target language is one that no
    source was in.
    """
    # Hashes, not texts: the memory must suffice for millions of sentences.
    seen: set[int] = set()
    for sentence in sentences:
        key = _digest(sentence.text)
        if len(sentence.words) < MIN_WORDS:
            losses["too short"] += 1
        elif len(sentence.words) > max_words:
            losses["too long"] += 1
        elif key in seen:
            losses["duplicate"] += 1
        elif notices_for(sentence.text, model.script, SCRIPTS):
            losses["other language"] += 1
        else:
            seen.add(key)
            yield sentence


def _digest(text: str) -> int:
    plain = " ".join(normalise_text(text).split()).encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(plain, digest_size=8).digest())


def _best(
    tagger: Tagger, sentences: Iterable[UnlabelledSentence], n_pool: int
) -> list[tuple[AcquisitionScore, UnlabelledSentence]]:
    """The ``n_pool`` of the highest worth, best first; of equals, the first to come."""
    heap: list[tuple[float, int, AcquisitionScore, UnlabelledSentence]] = []
    n_seen = 0
    for batch in _batches(sentences):
        worths = score_words(tagger.model, [sentence.words for sentence in batch])
        for worth, sentence in zip(worths, batch, strict=True):
            n_seen += 1
            # The number decides between equals, so that scores and sentences are never compared.
            entry = (worth.value, -n_seen, worth, sentence)
            if len(heap) < n_pool:
                heapq.heappush(heap, entry)
            else:
                heapq.heappushpop(heap, entry)
    return [(worth, sentence) for _, _, worth, sentence in sorted(heap, reverse=True)]


def _batches(sentences: Iterable[UnlabelledSentence]) -> Iterator[Sequence[UnlabelledSentence]]:
    iterator = iter(sentences)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def _tag(tagger: Tagger, sentences: Sequence[UnlabelledSentence]) -> list[tuple[Entity, ...]]:
    texts = tagger.tag_many(s.text for s in sentences if not s.has_own_words)
    words = tagger.tag_words_many(s.words for s in sentences if s.has_own_words)
    # Both streams give their answers in the order of the sentences.
    return [tuple(next(words if s.has_own_words else texts)) for s in sentences]
