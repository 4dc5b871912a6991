"""Sentences with labels that models gave and are sure of, to train the next model on.

Source: Wu, Lin, Karlsson, Lou and Huang (2020), Single-/Multi-Source Cross-Lingual NER via
Teacher-Student Learning on Unlabeled Data in Target Language.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np

from nerbridge.alignment.decoding import decode_spans_many
from nerbridge.alignment.label_columns import strict_probabilities
from nerbridge.corpus.overlap import SentenceKey, letters_key
from nerbridge.corpus.raw import check_word
from nerbridge.corpus.sentence import Probabilities, Sentence
from nerbridge.errors import CorpusError, InputError
from nerbridge.labels import OUTSIDE, LabelSet, Span, spans_to_tags, tags_to_spans
from nerbridge.models.word_model import TokenClassifier
from nerbridge.selection.prediction_cache import PredictionCache
from nerbridge.selection.suggesting import UnlabelledSentence, split_text
from nerbridge.text.noise import read_past_noise

Item = TypeVar("Item")
Reweight = Callable[[list[Sequence[str]], list[Probabilities]], list[Probabilities]]
"""From the words and probabilities of all sentences to other probabilities."""

MAX_WORDS = 40
"""Of longer sentences models are seldom sure in every word."""
_BATCH = 512
_TINY = 1e-9
_MIN_SEEN = 5
_SELDOM, _MOSTLY = 0.3, 0.5
"""Shares of a word's occurrences, those inside longer names apart, in which it is an entity."""


@dataclass(frozen=True, slots=True)
class ConfidenceThresholds:
    """How probable labels must be to be taken, from 0 to 1.

    ``entity``: every entity with exactly its borders and type; ``word``: the best tag of every
    word. ``outside``: that of every word of a sentence in which no entity is found.
    ``share_without``: such sentences for each one with an entity, at most.
    """

    entity: float = 0.5
    word: float = 0.4
    outside: float = 0.9
    share_without: float = 0.4


def draw(sentences: Iterable[Item], n: int, seed: int) -> list[Item]:
    """``n`` of the sentences at random, in random order, reading them once; all if fewer.

    Source: Vitter (1985), Random sampling with a reservoir, algorithm R.
    """
    rng = random.Random(seed)
    kept: list[Item] = []
    for n_seen, sentence in enumerate(sentences):
        if n_seen < n:
            kept.append(sentence)
        elif (place := rng.randrange(n_seen + 1)) < n:
            kept[place] = sentence
    # Until here the sentences that came first stand in the order they came in.
    rng.shuffle(kept)
    return kept


def leave_out_known(
    sentences: Iterable[UnlabelledSentence], known: Iterable[Sequence[str]], losses: Counter[str]
) -> Iterator[UnlabelledSentence]:
    """The sentences that are no known one (of a test set, say), given by its words.

    Neither how it is cut into words nor its punctuation makes a difference, and of a known text
    that is several sentences each is one.
    """
    keys: set[SentenceKey] = set()
    for words in known:
        parts = split_text("", 0, " ".join(words))
        keys.update(letters_key(part) for part in (words, *(sentence.words for sentence in parts)))
    for sentence in sentences:
        if letters_key(sentence.words) in keys:
            losses["held out"] += 1
        else:
            yield sentence


class Ensemble:
    """Models that label together: the probability of a tag is the mean of theirs.

    Each counts by its own temperature.
    """

    def __init__(self, models: Sequence[TokenClassifier]) -> None:
        """Use loaded models.

        Raises:
            InputError: there is none, or their labels differ.
        """
        if not models:
            raise InputError("found no model; expected one or, better, several.")
        for model in models[1:]:
            if model.label_set.tags != models[0].label_set.tags:
                raise InputError(
                    f"{model.name} knows the labels {', '.join(model.label_set.tags)}, "
                    f"{models[0].name} {', '.join(models[0].label_set.tags)}; expected the same in "
                    "the same order. Give models of one recipe."
                )
        self.models = tuple(models)

    @property
    def label_set(self) -> LabelSet:
        """The labels of them all, in IOB2."""
        return LabelSet(self.models[0].label_set.types)

    def probabilities(self, words: Sequence[Sequence[str]]) -> list[Probabilities]:
        """Of every tag of every word of every sentence. Shape of each: (n_words, n_tags)."""
        means = [np.zeros((len(sentence), len(self.label_set.tags))) for sentence in words]
        for model in self.models:
            for mean, logits in zip(means, model.word_logits(words), strict=True):
                scaled = logits.astype(np.float64) / model.temperature
                p = np.exp(scaled - scaled.max(axis=1, keepdims=True))
                p /= p.sum(axis=1, keepdims=True)
                mean += strict_probabilities(p, model.label_set) / len(self.models)
        return [mean.astype(np.float32) for mean in means]


def pseudo_label(
    ensemble: Ensemble,
    sentences: Iterable[UnlabelledSentence],
    thresholds: ConfidenceThresholds = ConfidenceThresholds(),
    *,
    soft: bool = False,
    losses: Counter[str] | None = None,
    known: PredictionCache | None = None,
    reconsider: Reweight | None = None,
) -> list[Sentence]:
    """The sentences that the ensemble are together sure of, with their labels, in order.

    One model knows nothing that it could tell itself; several know together more than each.

    Args:
        ensemble: the models.
        sentences: without labels.
        thresholds: how probable a label must be.
        soft: keep every sentence with an entity, sure or consistent or not, and of those
            without only ``outside`` ones; with each come the probabilities of its tags.
        losses: what was left out is counted here: ``noise`` (emoji, addresses and
            the like), ``unsure``, ``inconsistent``, ``without entity``.
        known: probabilities are taken from here, and put here as they are computed.
        reconsider: changes the probabilities of all sentences before labels are made of them.

    Raises:
        EnvironmentProblem: ``known`` could not be written.
    """
    losses = losses if losses is not None else Counter()
    found: list[Sentence] = []
    read = _read(ensemble, _leave_out_noise(sentences, losses), known)
    if reconsider:
        read = _reconsider(read, reconsider)
    for sentence, p, scored in _decode(read, ensemble.label_set):
        if not (soft and scored) and not is_sure(p, [score for _, score in scored], thresholds):
            losses["unsure"] += 1
            continue
        tags = spans_to_tags([span for span, _ in scored], len(sentence.words))
        given = p if soft else None
        found.append(Sentence(sentence.words, tuple(tags), sentence.source, sentence.row, given))
    kept = _thin_out(found, thresholds.share_without, losses)
    return kept if soft else list(leave_out_inconsistent(kept, losses))


