"""Scores fitted to the text that a model is to tag: what ``nerbridge calibrate`` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.errors import InputError
from nerbridge.evaluation.calibration import MIN_ENTITIES
from nerbridge.models.loading import find_model, load_classifier
from nerbridge.models.manifest import (
    MANIFEST_FILE,
    FittedTemperature,
    read_manifest,
    write_manifest,
)
from nerbridge.training.calibration import ScoredEntities, fit_scores
from nerbridge.type_maps import read_type_map
from nerbridge.workflows.labelled import DEFAULT_OPTIONS, CorpusOptions, read_split
from nerbridge.workflows.progress import Listener, Note, ignore


@dataclass(frozen=True)
class Calibrated:
    """The model folder that was changed, and what its manifest now says of its scores."""

    folder: Path
    calibration: FittedTemperature


def calibrate(
    model: str | Path,
    corpora: Sequence[str | Path | Corpus] | str | Path | Corpus,
    *,
    split: str = "validation",
    options: CorpusOptions = DEFAULT_OPTIONS,
    base: str | None = None,
    listen: Listener = ignore,
) -> Calibrated:
    """Fit the scores of a model, so that of ten entities scored 0.8 eight are right.

    The model finds the same entities afterwards; only their scores change. The folder is changed
    in place.

    Args:
        model: a model folder, or a run folder (its best adapted model).
        corpora: one or several, as for `nerbridge.evaluate`. Give sentences that the model was not
            trained on, and that are not the test set.
        split: the split that is taken of each.
        options: as for `nerbridge.evaluate`; the scores are fitted to the mapped types.
        base: where the base encoder of an adapter is now.
        listen: is told what is read and tagged.

    Raises:
        InputError: the folder is not there or not one of nerbridge, or the model finds too few
            entities.
        CorpusError: a corpus cannot be read.
    """
    folder = _find_folder(Path(model))
    loaded = load_classifier(folder, base=base, type_map=read_type_map(options.type_map))
    given = [corpora] if isinstance(corpora, (str, Path, Corpus)) else corpora
    names = [c.name if isinstance(c, Corpus) else _last_part(str(c)) for c in given]
    sentences: list[Sentence] = []
    for corpus, name in zip(given, names, strict=True):
        listen(Note(f"reading {name} …"))
        sentences += read_split(corpus, split, loaded.label_set.types, options, listen)
    listen(Note(f"tagging {len(sentences)} sentences …"))
    logits = loaded.word_logits([sentence.words for sentence in sentences])
    entities = ScoredEntities(logits, [s.tags for s in sentences], loaded.label_set)
    found = fit_scores(entities, f"the {split} sentences of {', '.join(names)}")
    # Too few entities: the old temperature stays, and no file is changed.
    if len(entities.is_correct) < MIN_ENTITIES:
        raise InputError(
            f"{', '.join(names)}: the model finds {found.n_entities} entities, expected "
            f"{MIN_ENTITIES} or more to fit the scores. Give more sentences."
        )
    from nerbridge.exporting.card import write_model_card  # it loads onnxruntime

    manifest = read_manifest(folder)
    write_manifest(folder, manifest.model_copy(update={"calibration": found}))
    write_model_card(folder)
    return Calibrated(folder, found)


def _find_folder(model: Path) -> Path:
    if not model.is_dir():
        raise InputError(
            f"{model}: no such folder. Give an existing model folder; calibration changes it."
        )
    folder = find_model(model).path
    if not (folder / MANIFEST_FILE).is_file():
        raise InputError(
            f"{folder}: found no {MANIFEST_FILE}, expected one to store the result in. Export it "
            f"first: nerbridge export {model} OUT; then calibrate OUT."
        )
    return folder


def _last_part(spec: str) -> str:
    return spec.rstrip("/").rsplit("/", 1)[-1]
