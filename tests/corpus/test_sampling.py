"""Mixtures of sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.corpus import Sentence, mix_sources, take
from nerbridge.corpus.sampling import Strategy, source_sizes
from nerbridge.errors import InputError

SIZES = st.lists(st.integers(0, 30), max_size=4)
STRATEGIES: st.SearchStrategy[Strategy] = st.sampled_from(["proportional", "equal", "temperature"])


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


@given(SIZES, STRATEGIES, st.floats(1, 10), st.integers(0, 5), st.data())
def test_mixtures(
    sizes: list[int], strategy: Strategy, temperature: float, seed: int, data: st.DataObject
) -> None:
    sources = [source(str(index), n) for index, n in enumerate(sizes)]
    caps = [data.draw(st.none() | st.integers(0, 30)) for _ in sizes]
    mixed = mix_sources(sources, strategy, temperature, caps, seed)
    assert mixed == mix_sources(sources, strategy, temperature, caps, seed)

    capped = [n if cap is None else min(n, cap) for n, cap in zip(sizes, caps, strict=True)]
    expected = source_sizes(capped, strategy, temperature)
    counts = Counter(mixed)
    for index, (n, n_drawn) in enumerate(zip(capped, expected, strict=True)):
        times = [times for sentence, times in counts.items() if sentence.words[0] == str(index)]
        assert sum(times) == n_drawn
        assert len(times) == min(n, n_drawn)  # as many different ones as there can be
        assert not times or max(times) - min(times) <= 1
    if strategy == "temperature":
        assert abs(len(mixed) - sum(capped)) <= len(sizes)
    else:
        assert set(counts.values()) <= {1}


def test_strategies_by_hand() -> None:
    assert source_sizes([8000, 1000, 0], "proportional", 1) == [8000, 1000, 0]
    assert source_sizes([8000, 1000, 0], "equal", 1) == [1000, 1000, 0]
    assert source_sizes([8000, 1000, 0], "temperature", 1) == [8000, 1000, 0]
    assert source_sizes([8000, 1000, 0], "temperature", 1e9) == [4500, 4500, 0]
    assert source_sizes([0], "temperature", 2) == [0]
    assert source_sizes([], "equal", 2) == []


def test_the_order_is_mixed_and_hangs_on_the_seed() -> None:
    sources = [source("a", 50), source("b", 50)]
    one, two = mix_sources(sources, seed=1), mix_sources(sources, seed=2)
    assert one != two
    assert set(one) == set(two)
    assert 10 < sum(sentence.words[0] == "a" for sentence in one[:50]) < 40


def test_a_small_source_stands_there_several_times() -> None:
    small, large = source("small", 3), source("large", 20)
    mixed = Counter(mix_sources([small, large], caps=[2, None], times=[4, 1]))
    assert sorted(mixed.values()) == [1] * 20 + [4, 4]
    assert {sentence for sentence, n in mixed.items() if n == 4} < set(small)


@pytest.mark.parametrize(("strategy", "temperature"), [("equal", 1.0), ("temperature", 3.0)])
def test_of_a_repeated_source_none_stands_oftener(strategy: Strategy, temperature: float) -> None:
    repeated, other = source("repeated", 10), source("other", 15)
    mixed = Counter(mix_sources([repeated, other], strategy, temperature, times=[3, 1]))
    counts = [mixed[sentence] for sentence in repeated]
    assert min(counts) >= 1
    assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("times", [[1, 1], [0], [-2], []])
def test_times_must_fit(times: Sequence[int]) -> None:
    with pytest.raises(InputError, match=r"times=.* for 1 sources; expected a number of 1 or more"):
        mix_sources([source("a", 3)], times=times)


@pytest.mark.parametrize(
    ("strategy", "temperature", "caps", "message"),
    [
        ("even", 1, None, "strategy 'even' is unknown; expected"),
        ("temperature", 0.5, None, "temperature 0.5 is below 1"),
        ("temperature", float("nan"), None, "temperature nan"),
        ("equal", 1, [1, 2], "2 caps for 1 sources"),
        ("equal", 1, [-1], "negative number"),
    ],
)
def test_wrong_arguments(
    strategy: Strategy, temperature: float, caps: Sequence[int] | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        mix_sources([source("a", 3)], strategy, temperature, caps)