def leave_out_inconsistent(
    labelled: Sequence[Sentence], losses: Counter[str]
) -> Iterator[Sentence]:
    """The sentences in which no word is labelled against what it mostly is.

    Left out is a sentence with an entity of one word that is mostly none (a pronoun taken for a
    name), or with a word outside that is mostly an entity by itself (a name that was missed).
    Occurrences inside longer names say nothing of either.
    """
    alone = Counter(word for sentence in labelled for word in _names_of_one_word(sentence))
    outside = Counter(word for sentence in labelled for word in _words_outside(sentence))
    shares = {
        word: n / (n + outside[word]) for word, n in alone.items() if n + outside[word] >= _MIN_SEEN
    }
    for sentence in labelled:
        # A word that was seen too seldom has no share, and excludes no sentence.
        if any(shares.get(word, 1.0) < _SELDOM for word in _names_of_one_word(sentence)) or any(
            shares.get(word, 0.0) >= _MOSTLY for word in _words_outside(sentence)
        ):
            losses["inconsistent"] += 1
        else:
            yield sentence


def is_sure(
    probabilities: Probabilities, scores: Sequence[float], thresholds: ConfidenceThresholds
) -> bool:
    """Whether a sentence is sure enough.

    Args:
        probabilities: of the tags of every word. Shape: (n_words, n_tags).
        scores: the probability of every entity found.
        thresholds: what is enough.

    >>> is_sure(np.array([[0.8, 0.2]]), [], ConfidenceThresholds(outside=0.9))
    False
    """
    least_word = probabilities.max(axis=1).min()
    if not scores:
        return bool(least_word >= thresholds.outside)
    return bool(least_word >= thresholds.word and min(scores) >= thresholds.entity)


def _read(
    ensemble: Ensemble, sentences: Iterable[UnlabelledSentence], known: PredictionCache | None
) -> Iterator[tuple[UnlabelledSentence, Probabilities]]:
    iterator = iter(sentences)
    while batch := list(islice(iterator, _BATCH)):
        words = [sentence.words for sentence in batch]
        # Batches are cut alike in every run, so the words of a batch are found again together.
        rows = known.find(words) if known else None
        if rows is None:
            rows = ensemble.probabilities(words)
            if known:
                known.add(words, rows)
        yield from zip(batch, rows, strict=True)


def _reconsider(
    read: Iterable[tuple[UnlabelledSentence, Probabilities]], reconsider: Reweight
) -> Iterator[tuple[UnlabelledSentence, Probabilities]]:
    # Words are weighed over all sentences, so all of them must be read first.
    together = list(read)
    rows = reconsider([sentence.words for sentence, _ in together], [p for _, p in together])
    for (sentence, _), p in zip(together, rows, strict=True):
        yield sentence, p


def _decode(
    read: Iterable[tuple[UnlabelledSentence, Probabilities]], label_set: LabelSet
) -> Iterator[tuple[UnlabelledSentence, Probabilities, list[tuple[Span, float]]]]:
    iterator = iter(read)
    while batch := list(islice(iterator, _BATCH)):
        # Tags that cannot be have the probability 0, whose logarithm is infinite.
        logits = [np.log(p.astype(np.float64) + _TINY) for _, p in batch]
        for (sentence, p), scored in zip(batch, decode_spans_many(logits, label_set), strict=True):
            yield sentence, p, scored


def _leave_out_noise(
    sentences: Iterable[UnlabelledSentence], losses: Counter[str]
) -> Iterator[UnlabelledSentence]:
    for sentence in sentences:
        if _is_noisy(sentence.words):
            losses["noise"] += 1
        else:
            yield sentence


def _is_noisy(words: Sequence[str]) -> bool:
    """Whether a word is one that models read past, or that no file of a corpus can hold."""
    try:
        for word in words:
            check_word(word, "", 0)
    except CorpusError:
        return True
    return len(read_past_noise(words).read) < len(words)


def _thin_out(found: list[Sentence], share: float, losses: Counter[str]) -> list[Sentence]:
    """At most ``share`` sentences without an entity for each one with, the first of them."""
    n_with = sum(map(_has_entity, found))
    n_free = int(share * n_with)
    kept = []
    for sentence in found:
        if not _has_entity(sentence):
            n_free -= 1
            if n_free < 0:
                losses["without entity"] += 1
                continue
        kept.append(sentence)
    return kept


def _names_of_one_word(sentence: Sentence) -> list[str]:
    spans = tags_to_spans(sentence.tags)
    return [sentence.words[s.start_word] for s in spans if s.end_word - s.start_word == 1]


def _words_outside(sentence: Sentence) -> list[str]:
    pairs = zip(sentence.words, sentence.tags, strict=True)
    return [word for word, tag in pairs if tag == OUTSIDE]


def _has_entity(sentence: Sentence) -> bool:
    return any(tag != OUTSIDE for tag in sentence.tags)
