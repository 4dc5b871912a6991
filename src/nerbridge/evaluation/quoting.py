"""The few figures of a test that are quoted where there is no room for all: on model cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nerbridge.evaluation.scores import Scores

_DIGITS = 4


@dataclass(frozen=True)
class QuotedScores:
    """Strict figures of one model on one test set.

    ``ci95`` is over the sentences of the set, for this one model: how much other seeds would
    differ is not in it. ``n_leaked`` of the sentences were also in training; ``f1_leak_free`` is
    without them (both None where leaks were not looked for). ``per_type`` holds F1.
    """

    f1: float
    ci95: tuple[float, float]
    precision: float
    recall: float
    n_sentences: int
    n_entities: int
    per_type: dict[str, float]
    f1_leak_free: float | None = None
    n_leaked: int | None = None


def quote_scores(scores: Mapping[str, Scores]) -> dict[str, QuotedScores]:
    """Figures of one model on its test sets, by the name of the set, rounded to four digits."""
    return {name: _quote(found) for name, found in scores.items()}


def _quote(scores: Scores) -> QuotedScores:
    # Every model's manifest has this class: who only tags does not wait for the scorer.
    from nerbridge.evaluation.resampling import bootstrap_interval

    low, high = bootstrap_interval(np.array([scores.counts]))
    leak_free = scores.f1_leak_free
    return QuotedScores(
        f1=round(scores.f1_strict, _DIGITS),
        ci95=(round(low, _DIGITS), round(high, _DIGITS)),
        precision=round(scores.precision_strict, _DIGITS),
        recall=round(scores.recall_strict, _DIGITS),
        n_sentences=scores.n_sentences,
        n_entities=scores.n_gold,
        per_type={type_: round(found.f1, _DIGITS) for type_, found in scores.per_type.items()},
        f1_leak_free=None if leak_free is None else round(leak_free, _DIGITS),
        n_leaked=scores.n_leaked,
    )
