"""Vectors of words from the company that they keep in a text: counted, not trained.

Words that are used alike get like vectors, however rare each is: a town that no corpus names lies
among towns. The text is counted once, its words without their endings (which endings there are is
seen from the text, whatever its language), and the table of who stands beside whom is reduced to a
few numbers a word.

Source: Levy, Goldberg and Dagan (2015), Improving Distributional Similarity with Lessons Learned
from Word Embeddings: positive pointwise mutual information, contexts smoothed, singular values to
the power of a half.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import regex
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds

from nerbridge.corpus.overlap import normalise_word
from nerbridge.errors import InputError
from nerbridge.selection.suggesting import UnlabelledSentence

N_DIMENSIONS = 150
MIN_WORDS = 100_000
"""Of a text: from less nothing is learned of the company of a rare word."""
_MIN_SEEN = 3
_N_ENDINGS, _MAX_ENDING, _MIN_STEM, _MIN_STEM_SEEN, _MIN_STEM_SHARE = 80, 5, 3, 5, 0.2
_MIN_FORMS = 3
"""So many forms make a word a stem."""
_N_CONTEXTS = 20_000
_NEAR = {2: 1.0, 3: 0.7, 4: 0.5}
"""What a word counts at a distance; the neighbours on either side are counted for themselves."""
_SMOOTHING = 0.75
_NUMBER = regex.compile(r"\p{N}+(?:[.,:/-]\p{N}+)*")
_BREAK, _NO_ENDING = -1, -2
_MIN_TOKENS = 3
"""Of fewer there is nothing to reduce."""

WordCounts = Mapping[str, int]
StemsAndEndings = Mapping[str, tuple[str, str]]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class WordVectors:
    """Rows of length one, and the row of every word; forms of a word share one.

    A row is zero where a word has no company that tells it from others.
    ``matrix``: Shape: (n_rows, at most `N_DIMENSIONS`).
    """

    rows: Mapping[str, int]
    matrix: NDArray[np.float32]

    def row_of(self, word: str) -> int | None:
        """The row of a word as it is written, None if it was seen too seldom."""
        return self.rows.get(_as_counted(word))


class CountedText:
    """The words of a text in their order, remembered as numbers while it is read."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._numbers: dict[str, int] = {}
        self._text = array("i")
        self.n_words = 0

    def read(self, sentences: Iterable[UnlabelledSentence]) -> Iterator[UnlabelledSentence]:
        """Pass the sentences on, remembering their words."""
        for sentence in sentences:
            self._text.extend(self._number(word) for word in sentence.words)
            self._text.append(_BREAK)
            self.n_words += len(sentence.words)
            yield sentence

    def vectors(self) -> WordVectors:
        """The vectors of all words seen often enough. A minute for ten million words.

        Raises:
            InputError: too few words were read, or none of them often enough beside another.
        """
        text = np.frombuffer(self._text, dtype=np.intc).astype(np.int64)
        if self.n_words < MIN_WORDS:
            raise InputError(
                f"the input has {self.n_words:,} words; expected {MIN_WORDS:,} or more to learn "
                "which words are used in similar ways. Give more text, or leave out --neighbours."
            )
        counts = dict(zip(self._numbers, np.bincount(text[text != _BREAK]).tolist(), strict=True))
        parts = cut_endings(counts)
        tokens = _number_tokens(counts, parts)
        weighed = positive_information(count_pairs(_cut(text, parts, tokens), len(tokens)))
        if not weighed.nnz or min(weighed.shape) < _MIN_TOKENS:
            raise InputError(
                f"the input has {self.n_words:,} words, but few of them occur together more than "
                "once; expected running text. Give other text, or leave out --neighbours."
            )
        matrix = _reduce(weighed)
        rows = {word: tokens[stem] for word, (stem, _) in parts.items() if stem in tokens}
        return WordVectors(rows, matrix)

    def _number(self, word: str) -> int:
        return self._numbers.setdefault(_as_counted(word), len(self._numbers))


def cut_endings(counts: WordCounts) -> dict[str, tuple[str, str]]:
    """Every word as a stem and an ending, which is empty for most.

    An ending is what stands behind many words that are also written without it, and oftener so.
    A stem is the most frequent word that a word begins with, a fifth as frequent at least. What is
    the stem of several words is not cut itself: ব্যক্তি, of ব্যক্তিৰ and ব্যক্তিক, is no form of ব্যক্ত.

    >>> cut_endings({"অসম": 90, "অসমত": 20, "অসীম": 9})["অসমত"]
    ('অসম', 'ত')
    """
    endings = _find_endings(counts)
    stems = {word: _find_stem(word, counts, endings) for word in counts}
    n_forms = Counter(stem for word, stem in stems.items() if stem != word)
    stems |= {word: word for word, n in n_forms.items() if n >= _MIN_FORMS}
    parts = {}
    for word in counts:
        stem = stems[word]
        # A stem may itself be a form of a shorter one.
        while stems[stem] != stem:
            stem = stems[stem]
        parts[word] = (stem, word[len(stem) :])
    return parts


