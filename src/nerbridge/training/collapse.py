"""Notice a training that ended in calling everything O, and say what to try instead."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from nerbridge.training.recipe import StageSettings

S = TypeVar("S", bound=StageSettings)


def has_collapsed(counts: NDArray[np.integer]) -> bool:
    """Whether a model finds no entity at all where there are some.

    ``counts``: true positives, false positives and false negatives. Shape: (…, 3).

    >>> has_collapsed(np.array([[0, 0, 4], [0, 0, 1]])), has_collapsed(np.array([[0, 1, 4]]))
    (True, False)
    """
    tp, fp, fn = counts.reshape(-1, 3).sum(axis=0)
    return bool(tp + fn > 0 and tp + fp == 0)


def apply_remedy(settings: S, attempt: int) -> tuple[S, str]:
    """Settings for the next attempt (1, 2, …) and a sentence that says what was changed.

    First the rare tags are weighed up, so that O alone no longer pays; then the training is made
    longer and gentler as well, since a collapse that stays is one of too few or too wild steps.
    """
    if attempt == 1:
        return (
            settings.model_copy(update={"class_weights": "balanced"}),
            "no entity was predicted; tried again with class_weights = 'balanced'",
        )
    changed = {
        "class_weights": "balanced",
        "epochs": settings.epochs * 2,
        "learning_rate": settings.learning_rate / 2 if attempt == 2 else settings.learning_rate * 2,
        "head_learning_rate": max(settings.head_rate, 1e-3),
        "warmup": 0.2,
    }
    said = ", ".join(f"{key} = {value!r}" for key, value in changed.items())
    return (
        settings.model_copy(update=changed),
        f"no entity was predicted; tried again with {said}",
    )
