import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nerbridge.alignment.inference import Logits, predict_word_logits
from nerbridge.alignment.subwords import SpecialIds, SubwordSentence, first_subwords
from nerbridge.alignment.windows import merge_windows, split_windows
from nerbridge.errors import ModelError

SPECIALS = SpecialIds(start=1, end=2, pad=4, unk=3)
N_TAGS = 3
properties = settings(deadline=None, derandomize=True, max_examples=60)


def forward(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
    """Every subword sees the sum of all subwords in its row, and its place; never the padding."""
    seen = (ids * mask).sum(axis=1, keepdims=True) + 100 * np.arange(ids.shape[1]) + 7 * ids
    return np.stack([seen, -seen, np.sqrt(seen)], axis=-1).astype(np.float32)


subwords_of_words = st.lists(st.integers(1, 4), max_size=15)


def make(lengths: list[int]) -> SubwordSentence:
    word_of = tuple(word for word, length in enumerate(lengths) for _ in range(length))
    return SubwordSentence(tuple(range(5, 5 + len(word_of))), word_of)


def naive(sub: SubwordSentence, max_subwords: int, overlap: int) -> Logits:
    windows = split_windows(sub, max_subwords, overlap)
    found = []
    for window in windows:
        ids = np.array([[1, *sub.ids[window.start : window.end], 2]])
        found.append(forward(ids, np.ones_like(ids))[0, 1:-1])
    return merge_windows(windows, found, len(sub))[first_subwords(sub)]


@given(
    words=st.lists(subwords_of_words, max_size=6),
    max_subwords=st.integers(1, 12),
    batch_subwords=st.sampled_from([1, 17, 4096]),
    n_parallel=st.sampled_from([1, 3]),
)
@properties
def test_the_same_as_one_window_at_a_time(
    words: list[list[int]], max_subwords: int, batch_subwords: int, n_parallel: int
) -> None:
    subs = [make(lengths) for lengths in words]
    found = predict_word_logits(
        forward,
        subs,
        n_tags=N_TAGS,
        specials=SPECIALS,
        max_subwords=max_subwords,
        batch_subwords=batch_subwords,
        n_parallel=n_parallel,
    )
    assert [array.shape for array in found] == [(len(lengths), N_TAGS) for lengths in words]
    for sub, logits in zip(subs, found, strict=True):
        if len(sub):
            np.testing.assert_array_equal(logits, naive(sub, max_subwords, max_subwords // 4))


@pytest.mark.parametrize("batch_subwords", [1, 20, 64])
def test_batches_are_no_larger_than_asked_for(batch_subwords: int) -> None:
    sizes = []

    def watched(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        sizes.append(ids.shape)
        return forward(ids, mask)

    predict_word_logits(
        watched,
        [make([1] * n) for n in (9, 1, 14, 3, 3, 2)],
        n_tags=N_TAGS,
        specials=SPECIALS,
        max_subwords=14,
        batch_subwords=batch_subwords,
    )
    assert all(rows == 1 or rows * width <= batch_subwords for rows, width in sizes)
    assert sum(rows for rows, _ in sizes) == 6


def test_batches_run_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=30)

    def waits_for_others(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        meeting.wait()
        return forward(ids, mask)

    predict_word_logits(
        waits_for_others,
        [make([1] * 3)] * 6,
        n_tags=N_TAGS,
        specials=SPECIALS,
        max_subwords=14,
        batch_subwords=1,
        n_parallel=3,
    )


@pytest.mark.parametrize("n_parallel", [1, 2])
def test_the_error_of_one_batch_is_the_error_of_all(n_parallel: int) -> None:
    def fails(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        raise ModelError("no")

    with pytest.raises(ModelError, match="no"):
        predict_word_logits(
            fails,
            [make([1])] * 2,
            n_tags=N_TAGS,
            specials=SPECIALS,
            max_subwords=14,
            batch_subwords=1,
            n_parallel=n_parallel,
        )
