"""Logits to tags: the only decoder. What it returns is always valid IOB2.

The model scores every word on its own; the transitions of IOB2 (no ``I-X`` but after ``B-X`` or
``I-X``) make of these scores a distribution over valid tag sequences. `decode` returns its most
probable sequence (Viterbi), `decode_spans` adds to every entity its exact probability (forward and
backward sums), all for many sentences at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nerbridge.errors import ModelError
from nerbridge.labels import LabelSet, Span, begin_with_b, tags_to_spans, transition_costs

_Floats = NDArray[np.float64]

_CHUNK = 512
_CHUNK_WORDS = 1 << 16  # padding counted: one long sentence must not pad hundreds of short ones
_MIN_LOG_PROBABILITY = -100.0  # exp(-100) is 4e-44: nothing is lost, nothing underflows


def decode(word_logits: NDArray[np.floating[Any]], label_set: LabelSet) -> list[str]:
    """Most probable valid tag sequence of one sentence.

    Args:
        word_logits: shape (n_words, n_tags), unnormalised.
        label_set: its ``tags`` name the columns.

    Raises:
        ModelError: if the logits have another number of columns or are not all finite.
    """
    return decode_many([word_logits], label_set)[0]


def decode_many(
    word_logits: Sequence[NDArray[np.floating[Any]]], label_set: LabelSet
) -> list[list[str]]:
    """`decode` for many sentences; the result of each does not depend on the others."""
    tags = np.array(label_set.tags, dtype=object)
    found: list[list[str]] = [[] for _ in word_logits]
    for chunk in _chunks(word_logits):
        log_probabilities, lengths = _pad([word_logits[i] for i in chunk], label_set)
        best = _viterbi(log_probabilities, lengths, label_set)
        for row, index in enumerate(chunk):
            found[index] = begin_with_b(tags[best[row, : lengths[row]]].tolist())
    return found


def decode_spans(
    word_logits: NDArray[np.floating[Any]], label_set: LabelSet
) -> list[tuple[Span, float]]:
    """Entities of one sentence, in order, each with the probability of exactly that entity.

    The probability is that of its words forming one entity of its type with exactly these borders,
    summed over all valid taggings of the rest of the sentence.
    """
    return decode_spans_many([word_logits], label_set)[0]


def decode_spans_many(
    word_logits: Sequence[NDArray[np.floating[Any]]], label_set: LabelSet
) -> list[list[tuple[Span, float]]]:
    """`decode_spans` for many sentences."""
    found: list[list[tuple[Span, float]]] = [[] for _ in word_logits]
    for chunk in _chunks(word_logits):
        log_probabilities, lengths = _pad([word_logits[i] for i in chunk], label_set)
        best = _viterbi(log_probabilities, lengths, label_set)
        probabilities = np.exp(np.maximum(log_probabilities, _MIN_LOG_PROBABILITY))
        sums = _Sums(probabilities, lengths, label_set)
        for row, index in enumerate(chunk):
            tags = begin_with_b([label_set.tags[tag] for tag in best[row, : lengths[row]]])
            found[index] = [(span, sums.probability(row, span)) for span in tags_to_spans(tags)]
    return found


def _chunks(word_logits: Sequence[NDArray[np.floating[Any]]]) -> list[list[int]]:
    """Indices of the non-empty sentences, longest first, in chunks that are padded together."""
    lengths = [len(logits) for logits in word_logits]
    order = sorted((i for i, n in enumerate(lengths) if n), key=lambda i: -lengths[i])
    chunks = []
    start = 0
    # The first sentence of a chunk is its longest, so its length is the width of the padding.
    while start < len(order):
        n_sentences = max(1, min(_CHUNK, _CHUNK_WORDS // lengths[order[start]]))
        chunks.append(order[start : start + n_sentences])
        start += n_sentences
    return chunks


def _pad(
    chunk: Sequence[NDArray[np.floating[Any]]], label_set: LabelSet
) -> tuple[_Floats, NDArray[np.int64]]:
    """Log-probabilities, shape (n_words of the first, n_sentences, n_tags) transposed, lengths."""
    n_tags = len(label_set.tags)
    lengths = np.array([len(logits) for logits in chunk], dtype=np.int64)
    padded = np.zeros((len(chunk), int(lengths[0]), n_tags))
    for row, logits in enumerate(chunk):
        if logits.ndim != 2 or logits.shape[1] != n_tags:
            raise ModelError(
                f"logits of shape {logits.shape} for {n_tags} tags {label_set.tags}: the head of "
                "the model does not fit. Use the label set that the model was trained with."
            )
        padded[row, : len(logits)] = logits
    if not np.isfinite(padded).all():
        raise ModelError(
            "the logits of the model are not finite: its weights are damaged or its training "
            "diverged. Train again with a lower learning rate."
        )
    return _log_softmax(padded), lengths


def _log_softmax(logits: _Floats) -> _Floats:
    shifted: _Floats = logits - logits.max(axis=-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shifted


def _viterbi(
    log_probabilities: _Floats, lengths: NDArray[np.int64], label_set: LabelSet
) -> NDArray[np.int64]:
    """Best label ids. Shape: (n_sentences, n_words of the longest); zeros beyond the length."""
    cost = -transition_costs(label_set)
    n_sentences, n_words, n_tags = log_probabilities.shape
    score = log_probabilities[:, 0] + cost[n_tags]
    previous = np.zeros((n_words, n_sentences, n_tags), dtype=np.int64)
    for word in range(1, n_words):
        # Sentences are sorted by length, longest first, so those that have ended come last.
        active = int(np.searchsorted(-lengths, -word, side="left"))
        step = score[:active, :, None] + cost[None, :n_tags]
        previous[word, :active] = step.argmax(axis=1)
        score[:active] = step.max(axis=1) + log_probabilities[:active, word]
    return _trace_back(score.argmax(axis=1), previous, lengths)


def _trace_back(
    last: NDArray[np.int64], previous: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.int64]:
    n_words, n_sentences, _ = previous.shape
    best = np.zeros((n_sentences, n_words), dtype=np.int64)
    rows = np.arange(n_sentences)
    current = last.copy()
    for word in range(n_words - 1, -1, -1):
        active = int(np.searchsorted(-lengths, -word, side="left"))
        best[:active, word] = current[:active]
        current[:active] = previous[word, rows[:active], current[:active]]
    return best


class _Sums:
    """Forward and backward sums over all valid tag sequences, scaled at every word.

    ``forward[s, t, k]``: probability of tag k at word t given the words up to t;
    ``backward[s, t, k]``: what the later words add to it. Their product sums to 1 over k.
    """

    def __init__(
        self, probabilities: _Floats, lengths: NDArray[np.int64], label_set: LabelSet
    ) -> None:
        weights = np.exp(-transition_costs(label_set))
        n_tags = len(label_set.tags)
        self._first, self._next = weights[n_tags], weights[:n_tags]
        self._probabilities, self._lengths, self._ids = probabilities, lengths, label_set.tag_to_id
        self.forward = np.zeros_like(probabilities)
        self.backward = np.ones_like(probabilities)
        self.scale = np.ones(probabilities.shape[:2])
        for word in range(probabilities.shape[1]):
            self._step_forward(word)
        for word in range(probabilities.shape[1] - 2, -1, -1):
            self._step_backward(word)

    def _step_forward(self, word: int) -> None:
        arriving = self.forward[:, word - 1] @ self._next if word else self._first
        unscaled = arriving * self._probabilities[:, word]
        self.scale[:, word] = unscaled.sum(axis=-1)
        self.forward[:, word] = unscaled / self.scale[:, word, None]

    def _step_backward(self, word: int) -> None:
        active = int(np.searchsorted(-self._lengths, -(word + 1), side="left"))
        following = self._probabilities[:active, word + 1] * self.backward[:active, word + 1]
        self.backward[:active, word] = (
            following @ self._next.T / self.scale[:active, word + 1, None]
        )

    def probability(self, row: int, span: Span) -> float:
        """Probability that sentence ``row`` has exactly this entity."""
        begin, inside = self._ids[f"B-{span.type}"], self._ids[f"I-{span.type}"]
        start, end = span.start_word, span.end_word
        # Inside of the entity only one path is possible, so its weight is a plain product.
        emitted = self._probabilities[row, start:end, inside] / self.scale[row, start:end]
        total = self._beginning(row, start, begin, inside) * np.prod(emitted[1:])
        if end < self._lengths[row]:
            leaving = self._next[begin].copy()
            leaving[inside] = 0.0  # one more inside word would be a longer entity
            after = self._probabilities[row, end] * self.backward[row, end]
            total *= leaving @ after / self.scale[row, end]
        return float(total)

    def _beginning(self, row: int, start: int, begin: int, inside: int) -> float:
        """Weight of an entity's first word, as ``B-X`` or as an ``I-X`` that begins it."""
        before = self.forward[row, start - 1].copy() if start else np.ones(1)
        following = self._next if start else self._first[None]
        as_begin = before @ following[:, begin] * self._probabilities[row, start, begin]
        if start:
            before[[begin, inside]] = 0.0  # after these, I-X continues an entity
        as_inside = before @ following[:, inside] * self._probabilities[row, start, inside]
        return float((as_begin + as_inside) / self.scale[row, start])
