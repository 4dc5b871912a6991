"""What words are, by the words that are used like them.

A model reads one sentence at a time. Of a name that it hardly knows it is unsure in each, and
says nothing; but the words that stand in the same places all over a text may be names that it
knows well. Their labels are held beside its own.

Source: Zhu and Ghahramani (2002), Learning from Labeled and Unlabeled Data with Label Propagation:
one step of it, over words instead of sentences.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nerbridge.corpus.sentence import Probabilities
from nerbridge.labels import LabelSet
from nerbridge.selection.word_vectors import WordVectors

N_NEIGHBOURS = 20
_MIN_SEEN = 5
"""How often a word must have been labelled to have a say about others."""
_ENOUGH = 30
"""From so many times on it has a full say."""
_POWER = 4
"""Of the likeness of two words, as a weight: the likest count most."""
_TINY = 1e-6
_CHUNK = 500
"""Rows that are compared at a time: with a hundred thousand others 400 MB."""

Shares = NDArray[np.float64]
Rows = NDArray[np.int64]


def weigh_by_neighbours(
    words: Sequence[Sequence[str]],
    probabilities: Sequence[Probabilities],
    vectors: WordVectors,
    label_set: LabelSet,
    weight: float,
) -> list[Probabilities]:
    """Probabilities in which a word's neighbours have had their say.

    Each is multiplied by how much more often than words in general the neighbours are of the tag's
    type (or outside), to the power of ``weight``, and made to sum to one. A word without a vector
    stays as it was.

    Args:
        words: of every sentence.
        probabilities: of the tags of every word. Shape of each: (n_words, n_tags).
        vectors: of the words.
        label_set: the tags.
        weight: 0 leaves all as it was, 1 gives the neighbours as much of a say as the models.
    """
    if not words:
        return []
    rows = [np.array([_row(vectors, w) for w in sentence], dtype=np.int64) for sentence in words]
    kinds = _kinds(label_set)
    all_rows = np.concatenate(rows)
    shares, n_seen = _shares(all_rows, np.concatenate(probabilities), kinds, len(vectors.matrix))
    overall = _overall(shares, n_seen)
    asked = np.unique(all_rows[all_rows >= 0])
    # The last row, that of words without a vector, says nothing.
    says = np.ones((len(vectors.matrix) + 1, len(overall)))
    found = _of_neighbours(asked, shares, n_seen, overall, vectors)
    says[asked] = (found + _TINY) / (overall + _TINY)
    says **= weight
    weighed = [p * says[row][:, kinds] for p, row in zip(probabilities, rows, strict=True)]
    return [(p / p.sum(axis=1, keepdims=True)).astype(np.float32) for p in weighed]


def _row(vectors: WordVectors, word: str) -> int:
    row = vectors.row_of(word)
    return -1 if row is None else row


def _kinds(label_set: LabelSet) -> Rows:
    """For every tag its type's number, 0 for O: ``B-PER`` and ``I-PER`` are one."""
    names = ["O", *label_set.types]
    return np.array([names.index(tag.partition("-")[2] or tag) for tag in label_set.tags])


def _shares(rows: Rows, p: Probabilities, kinds: Rows, n_rows: int) -> tuple[Shares, Shares]:
    """How much of each kind a row's words were held to be, and how often they were seen.

    Shapes: (n_rows, n_kinds), (n_rows,).
    """
    known = rows >= 0
    n_seen = np.bincount(rows[known], minlength=n_rows).astype(np.float64)
    columns = [
        np.bincount(rows[known], p[known][:, kinds == kind].sum(axis=1), minlength=n_rows)
        for kind in range(int(kinds.max()) + 1)
    ]
    return np.stack(columns, axis=1) / np.maximum(n_seen, 1)[:, None], n_seen


def _overall(shares: Shares, n_seen: Shares) -> Shares:
    """The shares of words in general. Shape: (n_kinds,)."""
    mean: Shares = (shares * n_seen[:, None]).sum(axis=0) / max(n_seen.sum(), 1)
    return mean


def _of_neighbours(
    asked: Rows, shares: Shares, n_seen: Shares, overall: Shares, vectors: WordVectors
) -> Shares:
    """The mean of the likest words' shares, none of them the word itself."""
    known = np.flatnonzero(n_seen >= _MIN_SEEN)
    if len(known) <= 1:
        return np.tile(overall, (len(asked), 1))
    n_neighbours = min(N_NEIGHBOURS, len(known) - 1)
    trust = np.sqrt(np.minimum(n_seen[known], _ENOUGH) / _ENOUGH)
    known_shares, known_vectors = shares[known], vectors.matrix[known].T
    found = []
    for chunk in np.split(asked, range(_CHUNK, len(asked), _CHUNK)):
        likeness = vectors.matrix[chunk] @ known_vectors
        # A word is no neighbour of itself.
        likeness[chunk[:, None] == known] = -1
        nearest = np.argpartition(likeness, -n_neighbours, axis=1)[:, -n_neighbours:]
        weights = np.maximum(np.take_along_axis(likeness, nearest, axis=1), 0) ** _POWER
        weights = weights * trust[nearest]
        total = weights.sum(axis=1, keepdims=True)
        says = (weights[:, :, None] * known_shares[nearest]).sum(axis=1)
        # Where nothing is alike, words in general are asked.
        found.append((says + _TINY * overall) / (total + _TINY))
    return np.concatenate(found)
