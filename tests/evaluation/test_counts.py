"""seqeval is the oracle: both readings, on valid and invalid tags, over all types and per type."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import sequence_labeling, v1
from seqeval.scheme import IOB2

from nerbridge.errors import InputError
from nerbridge.evaluation.counts import count_entities, counts_to_f1, read_spans
from nerbridge.labels import Span

properties = settings(deadline=None, derandomize=True, max_examples=60)
TYPES = ("LOC", "ORG", "PER")
TAGS = ("O", *(f"{prefix}-{type_}" for type_ in TYPES for prefix in "BI"))
tag_lists = st.lists(st.sampled_from(TAGS), min_size=1, max_size=9)


@st.composite
def gold_and_predicted(draw):
    """Sentences of any tags; predictions are gold with some tags replaced by any other."""
    gold = draw(st.lists(tag_lists, min_size=1, max_size=4))
    noise = [
        draw(st.lists(st.sampled_from((None, *TAGS)), min_size=len(s), max_size=len(s)))
        for s in gold
    ]
    predicted = [
        [new or old for old, new in zip(*pair, strict=True)]
        for pair in zip(gold, noise, strict=True)
    ]
    return gold, predicted


def seqeval_f1_and_support(gold, predicted, mode, average):
    if mode == "strict":
        score = partial(v1.precision_recall_fscore_support, scheme=IOB2)
    else:
        score = sequence_labeling.precision_recall_fscore_support
    return score(gold, predicted, average=average, zero_division=0)[2:]


@pytest.mark.parametrize("mode", ["strict", "conll"])
@properties
@given(gold_and_predicted())
def test_micro_f1_is_that_of_seqeval(mode, sentences):
    gold, predicted = sentences
    counts = count_entities(gold, predicted, TYPES, mode)
    f1, _ = seqeval_f1_and_support(gold, predicted, mode, "micro")
    assert counts_to_f1(counts.sum(axis=(0, 1))) == pytest.approx(f1)


@pytest.mark.parametrize("mode", ["strict", "conll"])
@properties
@given(gold_and_predicted())
def test_f1_and_support_per_type_are_those_of_seqeval(mode, sentences):
    gold, predicted = sentences
    counts = count_entities(gold, predicted, TYPES, mode).sum(axis=0)
    named = [index for index in range(len(TYPES)) if counts[index].any()]
    f1, support = seqeval_f1_and_support(gold, predicted, mode, None)
    assert counts_to_f1(counts[named]) == pytest.approx(f1)
    assert (counts[named, 0] + counts[named, 2]).tolist() == list(support)


@properties
@given(gold_and_predicted())
def test_sentences_are_counted_one_by_one(sentences):
    gold, predicted = sentences
    together = count_entities(gold, predicted, TYPES)
    alone = [count_entities([g], [p], TYPES)[0] for g, p in zip(gold, predicted, strict=True)]
    assert together.shape == (len(gold), len(TYPES), 3)
    assert np.array_equal(together, alone)


@properties
@given(gold_and_predicted())
def test_swapping_gold_and_predicted_swaps_false_positives_and_negatives(sentences):
    gold, predicted = sentences
    counts = count_entities(gold, predicted, TYPES)
    assert np.array_equal(counts[..., [0, 2, 1]], count_entities(predicted, gold, TYPES))


def test_readings_differ_only_in_i_tags_that_continue_nothing():
    tags = ["I-PER", "I-PER", "B-LOC", "I-ORG", "O"]
    assert read_spans(tags) == [Span(2, 3, "LOC")]
    assert read_spans(tags, "conll") == [Span(0, 2, "PER"), Span(2, 3, "LOC"), Span(3, 4, "ORG")]


def test_types_may_hold_hyphens():
    assert read_spans(["B-geo-loc", "I-geo-loc"]) == [Span(0, 2, "geo-loc")]


def test_nothing_against_nothing_is_zero():
    assert counts_to_f1(count_entities([["O"]], [["O"]], TYPES).sum(axis=(0, 1))) == 0


def test_no_sentences_give_no_rows():
    assert count_entities([], [], TYPES).shape == (0, 3, 3)


@pytest.mark.parametrize("tag", ["", "PER", "B-", "B", "S-PER", "o"])
def test_malformed_tag_is_named_with_its_place(tag):
    with pytest.raises(InputError, match=f"word 1: found tag '{tag}', expected"):
        read_spans(["O", tag])


def test_unknown_type_is_named_with_its_place():
    with pytest.raises(InputError, match=r"sentence 1, word 0: found entity type 'MISC'"):
        count_entities([["O"], ["B-PER"]], [["O"], ["B-MISC"]], TYPES)


def test_different_numbers_are_errors():
    with pytest.raises(InputError, match="found 1 sentences of predicted tags, expected 2"):
        count_entities([["O"], ["O"]], [["O"]], TYPES)
    with pytest.raises(InputError, match="sentence 1: found 1 predicted tags, expected 2"):
        count_entities([["O"], ["O", "O"]], [["O"], ["O"]], TYPES)
