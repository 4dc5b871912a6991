"""Intervals for F1 and tests for differences, by resampling rows of the counts matrix.

A system is an array of strict counts (true positives, false positives, false negatives) per seed
and sentence. Shape: (n_seeds, n_sentences, 3). Its score is the mean over seeds of the micro F1.

Two things make that score uncertain: which sentences happened to be in the test set, and which
seeds were run. Every bootstrap replicate therefore draws sentences with replacement, the same ones
for all seeds, and adds a draw from the normal distribution that the mean over other seeds has: its
variance is the variance between seeds over their number. Seeds differ partly because each errs on
other sentences of this test set, which drawing the sentences has counted already, so intervals are
a little too wide where seeds hardly matter. Taking that part away made them too narrow where they
do: it can only be guessed from a handful of seeds (benchmarks/false_verdicts.py). With one seed the
variance between seeds is unknown and not in the interval; from two or three it is a guess.

Seeds pair up by position where both systems have equally many: the caller puts the same seed in
the same place. A system that is trained once comes with one. Nothing here averages the counts of
seeds; systems with different numbers of seeds are compared by their mean F1 all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nerbridge.errors import InputError
from nerbridge.evaluation.counts import counts_to_f1

N_REPLICATES = 10_000

_MAX_CELLS = 4_000_000
"""Replicates × sentences held at once: 32 MB of float64."""

_TOLERANCE = 1e-12
"""Differences of F1 closer than this are the same; sums of float64 are not exact."""

CountMatrix = NDArray[np.integer]
_Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """A 95 % interval, both ends included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Difference of two systems on the same sentences.

    Attributes:
        difference: score of the first system minus score of the second, unresampled.
        ci95: 95 % interval of the difference, from the paired bootstrap in either test.
        p: two-sided p-value, with one added above and below so that it is never 0.
    """

    difference: float
    ci95: Interval
    p: float


def mean_f1(counts: CountMatrix) -> float:
    """Mean over seeds of the micro F1. ``counts``: (n_seeds, n_sentences, 3).

    >>> mean_f1(np.array([[[1, 0, 0], [0, 0, 1]], [[1, 0, 0], [1, 0, 0]]])).__round__(3)
    0.833
    """
    return float(_seed_f1(counts).mean())


def bootstrap_interval(
    counts: CountMatrix, *, n_replicates: int = N_REPLICATES, seed: int = 0
) -> Interval:
    """95 % percentile bootstrap interval of the mean F1, over sentences and seeds.

    If seeds differ much, the interval could exceed the range of F1; it is cut to 0 and 1.

    ``counts``: (n_seeds, n_sentences, 3).

    Raises:
        InputError: another shape, no seed or no sentence.
    """
    _check_counts(counts, "counts")
    rng = np.random.default_rng(seed)
    f1 = _resample_f1(counts, n_replicates, rng)
    low, high = _percentiles(_pool_seeds(f1, _seed_f1(counts), rng))
    return Interval(max(0.0, low), min(1.0, high))


def paired_bootstrap(
    a: CountMatrix, b: CountMatrix, *, n_replicates: int = N_REPLICATES, seed: int = 0
) -> PairedTest:
    """Bootstrap the difference in mean F1, ``a`` minus ``b``.

    Every replicate uses the same sentences for both systems. With equally many seeds it also uses
    the same seeds, otherwise it draws them for each system separately. The p-value is twice the
    smaller share of replicates on either side of 0, so it is below 0.05 when ``ci95`` leaves out 0.

    ``a``, ``b``: (n_seeds, n_sentences, 3); the numbers of seeds may differ.

    Raises:
        InputError: another shape, no seed or no sentence, or different sentences.
    """
    _check_pair(a, b)
    rng = np.random.default_rng(seed)
    f1 = _resample_f1(np.concatenate([a, b]), n_replicates, rng)
    f1_a, f1_b = f1[:, : len(a)], f1[:, len(a) :]
    if len(a) == len(b):
        differences = _pool_seeds(f1_a - f1_b, _seed_f1(a) - _seed_f1(b), rng)
    else:
        differences = _pool_seeds(f1_a, _seed_f1(a), rng) - _pool_seeds(f1_b, _seed_f1(b), rng)
    # A replicate at 0 counts on both sides, so that equal systems get p = 1.
    n_not_above = int((differences <= _TOLERANCE).sum())
    n_not_below = int((differences >= -_TOLERANCE).sum())
    p = min(1.0, 2 * (1 + min(n_not_above, n_not_below)) / (n_replicates + 1))
    return PairedTest(mean_f1(a) - mean_f1(b), _percentiles(differences), p)


def approximate_randomisation(
    a: CountMatrix, b: CountMatrix, *, n_replicates: int = N_REPLICATES, seed: int = 0
) -> PairedTest:
    """Test the difference of two systems by swapping their outputs at random.

    Every replicate swaps the outputs of the two systems on each sentence with probability 1/2, on
    all seeds of the sentence together, because the seeds of one system are not independent there.
    The p-value is the share of replicates that differ in mean F1 by at least as much as the systems
    do. It holds for these seeds; only the bootstrap takes other seeds into account.

    With different numbers of seeds, every seed of ``a`` is paired with every seed of ``b``, which
    leaves both means as they are.

    ``a``, ``b``: (n_seeds, n_sentences, 3).

    *Source:* Yeh, More accurate tests for the statistical significance of result differences,
    COLING 2000.

    Raises:
        InputError: another shape, no seed or no sentence, or different sentences.
    """
    bootstrap = paired_bootstrap(a, b, n_replicates=n_replicates, seed=seed)
    # Swapping needs one output of each system per seed. All pairs keep both means unchanged.
    if len(a) != len(b):
        a, b = np.repeat(a, len(b), axis=0), np.tile(b, (len(a), 1, 1))
    total_a, total_b = a.sum(axis=1), b.sum(axis=1)
    columns = _sentence_rows(b - a)
    rng = np.random.default_rng(seed)
    n_as_large = 0
    for size in _batches(n_replicates, a.shape[1]):
        swaps = rng.integers(2, size=(size, a.shape[1])).astype(np.float64)
        # Swapping a sentence moves its counts from one total to the other, so one product of
        # matrices does all replicates.
        moved = (swaps @ columns).reshape(size, len(a), 3)
        swapped = counts_to_f1(total_a + moved) - counts_to_f1(total_b - moved)
        n_as_large += int(
            (np.abs(swapped.mean(axis=1)) >= abs(bootstrap.difference) - _TOLERANCE).sum()
        )
    return PairedTest(bootstrap.difference, bootstrap.ci95, (1 + n_as_large) / (n_replicates + 1))


def _check_counts(counts: CountMatrix, name: str) -> None:
    if counts.ndim != 3 or counts.shape[2] != 3 or 0 in counts.shape:
        raise InputError(
            f"{name}: found shape {counts.shape}, expected (n_seeds, n_sentences, 3) with at least "
            "one seed and one sentence. Sum the counts over types first."
        )


def _check_pair(a: CountMatrix, b: CountMatrix) -> None:
    _check_counts(a, "a")
    _check_counts(b, "b")
    if a.shape[1] != b.shape[1]:
        raise InputError(
            f"found {a.shape[1]} sentences in a and {b.shape[1]} in b, expected the same sentences "
            "in the same order. Score both systems on one file."
        )


def _batches(n_replicates: int, n_sentences: int) -> list[int]:
    """Sizes of the batches of replicates, which bound the memory."""
    size = max(1, min(n_replicates, _MAX_CELLS // n_sentences))
    full, rest = divmod(n_replicates, size)
    return [size] * full + [rest] * (rest > 0)


def _sentence_rows(counts: CountMatrix) -> _Floats:
    """One row per sentence, all seeds beside each other. Shape: (n_sentences, 3 * n_seeds)."""
    rows = counts.transpose(1, 0, 2).reshape(counts.shape[1], -1)
    return np.ascontiguousarray(rows, dtype=np.float64)


def _draw_weights(n_replicates: int, n_items: int, rng: np.random.Generator) -> _Floats:
    """How often each item comes up in ``n_items`` draws. Shape: (n_replicates, n_items).

    The multinomial distribution, by counting draws: several times faster than sampling it.
    """
    drawn = rng.integers(n_items, size=(n_replicates, n_items))
    drawn += np.arange(n_replicates)[:, None] * n_items
    weights = np.bincount(drawn.ravel(), minlength=n_replicates * n_items)
    return weights.reshape(n_replicates, n_items).astype(np.float64)


def _resample_f1(counts: CountMatrix, n_replicates: int, rng: np.random.Generator) -> _Floats:
    """F1 of every seed on resampled sentences. Shape: (n_replicates, n_seeds)."""
    rows = _sentence_rows(counts)
    return np.concatenate(
        [
            counts_to_f1((_draw_weights(size, len(rows), rng) @ rows).reshape(size, -1, 3))
            for size in _batches(n_replicates, len(rows))
        ]
    )


def _seed_f1(counts: CountMatrix) -> _Floats:
    """Micro F1 of every seed. Shape: (n_seeds,)."""
    return counts_to_f1(counts.sum(axis=1))


def _pool_seeds(resampled: _Floats, observed: _Floats, rng: np.random.Generator) -> _Floats:
    """Mean over seeds of every replicate, plus what other seeds would change.

    Shape: ``resampled`` (n_replicates, n_seeds), ``observed`` (n_seeds,) to (n_replicates,).
    """
    n_replicates, n_seeds = resampled.shape
    means = resampled.mean(axis=1)
    if n_seeds > 1:
        spread = np.sqrt(observed.var(ddof=1) / n_seeds)
        means = means + spread * rng.standard_normal(n_replicates)
    return np.asarray(means)


def _percentiles(replicates: _Floats) -> Interval:
    low, high = np.quantile(replicates, (0.025, 0.975))
    return Interval(float(low), float(high))
