from __future__ import annotations

import numpy as np
import pytest
from pydantic import TypeAdapter

from nerbridge.evaluation.quoting import QuotedScores, quote_scores
from nerbridge.evaluation.resampling import bootstrap_interval
from nerbridge.evaluation.scores import Scores, score_predictions

WORDS = [["অ", "আ"], ["ই"], ["ঈ"], ["উ"]] * 5
GOLD = [["B-PER", "I-PER"], ["B-LOC"], ["O"], ["B-LOC"]] * 5
FOUND = [["B-PER", "I-PER"], ["B-LOC"], ["B-LOC"], ["O"]] * 5


def scored(leaked: list[bool] | None = None) -> Scores:
    return score_predictions(WORDS, GOLD, FOUND, ("PER", "LOC"), leaked=leaked)


def test_figures_are_those_of_the_scores() -> None:
    scores = scored([True, False, False, False] * 5)
    quoted = quote_scores({"test": scores, "other": scored()})
    assert list(quoted) == ["test", "other"]
    found = quoted["test"]
    assert found.f1 == pytest.approx(2 / 3, abs=5e-5)
    assert found.precision == found.recall == pytest.approx(2 / 3, abs=5e-5)
    assert (found.n_sentences, found.n_entities, found.n_leaked) == (20, 15, 5)
    assert found.f1_leak_free == 0.5
    assert found.per_type == {"PER": 1.0, "LOC": 0.5}
    assert found.ci95 == pytest.approx(bootstrap_interval(np.array([scores.counts])), abs=5e-5)
    assert found.ci95[0] < found.f1 < found.ci95[1]


def test_without_a_look_for_leaks_there_is_none() -> None:
    quoted = quote_scores({"test": scored()})
    assert quoted["test"].n_leaked is None
    assert quoted["test"].f1_leak_free is None
    as_json = TypeAdapter(QuotedScores)
    assert as_json.validate_json(as_json.dump_json(quoted["test"])) == quoted["test"]
