"""Whether the scores of predicted entities mean what they say, and what a threshold on them costs.

An entity's score is the model's probability that exactly this entity is there. Scores are
calibrated where of the entities scored 0.8 four in five are right. A model is usually too sure of
itself; dividing its logits by one number, the temperature, mends some of it and changes no entity.

Everything here takes the scores of predicted entities and whether each is right (strict: words and
type), both of shape (n_entities,) and in the same order.

*Source:* Guo et al. 2017, "On calibration of modern neural networks", sections 2 and 4.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
ScoreAt = Callable[[float], _Floats]
"""The scores of the same entities at a temperature."""

N_BINS = 10
MIN_ENTITIES = 10
"""With fewer entities no temperature is fitted."""

THRESHOLDS = (*(i / 20 for i in range(20)), 0.99)

_COARSE = tuple(i / 2 for i in range(-6, 7))  # log2 T from 1/8 to 8
_TOLERANCE = 0.002
_GOLDEN = (5**0.5 - 1) / 2
_SMALLEST = 1e-12
_N_DRAWS = 1000


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Entities with a score from ``low`` to below ``high`` (1.0 belongs to the last bin)."""

    low: float
    high: float
    n: int
    n_correct: int
    mean_score: float


@dataclass(frozen=True, slots=True)
class ThresholdPoint:
    """Strict scores of the entities that score at least ``min_score``; 0 if there are none."""

    min_score: float
    n_predicted: int
    n_correct: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How good the scores of one model are on one test set.

    ``*_before`` is for the scores as the model gives them, ``*_after`` with its temperature. All
    measures on predicted entities are None if there are none.

    Attributes:
        n_entities: predicted entities.
        ece_before: see `expected_calibration_error`.
        ece_of_exact: the mean error by chance alone if ``*_after`` scores were exact (see
            `error_of_exact_scores`). An error near it is no evidence of bad calibration.
        brier_before: mean squared difference of score and outcome; unlike the calibration error
            it also rewards telling right entities from wrong ones.
        bins_before: the bins that hold an entity.
        thresholds: scores at several thresholds, with the temperature.
    """

    temperature: float
    n_entities: int
    n_gold: int
    ece_before: float | None
    ece_after: float | None
    ece_of_exact: float | None
    brier_before: float | None
    brier_after: float | None
    bins_before: tuple[ReliabilityBin, ...]
    bins_after: tuple[ReliabilityBin, ...]
    thresholds: tuple[ThresholdPoint, ...]


def measure_calibration(
    score_at: ScoreAt, is_correct: Flags, n_gold: int, temperature: float
) -> Calibration:
    """Measure the scores of a model on one test set, before and after calibration."""
    before, after = score_at(1.0), score_at(temperature)
    bins_before, bins_after = (reliability_bins(s, is_correct) for s in (before, after))
    return Calibration(
        temperature=temperature,
        n_entities=len(is_correct),
        n_gold=n_gold,
        ece_before=error_of_bins(bins_before),
        ece_after=error_of_bins(bins_after),
        ece_of_exact=error_of_exact_scores(after),
        brier_before=_brier_score(before, is_correct),
        brier_after=_brier_score(after, is_correct),
        bins_before=bins_before,
        bins_after=bins_after,
        thresholds=threshold_curve(after, is_correct, n_gold),
    )


def reliability_bins(
    scores: _Floats, is_correct: Flags, n_bins: int = N_BINS
) -> tuple[ReliabilityBin, ...]:
    """Entities by score, in bins of equal width over 0 to 1; empty bins are left out.

    >>> scores, is_correct = np.array([0.62, 0.68, 0.95]), np.array([True, False, True])
    >>> [(bin.low, bin.n, bin.n_correct, bin.mean_score)
    ...  for bin in reliability_bins(scores, is_correct)]
    [(0.6, 2, 1, 0.65), (0.9, 1, 1, 0.95)]
    """
    bin_of = _bin_of(scores, n_bins)
    return tuple(
        ReliabilityBin(
            low=int(index) / n_bins,
            high=(int(index) + 1) / n_bins,
            n=int(inside.sum()),
            n_correct=int(is_correct[inside].sum()),
            mean_score=float(scores[inside].mean()),
        )
        for index in np.unique(bin_of)
        for inside in [bin_of == index]
    )


def pool_bins(groups: Iterable[Sequence[ReliabilityBin]]) -> tuple[ReliabilityBin, ...]:
    """The bins of several models (seeds) as those of all their entities together.

    >>> a, b = ReliabilityBin(0.9, 1.0, 1, 1, 0.9), ReliabilityBin(0.9, 1.0, 3, 2, 0.98)
    >>> [(bin.n, bin.n_correct, round(bin.mean_score, 3)) for bin in pool_bins([[a], [b]])]
    [(4, 3, 0.96)]
    """
    by_place: dict[tuple[float, float], list[ReliabilityBin]] = {}
    for group in groups:
        for bin_ in group:
            by_place.setdefault((bin_.low, bin_.high), []).append(bin_)
    return tuple(
        ReliabilityBin(
            low=low,
            high=high,
            n=(n := sum(bin_.n for bin_ in bins)),
            n_correct=sum(bin_.n_correct for bin_ in bins),
            mean_score=sum(bin_.n * bin_.mean_score for bin_ in bins) / n,
        )
        for (low, high), bins in sorted(by_place.items())
    )


def expected_calibration_error(
    scores: _Floats, is_correct: Flags, n_bins: int = N_BINS
) -> float | None:
    """The mean difference between the score and the share of right entities, over entities.

    Bins are of equal width, so that they can be pooled over seeds and compared between models.
    (Bins of equal mass are no better for few entities: their error by chance is as large.)

    >>> expected_calibration_error(np.array([0.9, 0.9]), np.array([True, False]))
    0.4
    """
    return error_of_bins(reliability_bins(scores, is_correct, n_bins))


def error_of_bins(bins: Sequence[ReliabilityBin]) -> float | None:
    """`expected_calibration_error` of entities already in bins; None if there are none."""
    n_entities = sum(bin_.n for bin_ in bins)
    if not n_entities:
        return None
    return sum(abs(bin_.n * bin_.mean_score - bin_.n_correct) for bin_ in bins) / n_entities


def error_of_exact_scores(scores: _Floats, n_bins: int = N_BINS) -> float | None:
    """The mean calibration error if every score were the exact probability of being right.

    Chance alone makes it larger than 0, and larger for fewer entities. Compare the error of a small
    test set with it. The same scores give the same value.
    """
    if not len(scores):
        return None
    draws = np.random.default_rng(0).random((_N_DRAWS, len(scores))) < scores
    membership = np.eye(n_bins)[_bin_of(scores, n_bins)]
    return float(np.abs((draws - scores) @ membership).sum(axis=1).mean() / len(scores))


def threshold_curve(
    scores: _Floats,
    is_correct: Flags,
    n_gold: int,
    thresholds: Sequence[float] = THRESHOLDS,
) -> tuple[ThresholdPoint, ...]:
    """Precision, recall and F1 of the entities that score at least a threshold, for each of them.

    Args:
        scores: of all predicted entities.
        is_correct: of all predicted entities.
        n_gold: gold entities, found or not.
        thresholds: in the order wanted.

    >>> point = threshold_curve(np.array([0.9, 0.6]), np.array([True, False]), 2, [0.7])[0]
    >>> point.precision, point.recall
    (1.0, 0.5)
    """
    return tuple(
        _threshold_point(threshold, int(kept.sum()), int(is_correct[kept].sum()), n_gold)
        for threshold in thresholds
        for kept in [scores >= threshold]
    )


def pool_thresholds(
    curves: Sequence[Sequence[ThresholdPoint]], n_gold: int
) -> tuple[ThresholdPoint, ...]:
    """Curves of several models (seeds) over the same thresholds as one, all entities together.

    ``n_gold`` is the sum over the models.
    """
    return tuple(
        _threshold_point(
            points[0].min_score,
            sum(point.n_predicted for point in points),
            sum(point.n_correct for point in points),
            n_gold,
        )
        for points in zip(*curves, strict=True)
    )


def fit_temperature(score_at: ScoreAt, is_correct: Flags) -> float:
    """The temperature, from 1/8 to 8, at which the scores explain best what is right and wrong.

    It minimises the log loss of the entities plus ``log2(T) ** 2 / 2``: before any entity is seen
    T is taken to be within a factor of about two of 1, which a hundred entities outweigh. With
    fewer than `MIN_ENTITIES` it is 1.

    Args:
        score_at: the scores of the entities at a temperature.
        is_correct: whether each of them is right.
    """
    if len(is_correct) < MIN_ENTITIES:
        return 1.0

    def objective(log2_t: float) -> float:
        return _log_loss(score_at(2.0**log2_t), is_correct) + log2_t**2 / 2

    best = min(_COARSE, key=objective)
    low, high = max(best - 0.5, _COARSE[0]), min(best + 0.5, _COARSE[-1])
    return float(round(2.0 ** _golden_section(objective, low, high), 3))


def _golden_section(objective: Callable[[float], float], low: float, high: float) -> float:
    """Where ``objective``, which falls and then rises between the ends, is least."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = objective(left), objective(right)
    while high - low > _TOLERANCE:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = objective(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = objective(right)
    return (low + high) / 2


def _log_loss(scores: _Floats, is_correct: Flags) -> float:
    right = np.where(is_correct, scores, 1 - scores)
    return float(-np.log(np.clip(right, _SMALLEST, 1)).sum())


def _brier_score(scores: _Floats, is_correct: Flags) -> float | None:
    return float(((scores - is_correct) ** 2).mean()) if len(scores) else None


def _bin_of(scores: _Floats, n_bins: int) -> NDArray[np.int64]:
    edges = np.arange(1, n_bins) / n_bins
    return np.searchsorted(edges, scores, side="right")


def _threshold_point(
    min_score: float, n_predicted: int, n_correct: int, n_gold: int
) -> ThresholdPoint:
    return ThresholdPoint(
        min_score=min_score,
        n_predicted=n_predicted,
        n_correct=n_correct,
        precision=n_correct / max(n_predicted, 1),
        recall=n_correct / max(n_gold, 1),
        f1=2 * n_correct / max(n_predicted + n_gold, 1),
    )
