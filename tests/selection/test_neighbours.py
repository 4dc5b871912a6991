from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.corpus.sentence import Probabilities
from nerbridge.labels import LabelSet
from nerbridge.selection import neighbours
from nerbridge.selection.neighbours import weigh_by_neighbours
from nerbridge.selection.word_vectors import WordVectors

LABELS = LabelSet(("PER", "LOC"))
TOWNS = [f"town{n}" for n in range(8)]
THINGS = [f"thing{n}" for n in range(40)]
RARE_TOWN, RARE_THING, UNKNOWN = "hamlet", "trinket", "unheard-of"
AS_TOWN = [0.1, 0.02, 0.02, 0.82, 0.04]
AS_THING = [0.96, 0.01, 0.01, 0.01, 0.01]
UNSURE = [0.7, 0.05, 0.05, 0.15, 0.05]


def make_vectors() -> WordVectors:
    """Towns in one corner, things in another."""
    draw = np.random.default_rng(3)
    words = [*TOWNS, RARE_TOWN, *THINGS, RARE_THING]
    corners = np.array([[1.0, 0.0, 0.0]] * 9 + [[0.0, 1.0, 0.0]] * 41)
    matrix = corners + draw.normal(0, 0.1, corners.shape)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return WordVectors({word: row for row, word in enumerate(words)}, matrix.astype(np.float32))


def label(*named: tuple[str, list[float]]) -> tuple[list[str], Probabilities]:
    return [word for word, _ in named], np.array([p for _, p in named], dtype=np.float32)


def seen_often() -> list[tuple[list[str], Probabilities]]:
    return [
        label(*((town, AS_TOWN) for town in TOWNS), *((thing, AS_THING) for thing in THINGS))
    ] * 6


def weigh(
    sentences: list[tuple[list[str], Probabilities]], weight: float = 0.5
) -> list[Probabilities]:
    words, p = zip(*sentences, strict=True)
    return weigh_by_neighbours(words, p, make_vectors(), LABELS, weight)


def test_a_word_among_towns_is_likelier_a_town() -> None:
    asked = label((RARE_TOWN, UNSURE), (RARE_THING, UNSURE))
    town, thing = weigh([*seen_often(), asked])[-1]
    location = [LABELS.tag_to_id[tag] for tag in ("B-LOC", "I-LOC")]
    assert town[location].sum() > 0.45 > 0.2 == pytest.approx(np.array(UNSURE)[location].sum())
    assert thing[location].sum() < 0.1


def test_within_a_type_nothing_is_said() -> None:
    """Whether a name begins or goes on is what the sentence says."""
    town = weigh([*seen_often(), label((RARE_TOWN, UNSURE))])[-1][0]
    b, i = (LABELS.tag_to_id[tag] for tag in ("B-LOC", "I-LOC"))
    assert town[b] / town[i] == pytest.approx(UNSURE[b] / UNSURE[i], rel=1e-4)


def test_without_weight_nothing_changes() -> None:
    given_ = [*seen_often(), label((RARE_TOWN, UNSURE))]
    for found, (_, p) in zip(weigh(given_, 0), given_, strict=True):
        assert found == pytest.approx(p, abs=1e-6)


def test_a_word_without_a_vector_stays_as_it_was() -> None:
    found = weigh([*seen_often(), label((UNKNOWN, UNSURE))])[-1]
    assert found == pytest.approx(np.array([UNSURE]), abs=1e-6)


def test_a_word_has_no_say_about_itself() -> None:
    """However sure the models are of it: that is in the other factor already."""
    as_person = [0.02, 0.9, 0.06, 0.01, 0.01]
    town = [label((RARE_TOWN, as_person))] * 50
    found = weigh([*seen_often(), *town], 1.0)[-1][0]
    person = LABELS.tag_to_id["B-PER"]
    assert found[person] < as_person[person] - 0.1


def test_where_too_little_was_seen_nothing_changes() -> None:
    found = weigh([label((RARE_TOWN, UNSURE), (TOWNS[0], AS_TOWN))])
    assert found[0] == pytest.approx(np.array([UNSURE, AS_TOWN]), abs=1e-5)


def test_sentences_may_be_empty_and_none_at_all() -> None:
    empty = ([], np.zeros((0, 5), dtype=np.float32))
    town, nothing = weigh([*seen_often(), label((RARE_TOWN, UNSURE)), empty])[-2:]
    assert nothing.shape == (0, 5)
    assert town == pytest.approx(weigh([*seen_often(), label((RARE_TOWN, UNSURE))])[-1])
    assert weigh_by_neighbours([], [], make_vectors(), LABELS, 0.5) == []


def test_in_chunks_the_same_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [*seen_often(), label((RARE_TOWN, UNSURE))]
    whole = weigh(asked)
    monkeypatch.setattr(neighbours, "_CHUNK", 7)
    for found, expected in zip(weigh(asked), whole, strict=True):
        assert found == pytest.approx(expected, abs=1e-5)


probabilities = st.lists(st.floats(0.01, 1), min_size=5, max_size=5)
words = st.sampled_from([*TOWNS, *THINGS, RARE_TOWN, UNKNOWN])


@given(st.lists(st.tuples(words, probabilities), min_size=1, max_size=20), st.floats(0, 1))
def test_they_stay_probabilities(said: list[tuple[str, list[float]]], weight: float) -> None:
    named, p = label(*said)
    p /= p.sum(axis=1, keepdims=True)
    found = weigh([*seen_often(), (named, p)], weight)[-1]
    assert found.shape == p.shape
    assert found.dtype == np.float32
    assert (found >= 0).all()
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-5)
