"""Known answers: exact enumeration where it is small, simulated coverage, size and power."""

import itertools
import time

import numpy as np
import pytest

from nerbridge.errors import InputError
from nerbridge.evaluation import resampling
from nerbridge.evaluation.counts import counts_to_f1
from nerbridge.evaluation.resampling import (
    approximate_randomisation,
    bootstrap_interval,
    mean_f1,
    paired_bootstrap,
)

N_GOLD = 3
SPURIOUS_RATE = 0.7
N_SIMULATIONS = 400


def simulate(rng, recalls, difficulty):
    """Counts of one system: seeds differ in recall, sentences in difficulty (shared by seeds).

    Shape: recalls (n_seeds,) and difficulty (n_sentences,) to (n_seeds, n_sentences, 3).
    """
    chance = np.asarray(recalls)[:, None] + difficulty
    tp = rng.binomial(N_GOLD, chance)
    return np.stack([tp, rng.poisson(SPURIOUS_RATE, tp.shape), N_GOLD - tp], axis=2)


def draw_difficulty(rng, n_sentences):
    return rng.uniform(-0.2, 0.2, n_sentences)


def expected_f1(recalls):
    tp = N_GOLD * np.asarray(recalls)
    return float(np.mean(2 * tp / (tp + N_GOLD + SPURIOUS_RATE)))


def small_counts(seed, n_seeds, n_sentences):
    return np.random.default_rng(seed).integers(0, 3, (n_seeds, n_sentences, 3))


def exact_f1(counts):
    """F1 of one seed on every equally likely draw of its sentences."""
    n_sentences = counts.shape[1]
    draws = np.array(list(itertools.product(range(n_sentences), repeat=n_sentences)))
    return counts_to_f1(counts[0][draws].sum(axis=1))


def test_interval_agrees_with_enumerating_all_draws():
    counts = small_counts(3, 1, 6)
    interval = bootstrap_interval(counts, n_replicates=40_000)
    assert interval == pytest.approx(np.quantile(exact_f1(counts), (0.025, 0.975)), abs=0.01)


def test_paired_bootstrap_agrees_with_enumerating_all_draws():
    a, b = small_counts(1, 1, 6), small_counts(2, 1, 6)
    exact = exact_f1(a) - exact_f1(b)
    test = paired_bootstrap(a, b, n_replicates=40_000)
    assert test.difference == pytest.approx(mean_f1(a) - mean_f1(b))
    assert test.ci95 == pytest.approx(np.quantile(exact, (0.025, 0.975)), abs=0.01)
    p = 2 * min((exact <= 1e-12).mean(), (exact >= -1e-12).mean())
    assert 0.05 < p < 0.95
    assert test.p == pytest.approx(p, abs=0.015)


def test_seeds_that_agree_add_nothing():
    counts = small_counts(3, 1, 30)
    interval = bootstrap_interval(counts, n_replicates=500)
    assert bootstrap_interval(np.repeat(counts, 4, axis=0), n_replicates=500) == pytest.approx(
        interval
    )


def test_randomisation_agrees_with_enumerating_all_swaps():
    a, b = small_counts(1, 2, 8), small_counts(5, 2, 8)
    a[:, :, 0] += 1
    n_as_large = 0
    for swap in itertools.product((False, True), repeat=8):
        mask = np.array(swap)[None, :, None]
        difference = mean_f1(np.where(mask, b, a)) - mean_f1(np.where(mask, a, b))
        n_as_large += abs(difference) >= abs(mean_f1(a) - mean_f1(b)) - 1e-12
    test = approximate_randomisation(a, b, n_replicates=40_000)
    assert 0.01 < test.p < 0.9
    assert test.p == pytest.approx(n_as_large / 2**8, abs=0.01)


@pytest.mark.parametrize(("n_seeds", "seed_sd"), [(1, 0.0), (5, 0.0), (5, 0.02), (10, 0.05)])
def test_interval_covers_the_truth_about_95_percent_of_the_time(n_seeds, seed_sd):
    rng = np.random.default_rng(7)
    truth = expected_f1(0.6 + seed_sd * rng.standard_normal(100_000))
    n_covered = 0
    for simulation in range(N_SIMULATIONS):
        recalls = np.clip(0.6 + seed_sd * rng.standard_normal(n_seeds), 0.2, 0.8)
        counts = simulate(rng, recalls, draw_difficulty(rng, 100))
        low, high = bootstrap_interval(counts, n_replicates=500, seed=simulation)
        n_covered += low <= truth <= high
    assert 0.91 <= n_covered / N_SIMULATIONS <= 0.98


def test_interval_knows_that_seeds_vary():
    """Many sentences, few seeds: resampling sentences alone would be sure of the wrong thing."""
    rng = np.random.default_rng(3)
    recalls = np.array([0.45, 0.55, 0.6, 0.65, 0.75])
    counts = simulate(rng, recalls, draw_difficulty(rng, 3000))
    low, high = bootstrap_interval(counts, n_replicates=1000)
    seed_f1 = counts_to_f1(counts.sum(axis=1))
    assert high - low == pytest.approx(2 * 1.96 * seed_f1.std() / np.sqrt(5), rel=0.15)


