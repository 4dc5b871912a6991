"""A temperature per model, from the sentences it was chosen on, that changes scores and no tag."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.alignment.decoding import decode_many, decode_spans
from nerbridge.evaluation.calibration import MIN_ENTITIES
from nerbridge.labels import LabelSet, tags_to_spans
from nerbridge.models.folder import LINEAGE_FILE, read_lineage
from nerbridge.training.calibration import ScoredEntities, calibrate
from nerbridge.training.prediction import load_predictor
from nerbridge.training.run import Run
from nerbridge.training.run_folder import RunFolder
from nerbridge.training.scoring import score_model

LABELS = LabelSet(("PER", "LOC"))
STAGES = ("baseline", "transfer", "adapt")


def invent(seed: int, n_sentences: int, sureness: float = 3.0) -> ScoredEntities:
    """Logits ``sureness`` times those that the gold tags were drawn from."""
    rng = np.random.default_rng(seed)
    true = [rng.normal(scale=1.5, size=(6, len(LABELS.tags))) for _ in range(n_sentences)]
    drawn = [logits + rng.gumbel(size=logits.shape) for logits in true]
    gold = decode_many(drawn, LABELS)
    logits = [(sureness * scores).astype(np.float32) for scores in true]
    return ScoredEntities(logits, gold, LABELS)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.integers(0, 10**6), st.integers(0, 8), st.floats(0.2, 6))
def test_entities_stay_the_same_at_every_temperature(seed: int, n: int, temperature: float) -> None:
    found = invent(seed, n)
    one_by_one = [
        (score, span in tags_to_spans(tags))
        for logits, tags in zip(found.logits, found.gold, strict=True)
        for span, score in decode_spans(logits / temperature, LABELS)
    ]
    assert found.scores_at(temperature) == pytest.approx([score for score, _ in one_by_one])
    assert found.is_correct.tolist() == [is_right for _, is_right in one_by_one]
    assert found.n_gold == sum(len(tags_to_spans(tags)) for tags in found.gold)


def test_a_model_that_is_too_sure_is_calmed_down() -> None:
    found = calibrate(invent(1, 200), "adapt")
    assert found.pop("ece_after") < 0.07 < 0.2 < found.pop("ece_before")
    assert 2.3 < found.pop("temperature") < 4
    assert found == {"n_entities": len(invent(1, 200).is_correct), "validation": "target"}
    assert calibrate(invent(1, 200), "transfer")["validation"] == "sources"


def test_of_few_or_no_entities_nothing_is_fitted() -> None:
    assert calibrate(invent(1, 0), "baseline") == {
        "temperature": 1.0,
        "n_entities": 0,
        "ece_before": None,
        "ece_after": None,
        "validation": "target",
    }
    few = calibrate(invent(1, 3), "baseline")
    assert 0 < few["n_entities"] < MIN_ENTITIES
    assert few["temperature"] == 1.0


@pytest.mark.parametrize("row", STAGES)
def test_a_model_is_calibrated_on_what_it_was_chosen_on(row: str, finished: Any) -> None:
    run = finished.run
    predictor = load_predictor(run.folder.model(row, 1))
    materials = run.materials
    chosen_on = materials.source_validation if row == "transfer" else materials.target_validation
    logits = predictor.predict(chosen_on.words).logits
    expected = calibrate(ScoredEntities(logits, chosen_on.tags, run.label_set), row)  # type: ignore[arg-type]
    written = predictor.lineage["calibration"]
    # The model was in memory then and came from the disk now: rounding may differ.
    for key in ("temperature", "ece_before", "ece_after"):
        assert written[key] == pytest.approx(expected.pop(key), abs=0.02)
    assert {key: written[key] for key in expected} == expected
    assert predictor.temperature == written["temperature"]


@pytest.mark.parametrize("row", STAGES)
def test_results_say_how_good_the_scores_are(row: str, finished: Any) -> None:
    run = finished.run
    result = run.folder.read_result(row, 2)
    assert list(result.calibration) == ["test", "validation"]
    found = result.calibration["test"]
    assert found.temperature == result.lineage["calibration"]["temperature"]
    assert (found.n_entities, found.n_gold) == (result.test.n_predicted, result.test.n_gold)
    everything = found.thresholds[0]
    assert everything.n_correct == result.test.n_correct
    assert everything.f1 == pytest.approx(result.test.f1_strict)


def test_a_crf_has_no_scores(finished: Any) -> None:
    folder = finished.run.folder
    assert folder.read_result("crf_all", 0).calibration == {}
    assert "calibration" not in read_lineage(folder.model("crf_all", 0))
    assert load_predictor(folder.model("crf_all", 0)).predict([("অসম",)]).logits is None


def test_models_and_results_of_before_still_load(finished: Any, tmp_path: Path) -> None:
    run = finished.run
    folder = RunFolder(tmp_path)
    shutil.copytree(run.folder.model("adapt", 1), folder.model("adapt", 1))
    lineage = read_lineage(folder.model("adapt", 1))
    calibrated = score_model(Run(run.recipe, folder, run.materials, run.base), "adapt", 1)
    del lineage["calibration"]
    (folder.model("adapt", 1) / LINEAGE_FILE).write_text(json.dumps(lineage), "utf-8")
    assert load_predictor(folder.model("adapt", 1)).temperature == 1.0
    scored = score_model(Run(run.recipe, folder, run.materials, run.base), "adapt", 1)
    assert scored.test == calibrated.test
    found = scored.calibration["test"]
    assert (found.temperature, found.bins_before) == (1.0, found.bins_after)

    folder.write_result("adapt", scored)
    [path] = (tmp_path / "results").iterdir()
    values = json.loads(path.read_text("utf-8"))
    del values["calibration"]
    path.write_text(json.dumps(values), "utf-8")
    read = folder.read_result("adapt", 1)
    assert read is not None
    assert read.calibration == {}
    assert dataclasses.asdict(read.test) == dataclasses.asdict(scored.test)
