"""Known answers: loops that count one by one, simulated models that are too sure or just right."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nerbridge.evaluation.calibration import (
    MIN_ENTITIES,
    THRESHOLDS,
    error_of_bins,
    error_of_exact_scores,
    expected_calibration_error,
    fit_temperature,
    measure_calibration,
    pool_bins,
    pool_thresholds,
    reliability_bins,
    threshold_curve,
)

ScoreAt = Callable[[float], NDArray[np.float64]]

properties = settings(deadline=None, derandomize=True, max_examples=60)
# Tenths are where bins meet; the rest is anywhere.
scores_ = st.one_of(st.floats(0, 1), st.integers(0, 10).map(lambda n: n / 10))
entities = st.lists(st.tuples(scores_, st.booleans()), max_size=40)


def arrays(found: list[tuple[float, bool]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.array([s for s, _ in found], float), np.array([c for _, c in found], bool)


def simulate(n: int, sureness: float, seed: int) -> tuple[ScoreAt, NDArray[np.bool_]]:
    """A model whose log odds are ``sureness`` times what they should be, and what came out."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(1.0, 1.5, n)
    is_correct = rng.random(n) < 1 / (1 + np.exp(-log_odds))
    return lambda t: 1 / (1 + np.exp(-sureness * log_odds / t)), is_correct


@properties
@given(entities)
def test_bins_and_their_error_equal_counting_one_by_one(found: list[tuple[float, bool]]) -> None:
    bins = reliability_bins(*arrays(found))
    distance = 0.0
    for k in range(10):
        inside = [(s, c) for s, c in found if k / 10 <= s < (k + 1) / 10 or (k == 9 and s == 1)]
        distance += abs(sum(s - c for s, c in inside))
        same = [bin_ for bin_ in bins if bin_.low == k / 10]
        assert [(b.n, b.n_correct) for b in same] == (
            [(len(inside), sum(c for _, c in inside))] if inside else []
        )
        for bin_ in same:
            assert bin_.mean_score == pytest.approx(np.mean([s for s, _ in inside]))
    error = expected_calibration_error(*arrays(found))
    assert error == (pytest.approx(distance / len(found), abs=1e-9) if found else None)


@properties
@given(entities, entities)
def test_pooling_equals_putting_the_entities_together(
    a: list[tuple[float, bool]], b: list[tuple[float, bool]]
) -> None:
    together = reliability_bins(*arrays(a + b))
    pooled = pool_bins([reliability_bins(*arrays(a)), reliability_bins(*arrays(b))])
    for one, other in zip(pooled, together, strict=True):
        assert dataclasses.replace(one, mean_score=0) == dataclasses.replace(other, mean_score=0)
        assert one.mean_score == pytest.approx(other.mean_score)
    curves = [threshold_curve(*arrays(part), n_gold=7) for part in (a, b)]
    assert pool_thresholds(curves, 14) == threshold_curve(*arrays(a + b), n_gold=14)


@properties
@given(entities, st.integers(0, 20))
def test_thresholds_equal_counting_one_by_one(
    found: list[tuple[float, bool]], n_missed: int
) -> None:
    n_gold = n_missed + sum(c for _, c in found)
    curve = threshold_curve(*arrays(found), n_gold=n_gold)
    assert [point.min_score for point in curve] == list(THRESHOLDS)
    for point in curve:
        kept = [c for s, c in found if s >= point.min_score]
        assert (point.n_predicted, point.n_correct) == (len(kept), sum(kept))
        assert point.precision == (sum(kept) / len(kept) if kept else 0)
        assert point.recall == (sum(kept) / n_gold if n_gold else 0)
        both = point.precision + point.recall
        assert point.f1 == pytest.approx(2 * point.precision * point.recall / both if both else 0)


@pytest.mark.parametrize("sureness", [0.5, 1.8, 2.5, 4.0])
def test_what_makes_a_model_too_sure_is_found(sureness: float) -> None:
    temperature = fit_temperature(*simulate(4000, sureness, seed=1))
    assert temperature == pytest.approx(sureness, rel=0.12)
    score_at, is_correct = simulate(4000, sureness, seed=2)
    before, after = (
        expected_calibration_error(score_at(t), is_correct) for t in (1.0, temperature)
    )
    assert before is not None
    assert after is not None
    assert after < 0.03 < before


