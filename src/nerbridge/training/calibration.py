"""Scores that mean something: one temperature per model, fitted where the model was chosen.

A model is calibrated on the validation set its stage was chosen on, so a zero-shot model on its
sources', for it may not see a target sentence. The temperature changes no entity, only its score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nerbridge.alignment.decoding import decode_spans_many
from nerbridge.alignment.inference import Logits
from nerbridge.evaluation.calibration import (
    Calibration,
    expected_calibration_error,
    fit_temperature,
    measure_calibration,
)
from nerbridge.evaluation.counts import read_all_spans
from nerbridge.labels import LabelSet, Span
from nerbridge.models.manifest import FittedTemperature


@dataclass(frozen=True)
class ScoredEntities:
    """The entities a model finds in labelled sentences, with their scores at any temperature."""

    logits: Sequence[Logits]
    gold: Sequence[Sequence[str]]
    label_set: LabelSet

    def scores_at(self, temperature: float) -> NDArray[np.float64]:
        """Scores of all entities, in order. Shape: (n_entities,)."""
        found = self._decode(temperature)
        return np.array([score for entities in found for _, score in entities], dtype=np.float64)

    @cached_property
    def is_correct(self) -> NDArray[np.bool_]:
        """Whether each entity is one of the gold entities. Shape: (n_entities,)."""
        flags = [
            span in spans
            for spans, entities in zip(map(set, self._gold_spans), self._decode(1.0), strict=True)
            for span, _ in entities
        ]
        return np.array(flags, dtype=np.bool_)

    @property
    def n_gold(self) -> int:
        """Number of gold entities."""
        return sum(map(len, self._gold_spans))

    @cached_property
    def _gold_spans(self) -> list[list[Span]]:
        return read_all_spans(self.gold, self.label_set.types)

    def measure(self, temperature: float) -> Calibration:
        """How good the scores are, before and after."""
        return measure_calibration(self.scores_at, self.is_correct, self.n_gold, temperature)

    def _decode(self, temperature: float) -> list[list[tuple[Span, float]]]:
        return decode_spans_many([rows / temperature for rows in self.logits], self.label_set)


def fit_scores(validation: ScoredEntities, whose: str) -> FittedTemperature:
    """Fit the temperature of a model on labelled sentences; ``whose`` says which they are.

    It is 1 if fewer than `nerbridge.evaluation.calibration.MIN_ENTITIES` entities are found there.
    """
    is_correct = validation.is_correct
    temperature = fit_temperature(validation.scores_at, is_correct)
    before, after = (
        expected_calibration_error(validation.scores_at(t), is_correct) for t in (1.0, temperature)
    )
    return FittedTemperature(
        temperature=temperature,
        n_entities=len(is_correct),
        ece_before=_round(before),
        ece_after=_round(after),
        validation=whose,
    )


def _round(error: float | None) -> float | None:
    return None if error is None else round(error, 4)
