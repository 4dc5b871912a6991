import itertools
import math
import time
import tracemalloc
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nerbridge.alignment.decoding import decode, decode_many, decode_spans, decode_spans_many
from nerbridge.errors import ModelError
from nerbridge.labels import LabelSet, Scheme, Span, find_invalid_tags, tags_to_spans

LABELS = LabelSet(("PER", "LOC"))
N_TAGS = len(LABELS.tags)


def _logits(seed: int, n_words: int, spread: float = 2.0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(scale=spread, size=(n_words, N_TAGS))


@cache
def _valid_sequences(n_words: int) -> list[tuple[str, ...]]:
    sequences = itertools.product(LABELS.tags, repeat=n_words)
    return [tags for tags in sequences if not find_invalid_tags(tags, Scheme.IOB2)]


def _probabilities(logits: NDArray[np.float64]) -> dict[tuple[str, ...], float]:
    """Every valid tag sequence with its probability, by counting them all."""
    shares = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).tolist()
    weights = {
        tags: math.prod([shares[i][LABELS.tag_to_id[tag]] for i, tag in enumerate(tags)])
        for tags in _valid_sequences(len(logits))
    }
    total = sum(weights.values())
    return {tags: weight / total for tags, weight in weights.items()}


properties = settings(deadline=None, derandomize=True, max_examples=60)
seeds = st.integers(0, 10**6)
spreads = st.sampled_from([0.1, 2.0, 30.0, 1e4])


@properties
@given(st.lists(st.tuples(seeds, st.integers(0, 30), spreads), max_size=6))
def test_always_valid_and_one_tag_per_word(sizes: list[tuple[int, int, float]]) -> None:
    logits = [_logits(*size) for size in sizes]
    for tags, scores in zip(decode_many(logits, LABELS), logits, strict=True):
        assert len(tags) == len(scores)
        assert find_invalid_tags(tags, Scheme.IOB2) == []


@properties
@given(seeds, st.integers(1, 4), st.sampled_from([0.1, 2.0, 10.0]))
def test_equals_brute_force(seed: int, n_words: int, spread: float) -> None:
    logits = _logits(seed, n_words, spread)
    probabilities = _probabilities(logits)
    assert tuple(decode(logits, LABELS)) == max(probabilities, key=probabilities.__getitem__)


@properties
@given(seeds, st.integers(1, 4), st.sampled_from([0.1, 2.0, 10.0]))
def test_span_probabilities_equal_brute_force(seed: int, n_words: int, spread: float) -> None:
    logits = _logits(seed, n_words, spread)
    probabilities = _probabilities(logits)
    for span, score in decode_spans(logits, LABELS):
        expected = sum(p for tags, p in probabilities.items() if span in tags_to_spans(tags))
        assert score == pytest.approx(expected, rel=1e-9)


@properties
@given(seeds, st.integers(0, 12))
def test_equals_argmax_where_that_is_valid(seed: int, n_words: int) -> None:
    logits = _logits(seed, n_words)
    logits[:, 0] += 2.0
    best = [LABELS.tags[tag] for tag in logits.argmax(axis=1)]
    if not find_invalid_tags(best, Scheme.IOB2):
        assert decode(logits, LABELS) == best


@properties
@given(st.lists(st.tuples(seeds, st.integers(0, 20), spreads), min_size=1, max_size=6))
def test_the_other_sentences_do_not_matter(sizes: list[tuple[int, int, float]]) -> None:
    logits = [_logits(*size) for size in sizes]
    assert decode_many(logits, LABELS) == [decode(scores, LABELS) for scores in logits]
    together = decode_spans_many(logits, LABELS)
    for scores, found in zip(logits, together, strict=True):
        alone = decode_spans(scores, LABELS)
        assert [span for span, _ in found] == [span for span, _ in alone]
        assert [score for _, score in found] == pytest.approx([score for _, score in alone])


@properties
@given(seeds, st.integers(0, 25), spreads)
def test_spans_are_those_of_the_tags_and_scores_are_probabilities(
    seed: int, n_words: int, spread: float
) -> None:
    logits = _logits(seed, n_words, spread)
    found = decode_spans(logits, LABELS)
    assert [span for span, _ in found] == tags_to_spans(decode(logits, LABELS))
    assert all(0.0 <= score <= 1.0 + 1e-9 for _, score in found)


@properties
@given(
    st.lists(st.tuples(seeds, st.integers(0, 25), spreads), min_size=1, max_size=4),
    st.sampled_from([1 / 8, 0.7, 1.9, 8.0]),
)
def test_no_temperature_changes_an_entity(
    sizes: list[tuple[int, int, float]], temperature: float
) -> None:
    logits = [_logits(*size) for size in sizes]
    scaled = [scores / temperature for scores in logits]
    assert decode_many(scaled, LABELS) == decode_many(logits, LABELS)
    spans = [[span for span, _ in found] for found in decode_spans_many(logits, LABELS)]
    assert [[span for span, _ in found] for found in decode_spans_many(scaled, LABELS)] == spans


def test_an_entity_forced_by_its_end_is_found() -> None:
    # Word by word the first would be O: valid IOB2 needs B-PER before the certain I-PER.
    logits = np.zeros((2, N_TAGS))
    logits[0, [0, 1]] = 5.0, 4.0
    logits[1, 2] = 50.0
    assert decode(logits, LABELS) == ["B-PER", "I-PER"]
    ((span, score),) = decode_spans(logits, LABELS)
    assert span == Span(0, 2, "PER")
    assert score > 0.99


def test_more_sentences_than_a_chunk() -> None:
    logits = [_logits(seed, seed % 7) for seed in range(1100)]
    assert decode_many(logits, LABELS) == [decode(scores, LABELS) for scores in logits]


def test_nothing_gives_nothing() -> None:
    assert decode_many([], LABELS) == []
    assert decode(np.zeros((0, N_TAGS)), LABELS) == []
    assert decode_spans(np.zeros((0, N_TAGS)), LABELS) == []


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_broken_logits_are_refused(bad: float) -> None:
    logits = np.zeros((2, N_TAGS))
    logits[1, 1] = bad
    with pytest.raises(ModelError, match="not finite"):
        decode(logits, LABELS)


def test_logits_of_another_label_set_are_refused() -> None:
    with pytest.raises(ModelError, match=r"shape \(2, 7\) for 5 tags"):
        decode(np.zeros((2, 7)), LABELS)


def test_a_test_set_takes_well_under_a_third_of_a_second() -> None:
    rng = np.random.default_rng(0)
    labels = LabelSet()
    logits = [rng.normal(size=(n, 7)).astype(np.float32) for n in rng.integers(5, 60, 500)]
    decode_many(logits[:2], labels)
    started = time.process_time()
    decode_many(logits, labels)
    assert time.process_time() - started < 0.15


def test_one_long_sentence_does_not_pad_all_the_others() -> None:
    logits = [_logits(0, 5000), *(_logits(seed, 1) for seed in range(400))]
    tracemalloc.start()
    together = decode_spans_many(logits, LABELS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50e6
    assert [[span for span, _ in spans] for spans in together] == [
        tags_to_spans(tags) for tags in decode_many(logits, LABELS)
    ]
