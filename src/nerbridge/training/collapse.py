"""Notice a training that ended in calling everything O, and say what to try instead."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from nerbridge.training.stage_settings import StageSettings

S = TypeVar("S", bound=StageSettings)


def has_collapsed(counts: NDArray[np.integer]) -> bool:
    """Whether a model finds no entity at all where there are some.

    ``counts``: true positives, false positives and false negatives. Shape: (…, 3).

    >>> has_collapsed(np.array([[0, 0, 4], [0, 0, 1]])), has_collapsed(np.array([[0, 1, 4]]))
    (True, False)
    """
    tp, fp, fn = counts.reshape(-1, 3).sum(axis=0)
    return bool(tp + fn > 0 and tp + fp == 0)


_FEW_STEPS = 300


def apply_remedy(settings: S, n_steps: int) -> tuple[S, str]:
    """Settings for the next attempt, and a sentence that says what was changed.

    A training of few steps has not learned to predict anything yet: it gets three times as many.
    One of many steps was thrown off by its learning rate: it gets a third of it. In both the rare
    tags are weighed up, so that O alone no longer pays.
    """
    changed: dict[str, Any] = {"class_weights": "balanced"}
    if n_steps < _FEW_STEPS:
        changed["epochs"] = settings.epochs * 3
    else:
        changed["learning_rate"] = settings.learning_rate / 3
        changed["head_learning_rate"] = settings.head_rate / 3
    said = ", ".join(f"{key} = {value!r}" for key, value in changed.items())
    return (
        settings.model_copy(update=changed),
        f"no entity was predicted after {n_steps} steps; tried again with {said}",
    )
