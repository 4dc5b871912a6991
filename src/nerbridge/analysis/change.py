"""Who is in the news more than before: a test, an interval, and care about testing many.

Articles are counted, not mentions: one article that repeats a name is one piece of news. Of an
entity ``x`` recent and ``y`` earlier articles mention it, of ``n_recent`` and ``n_earlier`` in all.
Months with more articles therefore raise nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, lgamma, sqrt

MIN_ARTICLES = 5
"""Entities in fewer articles are not tested: they could not pass, and would cost the others."""
MIN_NEWCOMER_ARTICLES = 2
MAX_FALSE_SHARE = 0.05
"""Of those called risers, at most this share is expected to be chance."""
MIN_PERIODS = 3
_RECENT_PERIODS = {"day": 7, "week": 4, "month": 3}
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Change:
    """How one entity's share of the articles changed.

    ``ratio`` is its recent share over its earlier one, half an article added to each, so that none
    is no division by zero; ``low`` and ``high`` its 95 % interval. ``p`` is the chance that so many
    of its articles are recent if time did not matter, ``q`` the same after testing all that may
    rise (None: not tested, in too few articles or in none before).
    """

    entity: int
    n_recent: int
    n_earlier: int
    ratio: float
    low: float
    high: float
    p: float
    q: float | None

    @property
    def kind(self) -> str | None:
        """``newcomer``, ``riser`` or None."""
        if self.n_earlier == 0 and self.n_recent >= MIN_NEWCOMER_ARTICLES:
            return "newcomer"
        return "riser" if self.q is not None and self.q <= MAX_FALSE_SHARE else None


def choose_recent(n_periods: int, by: str) -> int:
    """How many of the last periods are recent: a week, four weeks or three months, or a third.

    0 where there are too few periods to compare.

    >>> choose_recent(26, "week"), choose_recent(6, "month"), choose_recent(2, "day")
    (4, 2, 0)
    """
    return 0 if n_periods < MIN_PERIODS else min(_RECENT_PERIODS[by], n_periods // 3)


def find_changes(
    counts: Iterable[tuple[int, int, int]], n_recent: int, n_earlier: int
) -> list[Change]:
    """The change of every entity.

    Args:
        counts: entity, articles of the recent periods with it, articles of the earlier ones.
        n_recent: all articles of the recent periods.
        n_earlier: all articles of the earlier periods.
    """
    rows = list(counts)
    p_of = {
        entity: fisher_p(recent, earlier, n_recent, n_earlier) for entity, recent, earlier in rows
    }
    # Newcomers are a list of their own: among the tested, their small p would let more others pass
    # than the share of chance that is promised for the list of risers.
    tested = [
        entity for entity, recent, earlier in rows if earlier and recent + earlier >= MIN_ARTICLES
    ]
    q_of = benjamini_hochberg({entity: p_of[entity] for entity in tested})
    return [
        Change(
            entity,
            recent,
            earlier,
            *rate_ratio(recent, earlier, n_recent, n_earlier),
            p_of[entity],
            q_of.get(entity),
        )
        for entity, recent, earlier in rows
    ]


def fisher_p(recent: int, earlier: int, n_recent: int, n_earlier: int) -> float:
    """Fisher's exact test, one-sided: the chance of ``recent`` or more recent articles.

    Source: R. A. Fisher, The Design of Experiments (1935), chapter 2.

    >>> round(fisher_p(3, 1, 4, 4), 4)
    0.2429
    """
    total = recent + earlier
    highest = min(total, n_recent)
    # In logarithms: the binomials of thousands of articles are too large for a float.
    whole = _log_choose(n_recent + n_earlier, total)
    chances = (
        exp(_log_choose(n_recent, k) + _log_choose(n_earlier, total - k) - whole)
        for k in range(max(recent, total - n_earlier), highest + 1)
    )
    return min(1.0, sum(chances))


def rate_ratio(
    recent: int, earlier: int, n_recent: int, n_earlier: int
) -> tuple[float, float, float]:
    """Smoothed ratio of two shares, with a 95 % interval on the log scale.

    Source: S. D. Walter, The distribution of Levin's measure of attributable risk, Biometrika 62
    (1975).

    >>> [round(value, 2) for value in rate_ratio(10, 10, 100, 300)]
    [2.99, 1.31, 6.82]
    """
    x, y, n, m = recent + 0.5, earlier + 0.5, n_recent + 0.5, n_earlier + 0.5
    ratio = (x / n) / (y / m)
    spread = _Z * sqrt(max(0.0, 1 / x - 1 / n + 1 / y - 1 / m))
    return ratio, ratio * exp(-spread), ratio * exp(spread)


def benjamini_hochberg(p_of: Mapping[int, float]) -> dict[int, float]:
    """The q of each p: the share of chance among all with no greater p.

    Source: Y. Benjamini, Y. Hochberg, Journal of the Royal Statistical Society B 57 (1995).

    >>> benjamini_hochberg({1: 0.01, 2: 0.04, 3: 0.5})
    {3: 0.5, 2: 0.06, 1: 0.03}
    """
    ordered: Sequence[tuple[int, float]] = sorted(p_of.items(), key=lambda item: -item[1])
    # From the largest p down, so that no q is greater than that of a larger p.
    q_of, lowest = {}, 1.0
    for rank, (entity, p) in zip(range(len(ordered), 0, -1), ordered, strict=True):
        lowest = min(lowest, p * len(ordered) / rank)
        q_of[entity] = lowest
    return q_of


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
