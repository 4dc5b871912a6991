"""Draw from sources: caps per source, then one mixture in a random order fixed by a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal

from nerbridge.corpus.sentence import Sentence
from nerbridge.errors import InputError

Strategy = Literal["proportional", "equal", "temperature"]


def take(sentences: Sequence[Sentence], n: int | None, seed: int) -> list[Sentence]:
    """``n`` sentences drawn without replacement, in their old order; all if fewer or ``n`` None.

    Smaller draws of one seed are part of larger ones, so that learning curves nest.

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
    strategy: Strategy = "proportional",
    temperature: float = 1.0,
    caps: Sequence[int | None] | None = None,
    seed: int = 0,
    times: Sequence[int] | None = None,
) -> list[Sentence]:
    """One shuffled list of training sentences from several sources.

    First every source is cut to its cap by `take` and stands there as often as ``times`` says
    (None: once). Then, with n_i sentences in source i:

    - ``proportional``: everything.
    - ``equal``: as many of each source as the smallest has.
    - ``temperature``: source i gives a share proportional to ``n_i ** (1 / temperature)`` of the
      total sum(n_i). A source whose share exceeds n_i is passed through whole as often as it
      fits and the rest is drawn once more, so no sentence stands more than one time oftener
      than another of its source. Temperature 1 is proportional; higher ones approach equal
      shares. Empty sources give nothing.

    The same arguments give the same list.

    Raises:
        InputError: unknown strategy, temperature below 1, a cap or number of times too many or too
            few, or a source less than once.
    """
    caps = [None] * len(sources) if caps is None else caps
    times = [1] * len(sources) if times is None else times
    _check(sources, strategy, temperature, caps, times)
    capped = [
        take(source, cap, seed + index)
        for index, (source, cap) in enumerate(zip(sources, caps, strict=True))
    ]
    counted = [len(source) * n for source, n in zip(capped, times, strict=True)]
    sizes = source_sizes(counted, strategy, temperature)
    mixed = [
        sentence
        for index, (source, size) in enumerate(zip(capped, sizes, strict=True))
        for sentence in _repeat(source, size, seed + index)
    ]
    return [mixed[index] for index in _shuffled(len(mixed), seed)]


def source_sizes(sizes: Sequence[int], strategy: Strategy, temperature: float) -> list[int]:
    """How many sentences each source gives, after caps.

    >>> source_sizes([8000, 1000], "equal", 1.0)
    [1000, 1000]
    >>> source_sizes([8000, 1000], "temperature", 3.0)
    [6000, 3000]
    """
    if strategy == "proportional":
        return list(sizes)
    if strategy == "equal":
        smallest = min((size for size in sizes if size), default=0)
        return [min(size, smallest) for size in sizes]
    weights = [size ** (1 / temperature) if size else 0.0 for size in sizes]
    total = sum(weights) or 1.0
    return [round(sum(sizes) * weight / total) for weight in weights]


def _repeat(source: Sequence[Sentence], size: int, seed: int) -> list[Sentence]:
    n_rounds, n_rest = divmod(size, len(source)) if source else (0, 0)
    return [*source] * n_rounds + take(source, n_rest, seed)


def _shuffled(n: int, seed: int) -> list[int]:
    order = list(range(n))
    random.Random(seed).shuffle(order)
    return order


def _check(
    sources: Sequence[Sequence[Sentence]],
    strategy: str,
    temperature: float,
    caps: Sequence[int | None],
    times: Sequence[int],
) -> None:
    if strategy not in ("proportional", "equal", "temperature"):
        raise InputError(
            f"sampling strategy {strategy!r} is unknown; "
            "expected 'proportional', 'equal' or 'temperature'. Choose one of them."
        )
    if not temperature >= 1:
        raise InputError(
            f"sampling temperature {temperature} is below 1; expected 1 (proportional) or more. "
            "2 to 5 are usual."
        )
    if len(caps) != len(sources):
        raise InputError(
            f"{len(caps)} caps for {len(sources)} sources; expected one cap (or None) a source. "
            "Give as many caps as sources."
        )
    if len(times) != len(sources) or any(n < 1 for n in times):
        raise InputError(
            f"times={list(times)} for {len(sources)} sources; expected a number of 1 or more a "
            "source. Leave it out to take each once."
        )
