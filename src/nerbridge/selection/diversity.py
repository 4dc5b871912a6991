"""Sentences that are worth much and unlike each other: maximal marginal relevance.

Source: Carbonell and Goldstein (1998), The use of MMR, diversity-based reranking for reordering
documents and producing summaries.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nerbridge.text.normalise import normalise_text

NEAR_DUPLICATE = 0.8
"""Cosine of the vectors of two sentences from which the second is not taken."""
_N_COLUMNS = 1024
_NGRAM = 4
_DIVERSITY = 0.5

TextVectors = NDArray[np.float32]


def choose_diverse(
    texts: Sequence[str], values: Sequence[float], n: int, *, seed: int = 0
) -> list[int]:
    """Indices of at most ``n`` texts, the best first; fewer if the rest are near duplicates.

    Each is the one with the highest value (of the highest there is), less half its likeness to the
    likest of those taken; of equals, the first.

    >>> choose_diverse(["গুৱাহাটীত বানপানী", "গুৱাহাটীত বানপানী।", "নতুন কিতাপ"], [3, 2, 1], 3)
    [0, 2]
    """
    if not texts:
        return []
    vectors = texts_to_vectors(texts, seed=seed)
    # All values may be zero.
    scaled = np.asarray(values, dtype=np.float64) / (max(values) or 1.0)
    likeness = np.zeros(len(texts), dtype=np.float32)
    chosen: list[int] = []
    is_free = np.ones(len(texts), dtype=bool)
    while len(chosen) < n and is_free.any():
        best = int(np.where(is_free, scaled - _DIVERSITY * likeness, -np.inf).argmax())
        chosen.append(best)
        likeness = np.maximum(likeness, vectors @ vectors[best])
        is_free &= likeness < NEAR_DUPLICATE
        is_free[best] = False
    return chosen


def texts_to_vectors(texts: Sequence[str], *, seed: int = 0) -> TextVectors:
    """Hashed TF-IDF of character 4-grams, each row of length 1. Shape: (n_texts, 1024).

    ``seed`` is that of the hash.
    """
    counts = np.zeros((len(texts), _N_COLUMNS), dtype=np.float32)
    for row, text in zip(counts, texts, strict=True):
        for gram in _ngrams(text):
            # Not `hash`, which differs from process to process.
            row[zlib.crc32(gram.encode("utf-8", "replace"), seed) % _N_COLUMNS] += 1
    n_with = np.count_nonzero(counts, axis=0)
    # In place: of twenty thousand texts this is 80 MB.
    vectors: TextVectors = np.log1p(counts, out=counts)
    vectors *= np.log1p(len(texts) / (1.0 + n_with)).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return vectors


def _ngrams(text: str) -> list[str]:
    plain = f" {' '.join(normalise_text(text).lower().split())} "
    return [plain[i : i + _NGRAM] for i in range(max(1, len(plain) - _NGRAM + 1))]
