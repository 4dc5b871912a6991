"""The gate of an export: what it predicts is what the trained model predicts, or nothing is kept.

In 32 bits the logits may differ by `MAX_DIFFERENCE`. In 8 bits they differ more, and what counts is
the score: strict F1 on labelled validation sentences may fall by `MAX_F1_LOSS`. Where there are
none, the entities themselves are compared: F1 of those found in 8 bits against those in 32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nerbridge.alignment.decoding import decode_many
from nerbridge.alignment.inference import Logits
from nerbridge.errors import ModelError
from nerbridge.evaluation.scores import TagsBySentence, WordsBySentence, score_predictions
from nerbridge.labels import LabelSet
from nerbridge.models.manifest import Parity, QuantisationParity

MAX_DIFFERENCE = 1e-4
MAX_F1_LOSS = 0.005
MIN_AGREEMENT = 0.95


@dataclass(frozen=True)
class ValidationSentences:
    """Sentences to compare scores on; without ``tags`` only entities are compared.

    ``corpus`` says where they are from, ``words`` are as in the corpus.
    """

    corpus: str
    words: WordsBySentence
    tags: TagsBySentence | None


def compare_logits(
    expected: Sequence[Logits], found: Sequence[Logits], label_set: LabelSet
) -> Parity:
    """Compare the logits of the same sentences. Shape of each: (n_words, n_tags)."""
    differences = [np.abs(a - b).max(initial=0.0) for a, b in zip(expected, found, strict=True)]
    score = score_predictions(
        [[""] * len(logits) for logits in expected],
        decode_many(expected, label_set),
        decode_many(found, label_set),
        label_set.types,
    )
    return Parity(
        n_sentences=len(expected),
        n_words=sum(map(len, expected)),
        max_difference=float(max(differences, default=0.0)),
        n_entities=score.n_gold,
        n_equal_entities=score.n_correct,
    )


def check_logits(parity: Parity) -> Parity:
    """The parity as it goes into the manifest.

    Raises:
        ModelError: if the logits differ too much.
    """
    # Not `>`, with which a NaN would pass.
    if not parity.max_difference <= MAX_DIFFERENCE:
        raise ModelError(
            f"the exported model is not the trained one: logits differ by "
            f"{parity.max_difference:.2g} on {parity.n_sentences} sentences, at most "
            f"{MAX_DIFFERENCE:g} is allowed. Nothing was written. Report this, please."
        )
    shown = float(f"{parity.max_difference:.2g}")  # further digits depend on the processor
    return parity.model_copy(update={"max_difference": shown, "tolerance": MAX_DIFFERENCE})


def check_scores(
    validation: ValidationSentences,
    exact: TagsBySentence,
    quantised: TagsBySentence,
    types: Sequence[str],
) -> QuantisationParity:
    """Compare the predictions in 8 bits to those in 32; the result goes into the manifest.

    Raises:
        ModelError: if the score falls too far, or too few entities are the same.
    """
    if validation.tags is None:
        return _check_agreement(validation, exact, quantised, types)
    before, after = (
        score_predictions(validation.words, validation.tags, tags, types).f1_strict
        for tags in (exact, quantised)
    )
    if before - after > MAX_F1_LOSS:
        raise ModelError(
            f"in 8 bits the model loses too much: strict F1 on {validation.corpus} falls from "
            f"{before:.4f} to {after:.4f}, at most {MAX_F1_LOSS:g} is allowed. Nothing was "
            "written. Export without --quantise."
        )
    return QuantisationParity(
        corpus=validation.corpus,
        n_sentences=len(validation.words),
        tolerance=MAX_F1_LOSS,
        f1_fp32=before,
        f1_int8=after,
    )


def _check_agreement(
    validation: ValidationSentences,
    exact: TagsBySentence,
    quantised: TagsBySentence,
    types: Sequence[str],
) -> QuantisationParity:
    score = score_predictions(validation.words, exact, quantised, types)
    # Nothing found by either is perfect agreement.
    agreement = score.f1_strict if score.n_gold or score.n_predicted else 1.0
    if agreement < MIN_AGREEMENT:
        raise ModelError(
            f"in 8 bits the model finds other entities: F1 {agreement:.4f} against its own in 32 "
            f"bits on {validation.corpus}, at least {MIN_AGREEMENT:g} is needed. Nothing was "
            "written. Export without --quantise, or name labelled sentences: --validation CORPUS."
        )
    return QuantisationParity(
        corpus=validation.corpus,
        n_sentences=len(validation.words),
        tolerance=MIN_AGREEMENT,
        n_entities=score.n_gold,
        agreement=agreement,
    )
