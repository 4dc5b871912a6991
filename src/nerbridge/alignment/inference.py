"""Sentences of subwords through a model, however long they are: windows, batches, and back.

The model is a function; torch and onnxruntime supply it elsewhere. Training, evaluation, the tagger
and the export share this code, so that what was measured is what is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from nerbridge.alignment.subwords import SpecialIds, SubwordSentence, first_subwords
from nerbridge.alignment.windows import Window, merge_windows, split_windows

Logits = NDArray[np.float32]
Forward = Callable[[NDArray[np.int64], NDArray[np.int64]], Logits]
"""``(ids, mask) -> logits``. Shapes: both (n_rows, width) to (n_rows, width, n_tags)."""


def predict_word_logits(
    forward: Forward,
    sentences: Sequence[SubwordSentence],
    *,
    n_tags: int,
    specials: SpecialIds,
    max_subwords: int,
    overlap: int | None = None,
    batch_subwords: int = 4096,
    n_parallel: int = 1,
) -> list[Logits]:
    """Logits of every word, read at its first subword.

    Sentences longer than ``max_subwords`` are cut into windows and put together again. Windows are
    sorted by length and batched; a result depends on its batch only by floating-point noise.

    Args:
        forward: the model. Rows are padded to the longest, with 0 in the mask.
        sentences: subwords without special tokens.
        n_tags: columns of the logits.
        specials: the tokens to put around a window and behind it.
        max_subwords: most subwords in a window, special tokens not counted.
        overlap: subwords neighbouring windows share; default a quarter of ``max_subwords``.
        batch_subwords: most positions in a batch, padding and special tokens counted; a window
            that is longer makes a batch of its own.
        n_parallel: batches in work at the same time, each in a thread of its own.

    Returns:
        One array per sentence, in the order given. Shape: (n_words, n_tags).
    """
    overlap = max_subwords // 4 if overlap is None else overlap
    windows = [
        window
        for index, sub in enumerate(sentences)
        for window in split_windows(sub, max_subwords, overlap, sentence=index)
    ]
    batches = list(_batches(windows, batch_subwords))
    logits = _window_logits(forward, sentences, windows, batches, specials, n_parallel)
    positions: list[list[int]] = [[] for _ in sentences]
    for position, window in enumerate(windows):
        positions[window.sentence].append(position)
    return [
        _sentence_logits(sub, [windows[i] for i in mine], [logits[i] for i in mine], n_tags)
        for sub, mine in zip(sentences, positions, strict=True)
    ]


def _sentence_logits(
    sub: SubwordSentence, windows: list[Window], logits: list[Logits], n_tags: int
) -> Logits:
    if not windows:
        return np.zeros((0, n_tags), dtype=np.float32)
    merged: Logits = merge_windows(windows, logits, len(sub))[first_subwords(sub)]
    return merged


def _window_logits(
    forward: Forward,
    sentences: Sequence[SubwordSentence],
    windows: Sequence[Window],
    batches: Sequence[list[int]],
    specials: SpecialIds,
    n_parallel: int,
) -> list[Logits]:
    """Logits of every window in the order given. Shape of each: (len(window), n_tags)."""
    found: list[Logits] = [np.zeros((0, 0), dtype=np.float32)] * len(windows)

    def run(batch: list[int]) -> Logits:
        cut = (windows[i] for i in batch)
        rows = [sentences[w.sentence].ids[w.start : w.end] for w in cut]
        return forward(*pad_rows(rows, specials))

    for batch, logits in zip(batches, _map(run, batches, n_parallel), strict=True):
        for i, row in zip(batch, logits, strict=True):
            found[i] = row[1 : 1 + len(windows[i])]
    return found


def _map(
    run: Callable[[list[int]], Logits], batches: Sequence[list[int]], n_parallel: int
) -> Iterator[Logits]:
    n_parallel = min(n_parallel, len(batches))
    if n_parallel < 2:
        yield from map(run, batches)
        return
    # Made anew for every call: threads that are kept would be missing after a fork.
    with ThreadPoolExecutor(n_parallel) as pool:
        yield from pool.map(run, batches)


def _batches(windows: Sequence[Window], batch_subwords: int) -> Iterator[list[int]]:
    """Indices of windows, longest first, as many as fit a padded batch, at least one."""
    order = sorted(range(len(windows)), key=lambda i: -len(windows[i]))
    start = 0
    while start < len(order):
        width = len(windows[order[start]]) + 2
        n_rows = max(1, batch_subwords // width)
        yield order[start : start + n_rows]
        start += n_rows


def pad_rows(
    rows: Sequence[Sequence[int]], specials: SpecialIds
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows between their special tokens, and a mask that is 0 at padding.

    Shape of both: (n_rows, longest row + 2).
    """
    width = max(len(row) for row in rows) + 2
    ids = np.full((len(rows), width), specials.pad, dtype=np.int64)
    mask = np.zeros((len(rows), width), dtype=np.int64)
    for index, row in enumerate(rows):
        ids[index, : len(row) + 2] = (specials.start, *row, specials.end)
        mask[index, : len(row) + 2] = 1
    return ids, mask
