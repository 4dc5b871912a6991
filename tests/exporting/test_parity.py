"""The gate."""

from __future__ import annotations

import numpy as np
import pytest

from nerbridge.errors import ModelError
from nerbridge.exporting.parity import (
    MAX_DIFFERENCE,
    ValidationSentences,
    check_logits,
    check_scores,
    compare_logits,
)
from nerbridge.labels import LabelSet

TYPES = ("PER", "ORG", "LOC")
RNG = np.random.default_rng(0)
LOGITS = [RNG.normal(size=(n, 7)).astype(np.float32) * 4 for n in (3, 1, 12)]
WORDS = [["w"] * 10 for _ in range(30)]
GOLD = [["B-PER", "I-PER", *["O"] * 7, "B-LOC"] for _ in WORDS]
LABELLED = ValidationSentences("corpus", WORDS, GOLD)
UNLABELLED = ValidationSentences("corpus", WORDS, None)


def lose(n: int) -> list[list[str]]:
    """The gold tags without the first ``n`` places."""
    return [
        ["O" if i == 9 and s < n else t for i, t in enumerate(tags)] for s, tags in enumerate(GOLD)
    ]


def test_equal_logits_pass() -> None:
    parity = compare_logits(LOGITS, LOGITS, LabelSet())
    found = check_logits(parity)
    assert (found.n_sentences, found.n_words, found.max_difference) == (3, 16, 0.0)
    assert found.n_equal_entities == found.n_entities > 0


@pytest.mark.parametrize("n", range(3))
@pytest.mark.parametrize("change", [2e-4, -2e-4, np.nan, np.inf])
def test_one_wrong_number_is_enough(n: int, change: float) -> None:
    other = [logits.copy() for logits in LOGITS]
    other[n][-1, -1] += change
    if not np.isfinite(change):
        with pytest.raises(ModelError):
            check_logits(compare_logits(LOGITS, other, LabelSet()))
        return
    with pytest.raises(ModelError, match=r"0\.0002 on 3 sentences, at most 0\.0001"):
        check_logits(compare_logits(LOGITS, other, LabelSet()))


def test_noise_passes() -> None:
    other = [logits + np.float32(MAX_DIFFERENCE / 3) for logits in LOGITS]
    check_logits(compare_logits(LOGITS, other, LabelSet()))


def test_a_small_loss_of_f1_passes_and_is_told() -> None:
    found = check_scores(LABELLED, GOLD, GOLD, TYPES)
    assert (found.f1_fp32, found.f1_int8, found.corpus) == (1.0, 1.0, "corpus")


def test_a_gain_passes() -> None:
    found = check_scores(LABELLED, lose(9), GOLD, TYPES)
    assert found.f1_int8 > found.f1_fp32 + 0.05


def test_a_loss_is_refused() -> None:
    # One of 60 entities: F1 is 118/119.
    with pytest.raises(ModelError, match=r"falls from 1\.0000 to 0\.9916"):
        check_scores(LABELLED, GOLD, lose(1), TYPES)


def test_without_labels_the_entities_must_be_the_same() -> None:
    found = check_scores(UNLABELLED, GOLD, lose(3), TYPES)
    assert (found.n_entities, found.agreement) == (60, pytest.approx(114 / 117))
    with pytest.raises(ModelError, match=r"F1 0\.9091 against its own.*--validation CORPUS"):
        check_scores(UNLABELLED, GOLD, lose(10), TYPES)


def test_nothing_found_by_either_agrees() -> None:
    nothing = [["O"] * 10 for _ in WORDS]
    assert check_scores(UNLABELLED, nothing, nothing, TYPES).agreement == 1.0
    with pytest.raises(ModelError):
        check_scores(UNLABELLED, nothing, GOLD, TYPES)
