"""Tags from any trained model folder: adapter, full model or CRF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from nerbridge.alignment.decoding import decode_many
from nerbridge.alignment.inference import Logits
from nerbridge.alignment.subwords import encode_sentences
from nerbridge.labels import LabelSet
from nerbridge.models.encoder import special_ids
from nerbridge.models.folder import read_lineage
from nerbridge.models.prediction import predict_logits
from nerbridge.models.trained import TrainedModel, load_trained
from nerbridge.training.crf import CrfTagger

CRF_FILE = "model.crfsuite"


@dataclass(frozen=True)
class Predictions:
    """Valid IOB2 tags of every sentence, and the logits of its words (None: a CRF has none)."""

    tags: list[list[str]]
    logits: list[Logits] | None


@dataclass(frozen=True)
class Predictor:
    """A trained model as a function from words (in model form) to IOB2 tags."""

    label_set: LabelSet
    script: str | None
    lineage: dict[str, Any]
    model: TrainedModel | CrfTagger

    @property
    def temperature(self) -> float:
        """What to divide the logits by before an entity is scored; 1 for uncalibrated models."""
        return float(self.lineage.get("calibration", {}).get("temperature", 1.0))

    def predict(self, sentences: Sequence[Sequence[str]]) -> Predictions:
        """Tags and logits of every sentence."""
        if isinstance(self.model, CrfTagger):
            return Predictions(self.model.tag_many(sentences), None)
        logits = word_logits(
            self.model.model, self.model.tokenizer, sentences, self.model.max_subwords
        )
        return Predictions(decode_many(logits, self.label_set), logits)

    def tag_many(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Valid IOB2 tags of every sentence."""
        return self.predict(sentences).tags


def word_logits(
    model: PreTrainedModel | PeftModel,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[Sequence[str]],
    max_subwords: int,
) -> list[Logits]:
    """Logits of sentences given as words in model form. Shape of each: (n_words, n_tags)."""
    specials = special_ids(tokenizer)
    encoded = encode_sentences(tokenizer.backend_tokenizer, sentences, specials.unk)
    return predict_logits(model, encoded, specials=specials, max_subwords=max_subwords)


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
