import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.selection.scoring import AcquisitionScore, score_logits
from text.indic import properties

logits = st.lists(st.lists(st.floats(-8, 8), min_size=7, max_size=7), min_size=1, max_size=6).map(
    np.array
)


def naive(rows: np.ndarray) -> tuple[float, float]:
    """Entropy and entity mass, word by word."""
    entropies, mass = [], 0.0
    for row in rows:
        p = np.exp(row) / np.exp(row).sum()
        entropies.append(-sum(x * np.log(x) for x in p) / np.log(len(p)))
        mass += 1 - p[0]
    return float(np.mean(entropies)), mass


@given(rows=logits)
@properties
def test_the_same_as_word_by_word(rows: np.ndarray) -> None:
    worth = score_logits(rows, 0)
    assert (worth.uncertainty, worth.entity_mass) == pytest.approx(naive(rows), abs=1e-6)
    assert 0 <= worth.uncertainty <= 1
    assert worth.value >= 0


def row(**logits: float) -> list[float]:
    names = ("O", "B_PER", "I_PER", "B_ORG", "I_ORG", "B_LOC", "I_LOC")
    return [logits.get(name, 0.0) for name in names]


def test_what_is_worth_more() -> None:
    sure_outside = score_logits(np.array([row(O=20.0)] * 6), 0)
    sure_name = score_logits(np.array([row(B_PER=20.0)] * 6), 0)
    torn_name = score_logits(np.array([row(B_PER=6.0, B_LOC=6.0)] * 6), 0)
    hesitant_outside = score_logits(np.array([row(O=5.0)] * 6), 0)
    torn_fragment = score_logits(np.array([row(B_PER=6.0, B_LOC=6.0)]), 0)
    assert torn_name.value > hesitant_outside.value > sure_outside.value
    assert torn_name.value > sure_name.value
    assert torn_name.value > torn_fragment.value


def test_length_is_paid_for() -> None:
    def value(n_words: int) -> float:
        return AcquisitionScore(0.3, 2.0, n_words).value

    assert value(4) < value(16) < 3 * value(4)
    assert value(80) < 1.5 * value(16)


def test_a_sentence_of_nothing_is_worth_nothing() -> None:
    assert score_logits(np.zeros((0, 7)), 0) == AcquisitionScore(0.0, 0.0, 0)
    assert AcquisitionScore(0.0, 0.0, 0).value == 0
