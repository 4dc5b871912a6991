"""Split long sentences into overlapping windows, and merge the logits of the windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nerbridge.alignment.subwords import SubwordSentence, first_subwords


@dataclass(frozen=True, slots=True)
class Window:
    """Subwords ``start:end`` (half-open) of sentence number ``sentence``."""

    sentence: int
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


def split_windows(
    sub: SubwordSentence, max_subwords: int, overlap: int, *, sentence: int = 0
) -> list[Window]:
    """Cover a sentence with windows of at most ``max_subwords`` subwords.

    Windows begin and end at word boundaries; only a word that alone is longer than
    ``max_subwords`` is cut inside. Neighbours share at most ``overlap`` subwords, as many as whole
    words allow. Special tokens are not counted. An empty sentence has no windows.

    Raises:
        ValueError: unless ``max_subwords >= 1`` and ``0 <= overlap < max_subwords``.

    >>> sub = SubwordSentence(ids=(9,) * 5, word_of=(0, 1, 1, 2, 3))
    >>> [(w.start, w.end) for w in split_windows(sub, max_subwords=4, overlap=1)]
    [(0, 4), (3, 5)]
    """
    if max_subwords < 1 or not 0 <= overlap < max_subwords:
        raise ValueError(
            f"max_subwords={max_subwords}, overlap={overlap}: expected 0 <= overlap < max_subwords"
        )
    if len(sub) <= max_subwords:
        return [Window(sentence, 0, len(sub))] if len(sub) else []
    boundaries = np.append(first_subwords(sub), len(sub))
    windows: list[Window] = []
    start = 0
    while True:
        end = _window_end(boundaries, start, max_subwords)
        windows.append(Window(sentence, start, end))
        if end == len(sub):
            return windows
        start = _next_start(boundaries, start, end, max_subwords, overlap)


def _window_end(boundaries: NDArray[np.int64], start: int, max_subwords: int) -> int:
    """Last word boundary within reach of ``start``, or a cut inside a word longer than that."""
    last = int(boundaries[np.searchsorted(boundaries, start + max_subwords, side="right") - 1])
    return last if last > start else start + max_subwords


def _next_start(
    boundaries: NDArray[np.int64], start: int, end: int, max_subwords: int, overlap: int
) -> int:
    """First boundary in the overlap from which the next window reaches beyond ``end``."""
    following = int(boundaries[np.searchsorted(boundaries, end, side="right")])
    # Progress, the allowed overlap, and room for at least one word beyond ``end``.
    earliest = max(start + 1, end - overlap, following - max_subwords)
    candidate = int(boundaries[np.searchsorted(boundaries, earliest)])
    return min(candidate, end)


def merge_windows(
    windows: Sequence[Window], logits_per_window: Sequence[NDArray[np.floating]], n_subwords: int
) -> NDArray[np.float32]:
    """Join the logits of one sentence's windows; each subword keeps those with most context.

    Context is the distance to the nearer end of the window, where the ends of the sentence itself
    do not count as ends.

    Args:
        windows: all windows of the sentence, in order.
        logits_per_window: shape of each: (len(window), n_tags).
        n_subwords: length of the sentence.

    Returns:
        Shape: (n_subwords, n_tags).

    Raises:
        ValueError: if a subword lies in no window or the shapes do not fit.
    """
    n_tags = logits_per_window[0].shape[1] if logits_per_window else 0
    merged = np.zeros((n_subwords, n_tags), dtype=np.float32)
    most_context = np.full(n_subwords, -1, dtype=np.int64)
    for window, logits in zip(windows, logits_per_window, strict=True):
        if logits.shape != (len(window), n_tags):
            raise ValueError(f"logits of shape {logits.shape} for {window} and {n_tags} tags")
        context = _context(window, n_subwords)
        better = context > most_context[window.start : window.end]
        positions = np.flatnonzero(better) + window.start
        merged[positions] = logits[better]
        most_context[positions] = context[better]
    if (most_context < 0).any():
        raise ValueError(f"subword {int(np.argmin(most_context))} lies in no window")
    return merged


def _context(window: Window, n_subwords: int) -> NDArray[np.int64]:
    positions = np.arange(len(window), dtype=np.int64)
    # A window that begins or ends with the sentence misses no context on that side.
    left = positions if window.start > 0 else np.full_like(positions, n_subwords)
    right = positions[::-1] if window.end < n_subwords else np.full_like(positions, n_subwords)
    return np.minimum(left, right)
