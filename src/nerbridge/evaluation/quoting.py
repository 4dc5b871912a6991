"""The few figures of a test that are quoted where there is no room for all: on model cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nerbridge.evaluation.resampling import bootstrap_interval
from nerbridge.evaluation.scores import Scores

_DIGITS = 4


def quote_scores(scores: Mapping[str, Scores]) -> dict[str, dict[str, Any]]:
    """Figures of one model on its test sets, by the name of the set; fit for JSON.

    All are strict and rounded to four digits. ``ci95`` is over the sentences of the set, for this
    one model: how much other seeds would differ is not in it. ``n_leaked`` of the sentences were
    also in training; ``f1_leak_free`` is without them (both None where leaks were not looked for).
    """
    return {name: _quote(found) for name, found in scores.items()}


def _quote(scores: Scores) -> dict[str, Any]:
    interval = bootstrap_interval(np.array([scores.counts]))
    leak_free = scores.f1_leak_free
    return {
        "f1": round(scores.f1_strict, _DIGITS),
        "ci95": [round(end, _DIGITS) for end in interval],
        "precision": round(scores.precision_strict, _DIGITS),
        "recall": round(scores.recall_strict, _DIGITS),
        "f1_leak_free": None if leak_free is None else round(leak_free, _DIGITS),
        "n_leaked": scores.n_leaked,
        "n_sentences": scores.n_sentences,
        "n_entities": scores.n_gold,
        "per_type": {
            type_: round(of_type.f1, _DIGITS) for type_, of_type in scores.per_type.items()
        },
    }
