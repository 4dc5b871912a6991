"""Tags from any trained model folder: adapter, full model or CRF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nerbridge.labels import LabelSet
from nerbridge.models.folder import read_lineage
from nerbridge.models.prediction import predict_tags
from nerbridge.models.trained import TrainedModel, load_trained
from nerbridge.training.crf import CrfTagger

CRF_FILE = "model.crfsuite"


@dataclass(frozen=True)
class Predictor:
    """A trained model as a function from words (in model form) to IOB2 tags."""

    label_set: LabelSet
    script: str | None
    lineage: dict[str, Any]
    model: TrainedModel | CrfTagger

    def tag_many(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Valid IOB2 tags of every sentence."""
        if isinstance(self.model, CrfTagger):
            return self.model.tag_many(sentences)
        return predict_tags(
            self.model.model,
            self.model.tokenizer,
            sentences,
            self.label_set,
            max_subwords=self.model.max_subwords,
        )


def load_predictor(folder: Path, *, base: str | None = None) -> Predictor:
    """Load a model folder of a run.

    Raises:
        ModelError: it is incomplete or does not fit together.
    """
    lineage = read_lineage(folder)
    if lineage.get("kind") == "crf":
        labels = LabelSet(tuple(lineage["types"]))
        return Predictor(labels, lineage["script"], lineage, CrfTagger(folder / CRF_FILE))
    trained = load_trained(folder, base=base)
    return Predictor(trained.label_set, trained.script, trained.lineage, trained)
