"""Figures about scores: one for whatever has any, with the numbers in words beside them."""

from __future__ import annotations

import numpy as np
import pytest

from nerbridge.evaluation.calibration import measure_calibration
from nerbridge.records import RunRecord
from nerbridge.report.drawing import style_systems
from nerbridge.report.score_plots import draw_reliability, draw_thresholds
from nerbridge.report.score_tables import calibrations, pooled_curve


def drawn(record: RunRecord) -> dict[str, str]:
    """Names of all figures about scores, with what they say in words."""
    styles = style_systems([row.name for row in record.systems])
    figures = [*draw_reliability(record, styles), *draw_thresholds(record, styles)]
    assert all(figure.png.startswith(b"\x89PNG") for figure in figures)
    return {figure.name: figure.alt for figure in figures}


@pytest.fixture(scope="module")
def figures(record: RunRecord) -> dict[str, str]:
    return drawn(record)


def replace_scores(record: RunRecord, scores: list[float], n_correct: int) -> RunRecord:
    """The adapted row alone, with one seed and other entities, all scored 0.5 as given."""
    after, before = np.array(scores, dtype=float), np.full(len(scores), 0.5)
    is_correct = np.arange(len(scores)) < n_correct
    found = measure_calibration(lambda t: after if t == 2 else before, is_correct, 5, 2.0)
    row = record.system("adapt")
    seed = row.seeds[0].model_copy(update={"calibration": {"test": found}})
    return record.model_copy(update={"systems": (row.model_copy(update={"seeds": (seed,)}),)})


def test_every_system_on_the_test_set_and_the_main_one_on_all(figures: dict[str, str]) -> None:
    reliability = [f"reliability_{row}-test" for row in ("baseline", "transfer", "adapt")]
    assert list(figures) == [
        *(*reliability, "reliability_adapt-village_news"),
        *("thresholds_test", "thresholds_village_news"),
    ]


def test_figures_say_their_numbers(figures: dict[str, str], record: RunRecord) -> None:
    curve = pooled_curve(calibrations(record.system("adapt"), "test"))
    half = next(point for point in curve if point.min_score == 0.5)
    assert f"0.50 {half.precision:.3f} and {half.recall:.3f}" in figures["thresholds_test"]
    one = drawn(replace_scores(record, [0.95, 0.92, 0.3], 1))["reliability_adapt-test"]
    assert "0.3 to 0.4 0.000 (n = 1); 0.9 to 1.0 0.500 (n = 2)" in one


@pytest.mark.parametrize(
    ("scores", "n_correct"), [([0.7], 0), ([0.7], 1), ([1.0] * 3, 3), ([0.0, 1.0], 1)]
)
def test_few_or_extreme_entities_can_be_drawn(
    scores: list[float], n_correct: int, record: RunRecord
) -> None:
    assert list(drawn(replace_scores(record, scores, n_correct))) == [
        "reliability_adapt-test",
        "thresholds_test",
    ]


def test_where_nothing_was_found_nothing_is_drawn(record: RunRecord) -> None:
    assert drawn(replace_scores(record, [], 0)) == {}