@pytest.mark.parametrize("test", [paired_bootstrap, approximate_randomisation])
@pytest.mark.parametrize(("n_seeds_a", "n_seeds_b"), [(1, 1), (3, 3), (1, 3)])
def test_five_percent_of_equal_systems_are_found_different(test, n_seeds_a, n_seeds_b):
    rng = np.random.default_rng(11)
    n_found = 0
    for simulation in range(N_SIMULATIONS):
        difficulty = draw_difficulty(rng, 100)
        a = simulate(rng, [0.6] * n_seeds_a, difficulty)
        b = simulate(rng, [0.6] * n_seeds_b, difficulty)
        n_found += test(a, b, n_replicates=300, seed=simulation).p < 0.05
    assert n_found / N_SIMULATIONS <= 0.08
    if n_seeds_a == n_seeds_b == 1:
        assert n_found / N_SIMULATIONS >= 0.02


def test_seeds_that_vary_do_not_make_equal_systems_differ():
    """With the part taken away that sentences explain, one in ten pairs was called different."""
    rng = np.random.default_rng(17)
    n_found = 0
    for simulation in range(N_SIMULATIONS):
        difficulty = draw_difficulty(rng, 400)
        a, b = (
            simulate(rng, np.clip(rng.normal(0.6, 0.02, 3), 0.2, 0.8), difficulty) for _ in range(2)
        )
        n_found += all(
            test(a, b, n_replicates=300, seed=simulation).p < 0.05
            for test in (paired_bootstrap, approximate_randomisation)
        )
    assert n_found / N_SIMULATIONS <= 0.075


@pytest.mark.parametrize("test", [paired_bootstrap, approximate_randomisation])
def test_clear_difference_is_found(test):
    rng = np.random.default_rng(13)
    n_found = 0
    for simulation in range(50):
        difficulty = draw_difficulty(rng, 100)
        a, b = (simulate(rng, [recall] * 3, difficulty) for recall in (0.7, 0.6))
        n_found += test(a, b, n_replicates=300, seed=simulation).p < 0.05
    assert n_found >= 42


@pytest.mark.parametrize("test", [paired_bootstrap, approximate_randomisation])
def test_a_system_does_not_differ_from_itself(test):
    counts = small_counts(1, 3, 20)
    result = test(counts, counts, n_replicates=200)
    assert (result.difference, result.ci95, result.p) == (0, (0, 0), 1)


@pytest.mark.parametrize("test", [paired_bootstrap, approximate_randomisation])
def test_p_is_never_zero_and_swapping_systems_changes_the_sign_only(test):
    worse = np.tile([0, 1, 1], (2, 50, 1))
    better = np.tile([2, 0, 0], (2, 50, 1))
    result, reverse = test(better, worse, n_replicates=99), test(worse, better, n_replicates=99)
    assert result.difference == -reverse.difference == 1
    assert result.p == reverse.p <= 2 / 100
    assert result.p > 0


def test_a_system_without_seeds_counts_as_the_same_in_every_seed():
    one, five = small_counts(1, 1, 30), small_counts(2, 5, 30)
    repeated = np.repeat(one, 5, axis=0)
    assert approximate_randomisation(one, five).p == approximate_randomisation(repeated, five).p
    assert paired_bootstrap(one, five).difference == pytest.approx(
        paired_bootstrap(repeated, five).difference
    )


def test_sentences_are_paired():
    """Both systems fail on the same sentences: the difference is far surer than either score."""
    rng = np.random.default_rng(5)
    hard = rng.random(200) < 0.5
    a = np.where(hard[:, None], [0, 3, 3], [3, 0, 0])[None]
    b = a.copy()
    b[0, :10] = [1, 2, 2]
    difference = paired_bootstrap(a, b, n_replicates=1000).ci95
    alone = bootstrap_interval(a, n_replicates=1000)
    assert difference.high - difference.low < 0.5 * (alone.high - alone.low)


def test_same_seed_same_answer_whatever_the_batches(monkeypatch):
    a, b = small_counts(1, 3, 40), small_counts(2, 3, 40)
    whole = approximate_randomisation(a, b, n_replicates=1000, seed=4)
    monkeypatch.setattr(resampling, "_MAX_CELLS", 40 * 300)
    assert approximate_randomisation(a, b, n_replicates=1000, seed=4) == whole
    assert approximate_randomisation(a, b, n_replicates=1000, seed=5) != whole


def test_ten_thousand_replicates_take_under_a_second():
    a, b = small_counts(1, 5, 500), small_counts(2, 5, 500)
    for resample in (
        lambda: bootstrap_interval(a),
        lambda: paired_bootstrap(a, b),
        lambda: approximate_randomisation(a, b),
    ):
        start = time.thread_time()
        resample()
        assert time.thread_time() - start < 1


@pytest.mark.parametrize(("good", "end"), [([0, 0, 2], 0), ([3, 3, 1], 1)])
def test_interval_stays_where_an_f1_can_be(good, end):
    """One seed in three unlike the others: its drawing alone would lead beyond 0 or 1."""
    counts = np.array([[[tp, 0, 3 - tp]] * 20 for tp in good])
    interval = bootstrap_interval(counts)
    assert interval[end] == end
    assert interval[0] < mean_f1(counts) < interval[1]


@pytest.mark.parametrize("shape", [(0, 4, 3), (2, 0, 3), (2, 4, 2), (4, 3)])
def test_wrong_shapes_are_errors(shape):
    with pytest.raises(InputError, match=r"expected \(n_seeds, n_sentences, 3\)"):
        bootstrap_interval(np.zeros(shape, dtype=np.int64))


def test_different_sentences_are_an_error():
    with pytest.raises(InputError, match="found 4 sentences in a and 5 in b"):
        paired_bootstrap(small_counts(1, 2, 4), small_counts(1, 2, 5))
