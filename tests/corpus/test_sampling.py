"""Mixtures of sources."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.corpus import Sentence, mix_sources, take
from nerbridge.errors import InputError

SIZES = st.lists(st.integers(0, 30), max_size=4)


def source(name: str, n: int) -> list[Sentence]:
    """A source of ``n`` sentences told apart by their words."""
    return [Sentence((name, str(number)), ("O", "O")) for number in range(n)]


@given(st.integers(0, 20), st.integers(0, 25), st.integers(0, 25), st.integers())
def test_takes_nest_and_keep_the_order(n_all: int, n: int, n_more: int, seed: int) -> None:
    everything = source("a", n_all)
    few, more = take(everything, min(n, n_more), seed), take(everything, max(n, n_more), seed)
    assert len(few) == min(n, n_more, n_all)
    assert set(few) <= set(more) <= set(everything)
    assert few == [sentence for sentence in everything if sentence in few]
    assert take(everything, None, seed) == everything


@given(SIZES, st.integers(0, 5), st.data())
def test_mixtures(sizes: list[int], seed: int, data: st.DataObject) -> None:
    sources = [source(str(index), n) for index, n in enumerate(sizes)]
    caps = [data.draw(st.none() | st.integers(0, 30)) for _ in sizes]
    repeat = [data.draw(st.integers(1, 3)) for _ in sizes]
    mixed = mix_sources(sources, caps, seed, repeat)
    assert mixed == mix_sources(sources, caps, seed, repeat)

    counts = Counter(mixed)
    for index, (n, cap, n_times) in enumerate(zip(sizes, caps, repeat, strict=True)):
        times = [found for sentence, found in counts.items() if sentence.words[0] == str(index)]
        assert len(times) == (n if cap is None else min(n, cap))
        assert {*times} <= {n_times}


def test_the_order_is_mixed_and_hangs_on_the_seed() -> None:
    sources = [source("a", 50), source("b", 50)]
    one, two = (mix_sources(sources, [None, None], seed, [1, 1]) for seed in (1, 2))
    assert one != two
    assert set(one) == set(two)
    assert 10 < sum(sentence.words[0] == "a" for sentence in one[:50]) < 40


def test_equal_sources_give_different_samples() -> None:
    equal = source("a", 50)
    numbers = [sentence.words[1] for sentence in mix_sources([equal, equal], [9, 9], 1, [1, 1])]
    assert len(set(numbers)) > 9


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(InputError, match="negative number"):
        take(source("a", 3), -1, 0)
