"""Any trained model on any labelled sentences: what ``nerbridge evaluate`` does."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nerbridge.corpus.sentence import Corpus
from nerbridge.evaluation.calibration import Calibration
from nerbridge.evaluation.resampling import bootstrap_interval
from nerbridge.evaluation.scores import Scores, score_predictions
from nerbridge.models.loading import load_model
from nerbridge.models.word_model import WordModel
from nerbridge.training.calibration import ScoredEntities
from nerbridge.training.data import to_labelled
from nerbridge.type_maps import read_type_map
from nerbridge.workflows.labelled import DEFAULT_OPTIONS, CorpusOptions, read_split
from nerbridge.workflows.progress import Listener, Note, ignore


@dataclass(frozen=True)
class Evaluation:
    """How a model does on the sentences of ``corpus``.

    ``ci95`` is the 95 % interval of strict F1 over sentences. ``calibration`` says how far the
    scores of single entities can be trusted; it is None for a CRF, which has no scores.
    """

    corpus: str
    scores: Scores
    ci95: tuple[float, float]
    calibration: Calibration | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as ``nerbridge evaluate --json`` prints them."""
        scores = asdict(self.scores)
        del scores["counts"]  # three numbers for each sentence, of use to resampling alone
        calibration = None if self.calibration is None else asdict(self.calibration)
        return {**scores, "ci95": list(self.ci95), "calibration": calibration}


def evaluate(
    model: str | Path | WordModel,
    corpus: str | Path | Corpus,
    *,
    split: str = "test",
    options: CorpusOptions = DEFAULT_OPTIONS,
    base: str | None = None,
    listen: Listener = ignore,
) -> Evaluation:
    """Score a model on labelled sentences.

    Args:
        model: a run folder, a model folder, ``bundled:as``, a hub id, or a loaded model
            (`nerbridge.models.loading.load_model`), which saves time for several corpora.
        corpus: a name, folder or file as for `read_corpus`, or what it returned.
        split: the split that is scored; a corpus with one split is scored on that.
        options: how files are read. Its ``type_map`` renames the types of the model, too.
        base: where the base encoder of an adapter is now.
        listen: is told what is scored, and what was repaired, renamed or dropped.

    Raises:
        CorpusError: the corpus cannot be read, or has types that the model does not have.
        ModelError: there is no such model, or it cannot be loaded.
        InputError: the types of a CRF would have to be mapped.
    """
    if isinstance(model, (str, Path)):
        model = load_model(model, base=base, type_map=read_type_map(options.type_map))
    name = corpus.name if isinstance(corpus, Corpus) else str(corpus)
    listen(Note(f"scoring {name} …"))
    sentences = read_split(corpus, split, model.label_set.types, options, listen)
    labelled = to_labelled(sentences, model.script)
    predicted = model.predict(labelled.words)
    scores = score_predictions(labelled.words, labelled.tags, predicted.tags, model.label_set.types)
    calibration = None
    # A CRF gives tags without logits.
    if predicted.logits is not None:
        entities = ScoredEntities(predicted.logits, labelled.tags, model.label_set)
        calibration = entities.measure(model.temperature)
    low, high = bootstrap_interval(np.array([scores.counts]))
    return Evaluation(name, scores, (low, high), calibration)
