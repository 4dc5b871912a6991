from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.alignment.subwords import SubwordSentence, first_subwords
from nerbridge.alignment.windows import Window, merge_windows, split_windows


def _sentence(word_lengths: list[int]) -> SubwordSentence:
    word_of = np.repeat(np.arange(len(word_lengths)), word_lengths)
    return SubwordSentence(tuple(range(len(word_of))), tuple(word_of.tolist()))


properties = settings(deadline=None, derandomize=True, max_examples=60)
sentences = st.lists(st.integers(1, 9), max_size=40).map(_sentence)
sizes = st.integers(1, 12).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1)))


@properties
@given(sentences, sizes)
def test_windows_cover_everything_and_cut_only_at_word_boundaries(
    sub: SubwordSentence, size: tuple[int, int]
) -> None:
    max_subwords, overlap = size
    windows = split_windows(sub, max_subwords, overlap, sentence=7)
    covered = {position for window in windows for position in range(window.start, window.end)}
    assert covered == set(range(len(sub)))
    assert all(window.sentence == 7 and 1 <= len(window) <= max_subwords for window in windows)
    boundaries = {*first_subwords(sub).tolist(), len(sub)}
    lengths = np.bincount(sub.word_of) if len(sub) else np.zeros(0)
    for cut in {edge for window in windows for edge in (window.start, window.end)} - boundaries:
        assert lengths[sub.word_of[cut]] > max_subwords


@properties
@given(sentences, sizes)
def test_windows_move_on_and_share_no_more_than_the_overlap(
    sub: SubwordSentence, size: tuple[int, int]
) -> None:
    max_subwords, overlap = size
    windows = split_windows(sub, max_subwords, overlap)
    for left, right in pairwise(windows):
        assert left.start < right.start <= left.end < right.end
        assert left.end - right.start <= overlap


@properties
@given(st.integers(20, 60), st.integers(4, 12))
def test_with_one_subword_words_the_overlap_is_exact(n_words: int, max_subwords: int) -> None:
    windows = split_windows(_sentence([1] * n_words), max_subwords, 3)
    for left, right in pairwise(windows):
        assert left.end - right.start == 3


@properties
@given(sentences, sizes)
def test_merging_gives_back_what_does_not_depend_on_the_window(
    sub: SubwordSentence, size: tuple[int, int]
) -> None:
    logits = np.random.default_rng(0).normal(size=(len(sub), 3)).astype(np.float32)
    windows = split_windows(sub, *size)
    merged = merge_windows(windows, [logits[w.start : w.end] for w in windows], len(sub))
    if windows:
        np.testing.assert_array_equal(merged, logits)
    assert len(merged) == len(sub)


@properties
@given(sentences, sizes)
def test_each_subword_is_read_where_it_has_most_context(
    sub: SubwordSentence, size: tuple[int, int]
) -> None:
    windows = split_windows(sub, *size)
    numbers = [np.full((len(w), 1), i, dtype=np.float32) for i, w in enumerate(windows)]
    chosen = merge_windows(windows, numbers, len(sub))

    def context(window: Window, position: int) -> int:
        left = position - window.start if window.start else 10**6
        right = window.end - 1 - position if window.end < len(sub) else 10**6
        return min(left, right)

    for position in range(len(sub)):
        holding = [w for w in windows if w.start <= position < w.end]
        best = max(context(w, position) for w in holding)
        assert context(windows[int(chosen[position, 0])], position) == best


@pytest.mark.parametrize(("max_subwords", "overlap"), [(0, 0), (4, 4), (4, -1)])
def test_impossible_sizes(max_subwords: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="overlap"):
        split_windows(_sentence([1]), max_subwords, overlap)


def test_gaps_and_wrong_shapes_are_noticed() -> None:
    with pytest.raises(ValueError, match="subword 2 lies in no window"):
        merge_windows([Window(0, 0, 2)], [np.zeros((2, 3))], 3)
    with pytest.raises(ValueError, match="shape"):
        merge_windows([Window(0, 0, 2)], [np.zeros((3, 3))], 2)
