"""The experiment: baseline, transfer and adapt for every seed, resumable at any moment.

Each stage of each seed leaves a model folder (written whole or not at all) and then a result. A
finished part is never computed again, and a missing part does not depend on what happened before.
A run that was killed therefore ends with the same numbers as an undisturbed one.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import cast

import torch
from peft import PeftModel
from transformers import PreTrainedModel

from nerbridge.alignment.subwords import encode_sentences
from nerbridge.corpus.harmonising import LEFT_OUT
from nerbridge.corpus.sentence import Corpus
from nerbridge.errors import RunError
from nerbridge.files import hash_file
from nerbridge.models.adapter import attach_adapter, load_adapter, save_adapter
from nerbridge.models.encoder import load_token_classifier, special_ids
from nerbridge.models.full import load_full, save_full
from nerbridge.models.manifest import (
    CurvePoint,
    FittedTemperature,
    ModelKind,
    ParentModel,
    Role,
    Training,
    TrainingCorpus,
    read_manifest,
)
from nerbridge.models.torch_model import to_live_model
from nerbridge.models.vocabulary import VocabularyTrim, trim_vocabulary, used_ids
from nerbridge.training.calibration import ScoredEntities, fit_scores
from nerbridge.training.collapse import apply_remedy
from nerbridge.training.data import ExperimentData, Labelled
from nerbridge.training.recipe import Recipe
from nerbridge.training.references import run_references
from nerbridge.training.reuse import reuse_transfers
from nerbridge.training.run import Run, StageListener, StageProgress
from nerbridge.training.scoring import evaluate_and_record
from nerbridge.training.stage import StageData, StageOutcome, train_stage
from nerbridge.training.stage_settings import STAGES as STAGES  # summary reads it here
from nerbridge.training.stage_settings import StageName, StageSettings
from nerbridge.training.workers import Work, run_in_workers

_SMALL_PARAMETERS = 50_000_000
GAVE_UP = "gave up: the model still predicts no entity"
"""The last remedy of a training that collapsed every time."""

AnyModel = PreTrainedModel | PeftModel


def run_experiment(
    run: Run, listen: StageListener, jobs: int | None = None, *, reuse: Path | None = None
) -> None:
    """Bring every seed and every reference row to its end.

    Args:
        run: what `nerbridge.training.run.open_run` gave.
        listen: told of everything that happens.
        jobs: seeds run in parallel; None chooses (see `default_jobs`).
        reuse: another run whose transferred models to take (see `reuse_transfers`).

    Raises:
        RunError: the folder holds a run of something else, or another process works in it, or
            ``reuse`` does not fit.
    """
    with run.folder.locked():
        run.folder.check_fingerprint(run.fingerprint())
        if reuse is not None:
            reuse_transfers(run, reuse, listen)
        # A finished run starts no processes just to find that there is nothing to do.
        _work_on_seeds(run, run_seed, listen, 1 if _is_finished(run) else jobs)
        run_references(run, listen)


def train_transfers(run: Run, listen: StageListener, jobs: int | None = None) -> list[Path]:
    """Train the transferred models that are missing, and return those of all seeds; score none.

    Raises:
        RunError: as `run_experiment`, or a model finds nothing.
    """
    models = [run.folder.model("transfer", seed) for seed in run.recipe.seeds]
    with run.folder.locked():
        run.folder.check_fingerprint(run.fingerprint())
        if not all(model.is_dir() for model in models):
            _work_on_seeds(run, train_transfer, listen, jobs)
    if collapsed := [model for model in models if _has_given_up(model)]:
        raise RunError(
            f"{', '.join(map(str, collapsed))}: the transferred model predicts no entity, so "
            f"it cannot label text. Give {run.recipe.name} more sources or epochs, or other seeds."
        )
    return models


def _has_given_up(model: Path) -> bool:
    training = read_manifest(model).training
    return training is not None and GAVE_UP in training.remedies


def _work_on_seeds(run: Run, work: Work, listen: StageListener, jobs: int | None) -> None:
    jobs = min(jobs or default_jobs(run), len(run.recipe.seeds))
    if jobs > 1:
        run_in_workers(work, run.recipe, run.folder.path, jobs, listen)
    else:
        for seed in run.recipe.seeds:
            work(run, seed, listen)


def default_jobs(run: Run) -> int:
    """One seed a core where the encoder is small and there is no GPU; else one at a time."""
    # A small encoder cannot keep several threads busy, so seeds in parallel finish sooner. A large
    # one needs all cores and the memory for itself, and a GPU is one device for all processes.
    is_small = run.base.description["n_parameters"] < _SMALL_PARAMETERS
    return (os.cpu_count() or 1) if is_small and not torch.cuda.is_available() else 1


def _is_finished(run: Run) -> bool:
    return all(run.folder.read_result(row, s) for row in STAGES for s in run.recipe.seeds)


def run_seed(run: Run, seed: int, listen: StageListener) -> None:
    """Baseline, transfer and adapt of one seed; finished ones are left alone."""
    for name in STAGES:
        if run.folder.read_result(name, seed) is None:
            if not run.folder.model(name, seed).is_dir():
                _train(run, name, seed, listen)
            evaluate_and_record(run, name, seed, listen)


def train_transfer(run: Run, seed: int, listen: StageListener) -> None:
    """Train the transferred model of one seed, unless it exists."""
    if not run.folder.model("transfer", seed).is_dir():
        _train(run, "transfer", seed, listen)
        listen(StageProgress("transfer", seed, 1.0, "trained"))


def _train(run: Run, name: StageName, seed: int, listen: StageListener) -> None:
    """Train a stage, again with a remedy if it collapsed, and save its model."""
    settings, remedies = run.recipe.stage(name), list[str]()
    data = stage_data(run.data, name, seed)
    while True:
        # A folder for each attempt: a retry must not resume from the collapsed attempt.
        work = run.folder.work(name, seed) / f"attempt-{len(remedies)}"
        model, outcome = _attempt(run, name, seed, settings, data, work, listen)
        if not outcome.has_collapsed or len(remedies) == settings.retries:
            break
        settings, remedy = apply_remedy(settings, outcome.training.n_steps)
        remedies.append(remedy)
        listen(StageProgress(name, seed, 0.0, remedy))
    if outcome.has_collapsed and settings.retries:
        remedies.append(GAVE_UP)
    training = outcome.training.model_copy(update={"remedies": tuple(remedies)})
    calibration = calibrate_model(run, name, model, data)
    _save(run, name, seed, model, training, calibration)


def calibrate_model(
    run: Run, name: StageName, model: AnyModel, data: StageData
) -> FittedTemperature:
    """The temperature of a model, fitted on the sentences it was chosen on."""
    live = to_live_model(model, run.base.tokenizer, run.label_set, run.base.max_subwords)
    logits = live.word_logits(data.validation_words)
    entities = ScoredEntities(logits, data.validation_tags, run.label_set)
    return fit_scores(entities, "sources" if name == "transfer" else "target")


def _attempt(
    run: Run,
    name: StageName,
    seed: int,
    settings: StageSettings,
    data: StageData,
    work: Path,
    listen: StageListener,
) -> tuple[AnyModel, StageOutcome]:
    """One training from its start (or its checkpoint) to its end."""

    def report(point: CurvePoint, done: float) -> None:
        said = f"epoch {point.epoch:g}: validation F1 {point.validation_f1:.3f}"
        # 100 % is reported only after the model is scored and its result written.
        listen(StageProgress(name, seed, min(done, 0.99), said))

    model = _starting_model(run, name, seed, settings)
    trim = _trim(run, model, data) if settings.method == "full" else None
    outcome = train_stage(
        model,
        run.base.tokenizer,
        data,
        settings,
        run.label_set,
        seed=seed,
        max_subwords=run.base.max_subwords,
        folder=work,
        report=report,
    )
    # Saved models have the whole vocabulary: text at inference uses rows that training did not.
    if trim is not None:
        trim.restore(cast(PreTrainedModel, model))
    return model, outcome


def _starting_model(run: Run, name: StageName, seed: int, settings: StageSettings) -> AnyModel:
    """A fresh base with a new adapter, or in ``adapt`` with the transferred adapter."""
    if name == "adapt" and settings.method == "full":
        return load_full(run.folder.model("transfer", seed))
    model = load_token_classifier(
        run.base.source, run.label_set, seed=seed, dropout=settings.dropout
    )
    if settings.method == "full":
        return model
    if name == "adapt":
        return load_adapter(model, run.folder.model("transfer", seed), trainable=True)
    return attach_adapter(model, run.recipe.lora, seed)


def _trim(run: Run, model: AnyModel, data: StageData) -> VocabularyTrim | None:
    if not run.recipe.encoder.trim_vocabulary:
        return None
    tokenizer = run.base.tokenizer
    # The trimmed model must be able to read the validation sentences too.
    words = [*data.words, *data.validation_words]
    encoded = encode_sentences(tokenizer.backend_tokenizer, words, special_ids(tokenizer).unk)
    return trim_vocabulary(cast(PreTrainedModel, model), used_ids(encoded, tokenizer))


def stage_data(experiment_data: ExperimentData, name: StageName, seed: int) -> StageData:
    """What a stage learns from and what it is chosen on."""
    if name == "transfer":
        train, validation = experiment_data.source_train(seed), experiment_data.source_validation
    else:
        train, validation = experiment_data.target_train(seed), experiment_data.target_validation
    if name == "adapt" and (n := experiment_data.recipe.adapt.replay):
        sources = experiment_data.source_train(seed)
        train = train + Labelled(sources.sentences[:n], sources.words[:n])
    return StageData(
        train.words, train.tags, validation.words, validation.tags, train.probabilities
    )


def _save(
    run: Run,
    name: StageName,
    seed: int,
    model: AnyModel,
    training: Training,
    calibration: FittedTemperature,
) -> None:
    folder = run.folder.model(name, seed)
    changes = {
        "method": run.recipe.stage(name).method,
        "data": learned_corpora(run.data, run.recipe, name),
        "parent": _parent(run, seed) if name == "adapt" else None,
        "training": training,
        "calibration": calibration,
    }
    kind: ModelKind = "adapter" if isinstance(model, PeftModel) else "full"
    manifest = run.manifest(name, seed, kind).model_copy(update=changes)
    if isinstance(model, PeftModel):
        save_adapter(model, folder, manifest)
    else:
        save_full(model, run.base.tokenizer, folder, manifest)


def learned_corpora(
    experiment_data: ExperimentData, recipe: Recipe, name: StageName
) -> dict[str, TrainingCorpus]:
    """The corpora that a stage learns from, by name; by path where corpora share a name."""
    roles = [] if name == "transfer" else ["target"]
    if name == "transfer" or (name == "adapt" and recipe.adapt.replay):
        roles += ["source"]
    sources = zip(recipe.sources, experiment_data.sources, strict=True)
    corpora: list[tuple[Role, str, Corpus]] = [
        ("target", recipe.target.path, experiment_data.target),
        *(("source", settings.path, corpus) for settings, corpus in sources),
    ]
    names = Counter(corpus.name for _, _, corpus in corpora)
    return {
        corpus.name if names[corpus.name] == 1 else path: TrainingCorpus(
            role=role,
            language=corpus.language,
            sha256=corpus.sha256,
            is_target=role == "source" and experiment_data.is_target(corpus),
            harmonised=LEFT_OUT in corpus.losses,
            soft=corpus.probabilities_sha256,
            lexicon=corpus.lexicon_sha256,
        )
        for role, path, corpus in corpora
        if role in roles
    }


def _parent(run: Run, seed: int) -> ParentModel:
    """The transferred model that an adapted model started from: hash of its weights, its data."""
    folder = run.folder.model("transfer", seed)
    [weights] = folder.glob("*model.safetensors")
    sha256 = hash_file(weights)
    data = learned_corpora(run.data, run.recipe, "transfer")
    return ParentModel(model=folder.name, sha256=sha256, data=data)
