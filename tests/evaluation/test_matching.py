"""nervaluate is the oracle where its counts do not depend on the order it looks at entities in."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nervaluate import Evaluator

from nerbridge.evaluation.counts import read_spans
from nerbridge.evaluation.matching import match_entities
from nerbridge.labels import Span

properties = settings(deadline=None, derandomize=True, max_examples=60)
TYPES = ("LOC", "ORG", "PER")
TAGS = ("O", *(f"{prefix}-{type_}" for type_ in TYPES for prefix in "BI"))
tag_lists = st.lists(st.sampled_from(TAGS), min_size=12, max_size=12)
spans = tag_lists.map(read_spans)
pieces = st.tuples(st.integers(0, 2), st.integers(3, 5), st.sampled_from(TYPES))


@st.composite
def lone_pairs(draw):
    """Gold and predicted entities of one sentence, each overlapping at most one of the others."""
    gold, predicted = [], []
    for piece in range(draw(st.integers(1, 4))):
        for side in (gold, predicted):
            if draw(st.booleans()):
                start, end, type_ = draw(pieces)
                side.append(Span(5 * piece + start, 5 * piece + end, type_))
    return gold, predicted


def nervaluate_results(gold, predicted):
    as_dicts = [
        [[{"label": s.type, "start": s.start_word, "end": s.end_word - 1} for s in side]]
        for side in (gold, predicted)
    ]
    return Evaluator(*as_dicts, tags=list(TYPES), loader="dict").evaluate()["overall"]


@properties
@given(lone_pairs())
def test_kinds_of_lone_pairs_are_those_of_nervaluate(sides):
    kinds = Counter(match.kind for match in match_entities(*sides))
    oracle = nervaluate_results(*sides)
    for result in oracle.values():
        assert (result.missed, result.spurious) == (kinds["missed"], kinds["spurious"])
    assert oracle["strict"].correct == kinds["correct"]
    assert oracle["exact"].correct == kinds["correct"] + kinds["type"]
    assert oracle["exact"].incorrect == kinds["boundary"] + kinds["boundary_and_type"]
    assert oracle["partial"].partial == kinds["boundary"] + kinds["boundary_and_type"]
    assert oracle["ent_type"].correct == kinds["correct"] + kinds["boundary"]
    assert oracle["ent_type"].incorrect == kinds["type"] + kinds["boundary_and_type"]


@properties
@given(spans, spans)
def test_same_words_are_counted_as_in_nervaluate(gold, predicted):
    kinds = Counter(match.kind for match in match_entities(gold, predicted))
    oracle = nervaluate_results(gold, predicted)
    assert oracle["strict"].correct == kinds["correct"]
    assert oracle["exact"].correct == kinds["correct"] + kinds["type"]


@properties
@given(spans, spans)
def test_every_entity_is_used_once(gold, predicted):
    matches = match_entities(gold, predicted)
    assert [match.gold for match in matches if match.gold] == gold
    assert sorted(match.predicted for match in matches if match.predicted) == predicted


@properties
@given(spans, spans)
def test_no_pair_is_left_that_could_have_been_made(gold, predicted):
    matches = match_entities(gold, predicted)
    missed = [match.gold for match in matches if match.kind == "missed"]
    spurious = [match.predicted for match in matches if match.kind == "spurious"]
    assert not [
        (g, p)
        for g in missed
        for p in spurious
        if g.start_word < p.end_word and p.start_word < g.end_word
    ]


@properties
@given(spans, spans)
def test_order_of_the_input_does_not_matter(gold, predicted):
    assert match_entities(gold, predicted) == match_entities(gold[::-1], predicted[::-1])


@pytest.mark.parametrize(
    ("gold", "predicted", "kinds"),
    [
        ([Span(0, 2, "PER")], [Span(0, 2, "PER")], ["correct"]),
        ([Span(0, 2, "PER")], [Span(0, 2, "LOC")], ["type"]),
        ([Span(0, 2, "PER")], [Span(1, 3, "PER")], ["boundary"]),
        ([Span(0, 2, "PER")], [Span(1, 3, "LOC")], ["boundary_and_type"]),
        ([Span(0, 2, "PER")], [Span(2, 3, "PER")], ["missed", "spurious"]),
        # One entity cut in two: the longer piece answers, the other is spurious.
        ([Span(0, 3, "ORG")], [Span(0, 1, "ORG"), Span(1, 3, "ORG")], ["boundary", "spurious"]),
        # The right type goes before the larger overlap.
        (
            [Span(0, 3, "ORG")],
            [Span(0, 1, "ORG"), Span(1, 3, "LOC")],
            ["boundary", "spurious"],
        ),
        # Two entities run together: the longer one is answered, the other missed.
        ([Span(0, 1, "PER"), Span(1, 3, "PER")], [Span(0, 3, "PER")], ["missed", "boundary"]),
        ([], [], []),
    ],
)
def test_definitions(gold, predicted, kinds):
    assert [match.kind for match in match_entities(gold, predicted)] == kinds
