"""Scores against seqeval, and identities that hold for any prediction."""

import json
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2

from nerbridge.errors import InputError
from nerbridge.evaluation.counts import read_spans
from nerbridge.evaluation.scores import Scores, find_mentions, score_predictions

properties = settings(deadline=None, derandomize=True, max_examples=60)
TYPES = ("PER", "ORG", "LOC")
TAGS = ("O", *(f"{prefix}-{type_}" for type_ in TYPES for prefix in "BI"))
sentences = st.lists(
    st.lists(
        st.tuples(*[st.sampled_from(TAGS)] * 2, st.sampled_from("abc")), min_size=1, max_size=9
    ),
    min_size=1,
    max_size=5,
)


def columns(rows):
    return [[[word[column] for word in row] for row in rows] for column in (2, 0, 1)]


@properties
@given(sentences)
def test_overall_scores_are_those_of_seqeval(rows):
    words, gold, predicted = columns(rows)
    scores = score_predictions(words, gold, predicted, TYPES)
    strict = {"mode": "strict", "scheme": IOB2, "zero_division": 0}
    assert scores.f1_strict == pytest.approx(f1_score(gold, predicted, **strict))
    assert scores.precision_strict == pytest.approx(precision_score(gold, predicted, **strict))
    assert scores.recall_strict == pytest.approx(recall_score(gold, predicted, **strict))
    assert scores.f1_conll == pytest.approx(f1_score(gold, predicted, zero_division=0))


@properties
@given(sentences)
def test_all_breakdowns_add_up(rows):
    words, gold, predicted = columns(rows)
    scores = score_predictions(
        words, gold, predicted, TYPES, known=find_mentions(words[:2], gold[:2])
    )
    for breakdown in (scores.per_type, scores.per_length):
        for name in ("n_gold", "n_predicted", "n_correct"):
            assert sum(getattr(part, name) for part in breakdown.values()) == getattr(scores, name)
    assert scores.n_seen + scores.n_unseen == scores.n_gold
    paired = (
        scores.n_correct
        + scores.n_boundary_errors
        + scores.n_type_errors
        + scores.n_boundary_and_type_errors
    )
    assert paired + scores.n_missed == scores.n_gold
    assert paired + scores.n_spurious == scores.n_predicted
    sums = [sum(column) for column in zip(*scores.counts, strict=True)]
    correct = scores.n_correct
    assert sums == [correct, scores.n_predicted - correct, scores.n_gold - correct]
    for type_, part in scores.per_type.items():
        assert sum(scores.confusion[type_].values()) == part.n_gold
        assert sum(row[type_] for row in scores.confusion.values()) == part.n_predicted
    assert sum(scores.confusion["O"].values()) == scores.n_spurious


@properties
@given(sentences, st.data())
def test_leak_free_f1_is_f1_of_the_other_sentences(rows, data):
    leaked = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    scores = score_predictions(*columns(rows), TYPES, leaked=leaked)
    kept = [row for row, is_leaked in zip(rows, leaked, strict=True) if not is_leaked]
    assert scores.n_leaked == sum(leaked)
    if kept:
        assert scores.f1_leak_free == score_predictions(*columns(kept), TYPES).f1_strict
    else:
        assert scores.f1_leak_free is None


@properties
@given(sentences)
def test_scores_survive_json(rows):
    words, gold, predicted = columns(rows)
    scores = score_predictions(words, gold, predicted, TYPES, known=find_mentions(words, gold))
    assert TypeAdapter(Scores).validate_json(json.dumps(asdict(scores))) == scores


def test_seen_mentions_need_the_same_words_and_type():
    words = [["Tezpur", "met", "Tezpur", "Club", "in", "Tezpur"]]
    gold = [["B-PER", "O", "B-ORG", "I-ORG", "O", "B-LOC"]]
    predicted = [["O", "O", "B-ORG", "I-ORG", "O", "B-LOC"]]
    known = find_mentions([["Tezpur", "Club"]], [["B-LOC", "O"]])
    scores = score_predictions(words, gold, predicted, TYPES, known=known)
    assert (scores.n_seen, scores.recall_seen) == (1, 1.0)
    assert (scores.n_unseen, scores.recall_unseen) == (2, 0.5)


def test_what_was_not_asked_for_or_does_not_exist_is_none():
    scores = score_predictions([["a"]], [["O"]], [["O"]], TYPES)
    assert (scores.f1_leak_free, scores.n_leaked) == (None, None)
    assert (scores.recall_seen, scores.n_seen, scores.n_unseen) == (None, None, None)
    scores = score_predictions([["a"]], [["O"]], [["O"]], TYPES, known=frozenset())
    assert (scores.recall_seen, scores.n_seen, scores.n_unseen) == (None, 0, 0)
    assert scores.f1_strict == 0


def test_lengths_are_counted_in_words_and_the_last_is_open():
    gold = ["B-PER", "B-PER", "I-PER", *["B-LOC"], *["I-LOC"] * 5]
    scores = score_predictions([list("abcdefghi")], [gold], [gold], TYPES)
    assert {name: part.n_gold for name, part in scores.per_length.items()} == {
        "1": 1,
        "2": 1,
        "3": 0,
        "4+": 1,
    }
    assert len(read_spans(gold)) == 3


def test_wrong_numbers_of_words_and_flags_are_errors():
    with pytest.raises(InputError, match="sentence 0: found 2 words, expected 1"):
        score_predictions([["a", "b"]], [["O"]], [["O"]], TYPES)
    with pytest.raises(InputError, match="found 2 leak flags, expected 1"):
        score_predictions([["a"]], [["O"]], [["O"]], TYPES, leaked=[True, False])