def _find_endings(counts: WordCounts) -> frozenset[str]:
    frequent = {w: n for w, n in counts.items() if n >= _MIN_STEM_SEEN and len(w) >= _MIN_STEM}
    behind: Counter[str] = Counter()
    for word, n in frequent.items():
        for stem in _beginnings(word):
            if frequent.get(stem, 0) > n:
                behind[word[len(stem) :]] += 1
    return frozenset(ending for ending, _ in behind.most_common(_N_ENDINGS))


def _find_stem(word: str, counts: WordCounts, endings: frozenset[str]) -> str:
    least = max(_MIN_STEM_SEEN, _MIN_STEM_SHARE * counts[word])
    stems = [
        stem
        for stem in _beginnings(word)
        if word[len(stem) :] in endings and counts.get(stem, 0) >= least
    ]
    return max(stems, key=lambda stem: counts[stem], default=word)


def _beginnings(word: str) -> Iterator[str]:
    for end in range(max(_MIN_STEM, len(word) - _MAX_ENDING), len(word)):
        yield word[:end]


def _number_tokens(counts: WordCounts, parts: StemsAndEndings) -> dict[str, int]:
    """Numbers of stems, and of endings with a mark in front, the most frequent first."""
    seen: Counter[str] = Counter()
    for word, (stem, ending) in parts.items():
        seen[stem] += counts[word]
        if ending:
            seen[_mark(ending)] += counts[word]
    kept = [token for token, n in seen.most_common() if n >= _MIN_SEEN]
    return {token: number for number, token in enumerate(kept)}


def _cut(text: Numbers, parts: StemsAndEndings, tokens: Mapping[str, int]) -> Numbers:
    """The text in tokens: a word's stem, then its ending; -1 for what is rare and at a break."""
    stems = [tokens.get(stem, _BREAK) for stem, _ in parts.values()]
    endings = [tokens.get(_mark(e), _BREAK) if e else _NO_ENDING for _, e in parts.values()]
    # The last entry is that of a break, whose number is -1.
    stem_of, ending_of = np.array([*stems, _BREAK])[text], np.array([*endings, _NO_ENDING])[text]
    has_ending = ending_of != _NO_ENDING
    n_tokens = 1 + has_ending
    # As many breaks as the window is wide: nothing is counted across them.
    n_tokens[text == _BREAK] = max(_NEAR)
    starts = np.cumsum(n_tokens) - n_tokens
    cut = np.full(int(n_tokens.sum()), _BREAK)
    cut[starts] = stem_of
    cut[starts[has_ending] + 1] = ending_of[has_ending]
    return cut


def count_pairs(tokens: Numbers, n_rows: int) -> sparse.csr_matrix:
    """How often each token has each frequent one right behind, right before, near behind and near
    before it. Shape: (n_rows, 4 * n_contexts).
    """
    n_contexts = min(_N_CONTEXTS, n_rows)
    shape = (n_rows, 4 * n_contexts)
    counted = sparse.csr_matrix(shape, dtype=np.float32)
    for distance, weight in ({1: 1.0} | _NEAR).items():
        near = 2 * (distance > 1)
        first, second = tokens[:-distance], tokens[distance:]
        for side, (word, context) in enumerate(((first, second), (second, first))):
            used = (word >= 0) & (context >= 0) & (context < n_contexts)
            columns = context[used] + (near + side) * n_contexts
            # Integers, since a sum of ones in float32 stops growing at 2**24.
            ones = np.ones(len(columns), dtype=np.int32)
            pairs = sparse.csr_matrix((ones, (word[used], columns)), shape=shape)
            counted = counted + pairs.astype(np.float32) * np.float32(weight)
    return counted


def positive_information(counted: sparse.csr_matrix) -> sparse.csr_matrix:
    """Positive pointwise mutual information, contexts smoothed. Shape: that of the counts."""
    pairs = counted.tocoo()
    n_row = np.asarray(counted.sum(axis=1)).ravel()
    n_column = np.asarray(counted.sum(axis=0)).ravel() ** _SMOOTHING
    share = n_column / max(n_column.sum(), 1)
    information = np.log(pairs.data / (n_row[pairs.row] * share[pairs.col]))
    kept = information > 0
    return sparse.csr_matrix(
        (information[kept], (pairs.row[kept], pairs.col[kept])), shape=counted.shape
    )


def _reduce(weighed: sparse.csr_matrix) -> NDArray[np.float32]:
    n_dimensions = min(N_DIMENSIONS, min(weighed.shape) - 1)
    # Without a fixed state the solver starts at random, and vectors differ from run to run.
    left, singular, _ = svds(weighed.astype(np.float32), k=n_dimensions, random_state=0)
    matrix = left * np.sqrt(singular)
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    found: NDArray[np.float32] = (matrix / np.maximum(lengths, 1e-9)).astype(np.float32)
    return found


def _as_counted(word: str) -> str:
    """All numbers are one word."""
    counted: str = _NUMBER.sub("0", normalise_word(word))
    return counted


def _mark(ending: str) -> str:
    return " " + ending  # no word has a space
