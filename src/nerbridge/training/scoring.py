"""Score a trained model of a run on all its test sets, from the files a user would load."""

from __future__ import annotations

import shutil
from pathlib import Path

from nerbridge.evaluation.calibration import Calibration
from nerbridge.evaluation.errors import ErrorExample, frequent_errors
from nerbridge.evaluation.quoting import quote_scores
from nerbridge.evaluation.scores import Scores, find_mentions, score_predictions
from nerbridge.labels import Mention
from nerbridge.models.card import write_card
from nerbridge.models.loading import load_model
from nerbridge.models.manifest import read_manifest, write_manifest
from nerbridge.models.word_model import WordModel
from nerbridge.records import SeedResult
from nerbridge.training.calibration import ScoredEntities
from nerbridge.training.data import ExperimentData, TestSet
from nerbridge.training.run import Run, StageListener, StageProgress

N_ERRORS = 15


def evaluate_and_record(run: Run, system: str, seed: int, listen: StageListener) -> None:
    """Score the saved model, write its card, keep the result, and clear the work folder."""
    result = score_model(run, system, seed)
    split = run.recipe.target.split
    _write_scores(run.folder.model(system, seed), result if split == "test" else None)
    run.folder.write_result(system, result)
    shutil.rmtree(run.folder.work(system, seed), ignore_errors=True)
    listen(StageProgress(system, seed, 1.0, f"{split} F1 {result.test.f1_strict:.3f}"))


def _write_scores(folder: Path, result: SeedResult | None) -> None:
    """Put scores on tests into the manifest, and write the card from it.

    A CRF has neither: it is there for comparison only.
    """
    manifest = read_manifest(folder)
    if manifest.kind != "crf":
        scores = quote_scores({"test": result.test, **result.test_sets}) if result else {}
        manifest = manifest.model_copy(update={"scores": scores})
        write_manifest(folder, manifest)
        write_card(folder, manifest)


def score_model(run: Run, system: str, seed: int) -> SeedResult:
    """Load a model folder of the run and score it."""
    path = run.folder.model(system, seed)
    # Every test set is in model form already, in the script that the recipe gives it.
    model = load_model(path).with_script(None)
    validation = run.data.target_validation
    tests = [*run.data.tests, TestSet("validation", validation, (False,) * len(validation))]
    known = _known_mentions(run.data, system, seed)
    scored = {test.name: _score(run, model, test, known) for test in tests}
    scores = {name: found for name, (found, _) in scored.items()}
    manifest = read_manifest(path)
    return SeedResult(
        seed=seed,
        model=path.relative_to(run.folder.path).as_posix(),
        test=scores.pop("test"),
        validation=scores.pop("validation"),
        test_sets=scores,
        calibration={name: found for name, (_, found) in scored.items() if found is not None},
        training=manifest.training,
        manifest=manifest.model_dump(
            mode="json", exclude_defaults=True, exclude={"training", "scores"}
        ),
    )


def _known_mentions(experiment_data: ExperimentData, system: str, seed: int) -> frozenset[Mention]:
    """The entities in all sentences that a system learned from, as the model sees them."""
    # The encoder of "adapt" has seen the sources too, so its known entities are those of both.
    parts = []
    if system not in ("transfer", "crf_transfer"):
        parts.append(experiment_data.target_train(seed))
    if system not in ("baseline", "crf_target"):
        parts.append(experiment_data.source_train(seed))
    return frozenset().union(*(find_mentions(part.words, part.tags) for part in parts))


def _score(
    run: Run, model: WordModel, test: TestSet, known: frozenset[Mention]
) -> tuple[Scores, Calibration | None]:
    """Scores, and how good those of the entities are (None where the model gives none)."""
    predicted = model.predict(test.labelled.words)
    scores = score_predictions(
        test.labelled.words,
        test.labelled.tags,
        predicted.tags,
        run.recipe.types,
        known=known,
        leaked=test.leaked,
    )
    if predicted.logits is None:
        return scores, None
    entities = ScoredEntities(predicted.logits, test.labelled.tags, run.label_set)
    return scores, entities.measure(model.temperature)


def system_errors(run: Run, system: str, seed: int) -> list[ErrorExample]:
    """The most frequent errors of a model on the test set, in the words as they were written."""
    test = run.data.tests[0].labelled
    model = load_model(run.folder.model(system, seed)).with_script(None)
    predicted = model.tag_many(test.words)
    words = [sentence.words for sentence in test.sentences]
    return frequent_errors(words, test.tags, predicted, N_ERRORS)