def test_a_hundred_entities_are_enough_to_help() -> None:
    errors = []
    for seed in range(20):
        temperature = fit_temperature(*simulate(100, 2.5, seed))
        score_at, is_correct = simulate(4000, 2.5, seed=1000 + seed)
        errors.append(expected_calibration_error(score_at(temperature), is_correct) or 0)
    uncalibrated = expected_calibration_error(score_at(1.0), is_correct) or 0
    assert np.median(errors) < uncalibrated / 3
    assert max(errors) < uncalibrated * 0.7


def test_a_calibrated_model_stays_as_it_is() -> None:
    assert fit_temperature(*simulate(4000, 1.0, seed=3)) == pytest.approx(1, abs=0.1)
    few = [fit_temperature(*simulate(MIN_ENTITIES, 1.0, seed)) for seed in range(40)]
    assert np.median(few) == pytest.approx(1, abs=0.1)
    assert all(0.4 < temperature < 2.5 for temperature in few)


@pytest.mark.parametrize("n", range(MIN_ENTITIES))
def test_too_few_entities_fit_nothing(n: int) -> None:
    assert fit_temperature(*simulate(n, 4.0, seed=n)) == 1.0
    assert fit_temperature(*simulate(MIN_ENTITIES, 4.0, seed=n)) != 1.0


@pytest.mark.parametrize("is_right", [True, False])
def test_all_right_or_all_wrong_stays_within_bounds(is_right: bool) -> None:
    def score_at(temperature: float) -> NDArray[np.float64]:
        return np.full(200, 1 / (1 + np.exp(-1 / temperature)))

    temperature = fit_temperature(score_at, np.full(200, is_right))
    assert 1 / 8 <= temperature <= 8
    assert (temperature < 1) == is_right
    certain = fit_temperature(lambda _: np.ones(200), np.full(200, is_right))
    assert certain == pytest.approx(1, abs=0.01)  # nothing to be learnt: only the prior speaks


@properties
@given(st.integers(10, 300), st.floats(0.3, 5), st.integers(0, 10**6))
def test_no_other_temperature_explains_more(n: int, sureness: float, seed: int) -> None:
    score_at, is_correct = simulate(n, sureness, seed)

    def objective(temperature: float) -> float:
        right = np.where(is_correct, score_at(temperature), 1 - score_at(temperature))
        return float(-np.log(np.clip(right, 1e-12, 1)).sum() + np.log2(temperature) ** 2 / 2)

    best = objective(fit_temperature(score_at, is_correct))
    assert best <= min(objective(t) for t in np.geomspace(1 / 8, 8, 200)) + 1e-3


def test_the_error_by_chance_is_that_of_exact_scores() -> None:
    score_at, _ = simulate(150, 1.0, seed=5)
    rng = np.random.default_rng(9)
    drawn = [
        expected_calibration_error(score_at(1.0), rng.random(150) < score_at(1.0))
        for _ in range(400)
    ]
    by_chance = error_of_exact_scores(score_at(1.0))
    assert by_chance == pytest.approx(np.mean([d for d in drawn if d is not None]), rel=0.05)
    assert by_chance == error_of_exact_scores(score_at(1.0))
    many = error_of_exact_scores(simulate(15000, 1.0, seed=5)[0](1.0))
    assert many is not None
    assert many < by_chance / 5


def test_everything_about_a_model_is_plain_json() -> None:
    score_at, is_correct = simulate(300, 2.5, seed=6)
    found = measure_calibration(score_at, is_correct, n_gold=280, temperature=2.5)
    assert (found.n_entities, found.n_gold, found.temperature) == (300, 280, 2.5)
    assert found.ece_before == expected_calibration_error(score_at(1.0), is_correct)
    assert found.ece_after == error_of_bins(found.bins_after)
    assert found.brier_after == pytest.approx(((score_at(2.5) - is_correct) ** 2).mean())
    assert found.brier_after < (found.brier_before or 0)
    assert found.thresholds == threshold_curve(score_at(2.5), is_correct, 280)
    written = json.loads(json.dumps(dataclasses.asdict(found), allow_nan=False))
    assert written["thresholds"][10]["min_score"] == 0.5


def test_of_no_entity_nothing_is_measured() -> None:
    nothing = np.zeros(0)
    found = measure_calibration(lambda _: nothing, nothing.astype(bool), 5, 1.0)
    assert (found.ece_before, found.ece_after, found.ece_of_exact) == (None, None, None)
    assert (found.brier_before, found.bins_after) == (None, ())
    assert {(p.n_predicted, p.precision, p.recall, p.f1) for p in found.thresholds} == {
        (0, 0, 0, 0)
    }
    json.dumps(dataclasses.asdict(found), allow_nan=False)
