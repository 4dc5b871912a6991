"""Statistics against computations by hand, in whole numbers."""

from __future__ import annotations

import random
from fractions import Fraction
from math import comb, exp, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.analysis.change import (
    benjamini_hochberg,
    choose_recent,
    find_changes,
    fisher_p,
    rate_ratio,
)


@given(st.data())
def test_fisher_counts_the_ways(data: st.DataObject) -> None:
    n_recent, n_earlier = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
    recent = data.draw(st.integers(0, n_recent))
    earlier = data.draw(st.integers(0, n_earlier))
    total = recent + earlier
    ways = sum(
        comb(n_recent, k) * comb(n_earlier, total - k)
        for k in range(recent, min(total, n_recent) + 1)
        if 0 <= total - k <= n_earlier
    )
    exact = Fraction(ways, comb(n_recent + n_earlier, total))
    assert fisher_p(recent, earlier, n_recent, n_earlier) == pytest.approx(float(exact), rel=1e-9)


def test_rate_ratio_by_hand() -> None:
    ratio = (6.5 / 20.5) / (2.5 / 80.5)
    spread = 1.959964 * sqrt(1 / 6.5 - 1 / 20.5 + 1 / 2.5 - 1 / 80.5)
    expected = (ratio, exp(log(ratio) - spread), exp(log(ratio) + spread))
    assert rate_ratio(6, 2, 20, 80) == pytest.approx(expected)


@given(st.lists(st.floats(0, 1), max_size=20))
def test_benjamini_hochberg_by_its_definition(ps: list[float]) -> None:
    q_of = benjamini_hochberg(dict(enumerate(ps)))
    for entity, p in enumerate(ps):
        shares = [other * len(ps) / sum(x <= other for x in ps) for other in ps if other >= p]
        assert q_of[entity] == pytest.approx(min([1.0, *shares]))


def test_more_articles_raise_nobody() -> None:
    steady = [(entity, 30, 10) for entity in range(5)]
    assert [change.kind for change in find_changes(steady, 300, 100)] == [None] * 5


def test_kinds() -> None:
    changes = find_changes([(1, 12, 2), (2, 4, 0), (3, 1, 0), (4, 2, 9), (5, 9, 0)], 20, 80)
    assert [change.kind for change in changes] == [
        "riser", "newcomer", None, None, "newcomer",
    ]  # fmt: skip
    assert changes[2].q is None


def test_newcomers_make_no_risers() -> None:
    newcomers = [(entity, 12, 0) for entity in range(2, 100)]
    doubtful = (1, 5, 5)
    assert 0.01 < fisher_p(5, 5, 40, 160) < 0.05
    hopeless = [(entity, 1, 9) for entity in range(100, 110)]
    changes = find_changes([doubtful, *newcomers, *hopeless], 40, 160)
    assert changes[0].kind is None
    assert {change.q for change in changes if change.n_earlier == 0} == {None}


def test_chance_alone_makes_few_risers() -> None:
    draw = random.Random(3)

    def articles(n: int) -> int:
        return sum(draw.random() < 0.1 for _ in range(n))

    counts = [(entity, articles(100), articles(400)) for entity in range(300)]
    assert sum(change.kind == "riser" for change in find_changes(counts, 100, 400)) <= 3


def test_recent_is_never_more_than_a_third() -> None:
    for by in ("day", "week", "month"):
        for n in range(200):
            assert choose_recent(n, by) * 3 <= n
