"""Samples of sentences, and the mixture of several sources in a random order fixed by a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence

from nerbridge.corpus.sentence import Sentence
from nerbridge.errors import InputError


def take(sentences: Sequence[Sentence], n: int | None, seed: int) -> list[Sentence]:
    """A random sample of ``n`` sentences in their original order; all if fewer or ``n`` is None.

    A smaller sample is part of a larger one of the same seed, so that learning curves nest.

    Raises:
        InputError: ``n`` is negative.
    """
    if n is not None and n < 0:
        raise InputError(
            f"take(n={n}): a negative number of sentences; expected 0 or more. "
            "Leave it out to take all."
        )
    if n is None or n >= len(sentences):
        return list(sentences)
    order = _shuffled(len(sentences), seed)
    return [sentences[index] for index in sorted(order[:n])]


def mix_sources(
    sources: Sequence[Sequence[Sentence]],
    caps: Sequence[int | None],
    seed: int,
    repeat: Sequence[int],
) -> list[Sentence]:
    """One shuffled list of training sentences from several sources.

    Every source is cut to its cap by `take`, then each of its sentences is repeated. A source
    counts by its size: no source is drawn more often because it is small.

    The same arguments give the same list.

    Args:
        sources: their training sentences.
        caps: the most sentences to take of each source; None takes all.
        seed: random seed of the samples and of the order.
        repeat: how often each sentence of each source is in the list.
    """
    mixed = [
        sentence
        for index, (source, cap, n) in enumerate(zip(sources, caps, repeat, strict=True))
        # A seed of its own for each source: equal sources must not give the same sample.
        for sentence in take(source, cap, seed + index) * n
    ]
    return [mixed[index] for index in _shuffled(len(mixed), seed)]


def _shuffled(n: int, seed: int) -> list[int]:
    order = list(range(n))
    random.Random(seed).shuffle(order)
    return order
