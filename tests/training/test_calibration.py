"""A temperature per model, from the sentences it was chosen on, that changes scores and no tag."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.alignment.decoding import decode_many, decode_spans
from nerbridge.evaluation.calibration import MIN_ENTITIES
from nerbridge.labels import LabelSet, tags_to_spans
from nerbridge.models.encoder import load_token_classifier
from nerbridge.models.full import save_full
from nerbridge.models.loading import load_model
from nerbridge.models.manifest import FittedTemperature, read_manifest
from nerbridge.models.word_model import WordModel
from nerbridge.training.calibration import ScoredEntities, fit_scores
from nerbridge.training.experiment import calibrate_model, stage_data
from nerbridge.training.run import Run
from nerbridge.training.run_folder import RunFolder
from nerbridge.training.scoring import score_model
from nerbridge.training.stage_settings import StageName

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
    found = fit_scores(invent(1, 200), "target").model_dump()
    assert found.pop("ece_after") < 0.07 < 0.2 < found.pop("ece_before")
    assert 2.3 < found.pop("temperature") < 4
    assert found == {"n_entities": len(invent(1, 200).is_correct), "validation": "target"}


def test_of_few_or_no_entities_nothing_is_fitted() -> None:
    assert fit_scores(invent(1, 0), "target").model_dump() == {
        "temperature": 1.0,
        "n_entities": 0,
        "ece_before": None,
        "ece_after": None,
        "validation": "target",
    }
    few = fit_scores(invent(1, 3), "target")
    assert 0 < few.n_entities < MIN_ENTITIES
    assert few.temperature == 1.0


@dataclass(frozen=True)
class Untrained:
    run: Run
    model: Any

    def save(self, **facts: Any) -> WordModel:
        """As the adapted model of seed 1."""
        folder = self.run.folder.model("adapt", 1)
        manifest = self.run.manifest("adapt", 1, "full").model_copy(update=facts)
        save_full(self.model, self.run.base.tokenizer, folder, manifest)
        return load_model(folder)


@pytest.fixture
def untrained(finished: Any, tmp_path: Path) -> Untrained:
    """A model with a random head, which unlike the tiny trained ones finds plenty of entities."""
    run = finished.run
    model = load_token_classifier(run.base.source, run.label_set, seed=3)
    return Untrained(Run(run.recipe, RunFolder(tmp_path), run.data, run.base), model)


@pytest.mark.parametrize("stage", STAGES)
def test_a_model_is_calibrated_on_what_it_was_chosen_on(
    stage: StageName, untrained: Untrained
) -> None:
    run = untrained.run
    data = stage_data(run.data, stage, 1)
    found = calibrate_model(run, stage, untrained.model, data)
    experiment_data = run.data
    chosen_on = (
        experiment_data.source_validation
        if stage == "transfer"
        else experiment_data.target_validation
    )
    logits = untrained.save().predict(chosen_on.words).logits
    assert logits is not None
    assert found == fit_scores(
        ScoredEntities(logits, chosen_on.tags, run.label_set),
        "sources" if stage == "transfer" else "target",
    )
    assert found.n_entities >= MIN_ENTITIES
    assert found.temperature != 1.0


@pytest.mark.parametrize("stage", STAGES)
def test_every_trained_model_says_how_it_was_calibrated(stage: str, finished: Any) -> None:
    run = finished.run
    for seed in (1, 2):
        found = read_manifest(run.folder.model(stage, seed)).calibration
        assert found.validation == ("sources" if stage == "transfer" else "target")
        result = run.folder.read_result(stage, seed)
        assert FittedTemperature.model_validate(result.manifest["calibration"]) == found
        assert list(result.calibration) == ["test", "validation"]
        if stage != "transfer":
            assert result.validation.n_predicted == found.n_entities


def test_results_say_how_good_the_scores_are(untrained: Untrained) -> None:
    untrained.save(calibration=FittedTemperature(temperature=2.0))
    result = score_model(untrained.run, "adapt", 1)
    found = result.calibration["test"]
    assert found.temperature == 2.0
    assert found.n_entities == result.test.n_predicted > 20
    assert found.n_gold == result.test.n_gold
    everything, *_ = found.thresholds
    assert everything.n_correct == result.test.n_correct
    assert everything.f1 == pytest.approx(result.test.f1_strict)
    assert found.bins_before != found.bins_after


def test_a_crf_has_no_scores(finished: Any) -> None:
    folder = finished.run.folder
    assert folder.read_result("crf_all", 0).calibration == {}
    assert read_manifest(folder.model("crf_all", 0)).calibration == FittedTemperature()
    assert load_model(folder.model("crf_all", 0)).predict([("অসম",)]).logits is None


def test_models_and_results_of_before_still_load(untrained: Untrained) -> None:
    assert untrained.save(calibration=FittedTemperature(temperature=2.0)).temperature == 2.0
    calibrated = score_model(untrained.run, "adapt", 1)
    assert untrained.save().temperature == 1.0
    scored = score_model(untrained.run, "adapt", 1)
    assert scored.test == calibrated.test
    found = scored.calibration["test"]
    assert (found.temperature, found.bins_before) == (1.0, found.bins_after)

    folder = untrained.run.folder
    folder.write_result("adapt", scored)
    [path] = (folder.path / "results").iterdir()
    values = json.loads(path.read_text("utf-8"))
    del values["calibration"]
    path.write_text(json.dumps(values), "utf-8")
    read = folder.read_result("adapt", 1)
    assert read is not None
    assert (read.calibration, read.test) == ({}, scored.test)
