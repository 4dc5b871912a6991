"""How much a model would learn from a sentence, as far as it can tell itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nerbridge.models.word_model import TokenClassifier
from nerbridge.text.noise import read_past_noise

_WORDS_BEFORE = 10


@dataclass(frozen=True, slots=True)
class AcquisitionScore:
    """What labelling a sentence promises.

    ``uncertainty``, from 0 to 1: the mean entropy of its words' tags, of the most there can be.
    ``entity_mass``: the expected number of words in entities. ``n_words``: how many were read.
    """

    uncertainty: float
    entity_mass: float
    n_words: int

    @property
    def value(self) -> float:
        """Uncertainty to be gained for the time it takes, times the chance of an entity at all.

        The uncertainty of all words, for a price: as many words as there are, and ten more for
        finding one's way into any sentence. The sum alone would choose the longest sentences, the
        mean fragments of two words. Without the chance of an entity, sentences would win in which
        the model is a little unsure of nothing much.
        """
        chance = 1.0 - math.exp(-self.entity_mass)
        return chance * self.uncertainty * self.n_words / (self.n_words + _WORDS_BEFORE)


def score_words(
    model: TokenClassifier, sentences: Sequence[Sequence[str]]
) -> list[AcquisitionScore]:
    """The worth of each sentence, given as words; emoji and the like are not read."""
    read = [read_past_noise(words).choose(words) for words in sentences]
    outside = model.label_set.tag_to_id["O"]
    return [score_logits(logits / model.temperature, outside) for logits in model.word_logits(read)]


def score_logits(logits: NDArray[np.floating[Any]], outside: int) -> AcquisitionScore:
    """The worth of one sentence from the calibrated logits of its words.

    Shape: (n_words, n_tags); ``outside`` is the column of the tag O.

    >>> score_logits(np.zeros((3, 7)), 0).uncertainty
    1.0
    >>> score_logits(np.array([[99.0, 0, 0]]), 0).entity_mass
    0.0
    """
    if not len(logits):
        return AcquisitionScore(0.0, 0.0, 0)
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    p = np.exp(log_p)
    entropies = -(p * log_p).sum(axis=1) / np.log(logits.shape[1])
    mass = float((1 - p[:, outside]).sum())
    return AcquisitionScore(round(float(entropies.mean()), 9), round(mass, 9), len(logits))
