"""A trained model of either kind, with all that is needed to use it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from nerbridge.alignment.label_columns import LabelColumns
from nerbridge.errors import EnvironmentProblem, ModelError
from nerbridge.labels import LabelSet
from nerbridge.models.adapter import load_adapter
from nerbridge.models.encoder import (
    EncoderSource,
    load_token_classifier,
    load_tokenizer,
    model_tags,
    resolve_encoder,
)
from nerbridge.models.folder import lineage_labels, read_lineage
from nerbridge.models.full import load_full


@dataclass(frozen=True)
class TrainedModel:
    """A model ready to predict.

    ``script`` is the one script its words must be in (None: as they are), ``max_subwords`` the
    size of its windows without special tokens, ``lineage`` the content of ``nerbridge.json``.
    ``columns`` says what the head's columns mean where they are not those of ``label_set.tags``.
    """

    model: PreTrainedModel | PeftModel
    tokenizer: PreTrainedTokenizerFast
    label_set: LabelSet
    script: str | None
    max_subwords: int
    lineage: dict[str, Any]
    columns: LabelColumns | None = None


def load_trained(folder: Path, *, base: str | None = None) -> TrainedModel:
    """Load an adapter (with its base) or a fully fine-tuned model.

    Args:
        folder: a model folder of a run.
        base: where the base encoder of an adapter is now, if not where it was; it must be the
            same encoder.

    Raises:
        ModelError: if anything is missing or does not fit.
        EnvironmentProblem: if the base is a hub model that is neither cached nor reachable.
    """
    lineage = read_lineage(folder)
    label_set = lineage_labels(lineage)
    model: PreTrainedModel | PeftModel
    if lineage.get("kind") == "adapter":
        source = _find_base(folder, lineage, base)
        fresh = load_token_classifier(source, label_set, seed=0)
        model = load_adapter(fresh, folder, trainable=False)
    elif lineage.get("kind") == "full":
        source = EncoderSource(str(folder), str(folder))
        model = load_full(folder)
    else:
        raise ModelError(
            f"{folder}: holds a model of kind {lineage.get('kind')!r}, expected 'adapter' or "
            "'full'. Give the folder of a transformer model."
        )
    if model_tags(model) != label_set.tags:
        raise ModelError(
            f"{folder}: config.json has the tags {', '.join(model_tags(model))}, nerbridge.json "
            f"the types {', '.join(label_set.types)}. Copy the model folder again."
        )
    tokenizer = load_tokenizer(source)
    return TrainedModel(
        model, tokenizer, label_set, lineage["script"], int(lineage["max_subwords"]), lineage
    )


def _find_base(folder: Path, lineage: dict[str, Any], base: str | None) -> EncoderSource:
    wanted = lineage["base"]
    if base is not None:
        return resolve_encoder(base)
    try:
        return resolve_encoder(wanted["id"], wanted.get("revision"))
    except (ModelError, EnvironmentProblem) as error:
        raise type(error)(
            f"{folder}: the adapter needs its base encoder {wanted['id']}, which is not to be "
            f"had: {error} If you have it elsewhere, name the place: base=FOLDER or --base FOLDER."
        ) from error
