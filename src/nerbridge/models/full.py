"""Fully fine-tuned models: a plain transformers folder with its tokenizer and manifest."""

from __future__ import annotations

from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from nerbridge.errors import ModelError
from nerbridge.models.encoder import check_tensors, load_pretrained
from nerbridge.models.folder import new_folder
from nerbridge.models.manifest import Manifest, write_manifest
from nerbridge.models.quiet import suppress_transformers_logging
from nerbridge.models.vocabulary import TrimmedEmbedding


def save_full(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
    manifest: Manifest,
) -> None:
    """Write model, tokenizer and ``nerbridge.json``, whole or not at all.

    The folder loads with ``AutoModelForTokenClassification`` too.

    Raises:
        ValueError: if the vocabulary is trimmed (restore it first).
        EnvironmentProblem: if the disk is full or cannot be written.
    """
    if isinstance(model.get_input_embeddings(), TrimmedEmbedding):
        raise ValueError("the model's vocabulary is trimmed: restore it before saving")
    with new_folder(folder) as temporary, suppress_transformers_logging():
        model.save_pretrained(temporary, max_shard_size="50GB")
        tokenizer.save_pretrained(temporary)
        write_manifest(temporary, manifest.model_copy(update={"kind": "full"}))


def load_full(folder: Path) -> PreTrainedModel:
    """Load a model folder in float32, in evaluation mode; every tensor must be there and fit.

    Raises:
        ModelError: if the folder is incomplete or damaged, or any tensor is missing, unexpected
            or of another shape (a folder without a head, for one).
    """
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder}: no config.json; expected a transformers model folder.")
    model, info = load_pretrained(folder, str(folder), None)
    check_tensors(str(folder), info)
    return model
