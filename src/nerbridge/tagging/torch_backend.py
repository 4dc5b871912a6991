"""Trained models on torch, before they are exported."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from nerbridge.alignment.inference import Forward, Logits
from nerbridge.alignment.label_columns import read_label_names
from nerbridge.errors import ModelError
from nerbridge.models.adapter import load_adapter
from nerbridge.models.encoder import (
    load_token_classifier,
    load_tokenizer,
    max_window_subwords,
    model_tags,
    resolve_encoder,
    special_ids,
)
from nerbridge.models.folder import LINEAGE_FILE
from nerbridge.models.full import load_full
from nerbridge.models.prediction import torch_forward
from nerbridge.models.trained import TrainedModel, load_trained
from nerbridge.tagging.backend import TaggerModel
from nerbridge.tagging.model_folder import read_temperature

BATCH_SUBWORDS = 2048
_ADAPTER_CONFIG = "adapter_config.json"


def load_torch(folder: Path, *, base: str | None, n_threads: int | None) -> TaggerModel:
    """Load an adapter with its base, a merged model, or any token classifier of transformers.

    Args:
        folder: a model folder. Without ``nerbridge.json`` its words are read as they are and its
            labels, which must be IOB2, are those of its ``config.json``; an adapter that has none
            takes them from its base's.
        base: where the base encoder of an adapter is now, if not where it was.
        n_threads: threads torch may use, in the whole process; None leaves them as they are.

    Raises:
        ModelError: if anything is missing, damaged, pickled, in need of remote code, or does not
            fit.
        EnvironmentProblem: if the base is a hub model that is neither cached nor reachable.
    """
    if n_threads is not None:
        torch.set_num_threads(n_threads)
    return to_tagger_model(load_any(folder, base=base), folder)


def load_any(folder: Path, *, base: str | None = None) -> TrainedModel:
    """The model itself, of any folder that `load_torch` takes; without lineage if it has none.

    Raises:
        ModelError: as `load_torch`.
        EnvironmentProblem: as `load_torch`.
    """
    if not (folder / LINEAGE_FILE).is_file():
        return _load_foreign(folder, base)
    if not (folder / _ADAPTER_CONFIG).is_file():
        resolve_encoder(str(folder.absolute()))
    return load_trained(folder, base=base)


def to_tagger_model(trained: TrainedModel, folder: Path) -> TaggerModel:
    """What tags with a loaded model; it follows every change of its weights."""
    return TaggerModel(
        name=str(folder),
        label_set=trained.label_set,
        script=trained.script,
        tokenizer=_whole(trained.tokenizer),
        specials=special_ids(trained.tokenizer),
        max_subwords=min(trained.max_subwords, max_window_subwords(trained.model)),
        temperature=read_temperature(trained.lineage, folder),
        forward=_forward(trained),
        manifest=trained.lineage,
        batch_subwords=BATCH_SUBWORDS,
    )


def _load_foreign(folder: Path, base: str | None) -> TrainedModel:
    model: PreTrainedModel | PeftModel
    if (folder / _ADAPTER_CONFIG).is_file():
        source = resolve_encoder(base or _base_of(folder))
        tags, path = _tags_of_adapter(folder, source.folder)
        columns = read_label_names(tags, path)
        fresh = load_token_classifier(source, columns.label_set, seed=0)
        model = load_adapter(fresh, folder, trainable=False)
    else:
        source = resolve_encoder(str(folder.absolute()))
        model = load_full(folder)
        columns = read_label_names(model_tags(model), folder / "config.json")
    limit = max_window_subwords(model)
    tokenizer = load_tokenizer(source)
    return TrainedModel(model, tokenizer, columns.label_set, None, limit, {}, columns)


def _whole(tokenizer: PreTrainedTokenizerFast) -> Any:
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    return backend


def _forward(trained: TrainedModel) -> Forward:
    """The model, its columns in the order of ``label_set.tags``."""
    trained.model.eval()
    plain = torch_forward(trained.model)
    columns = trained.columns
    owner = os.getpid()

    def forward(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        if os.getpid() != owner and torch.get_num_threads() > 1:
            torch.set_num_threads(1)  # the threads of OpenMP do not survive a fork
        logits = plain(ids, mask)
        return logits if columns is None else columns.apply(logits)

    return forward


def _tags_of_adapter(folder: Path, base: Path) -> tuple[tuple[str, ...], Path]:
    """The tags of the head's columns, and the file that says so."""
    own = folder / "config.json"
    path = own if own.is_file() else base / "config.json"
    pairs = _read_json(path).get("id2label") or {}
    return tuple(str(tag) for _, tag in sorted(pairs.items(), key=lambda p: int(p[0]))), path


def _base_of(folder: Path) -> str:
    found = _read_json(folder / _ADAPTER_CONFIG).get("base_model_name_or_path")
    if isinstance(found, str) and found:
        return found
    raise ModelError(
        f"{folder / _ADAPTER_CONFIG}: base_model_name_or_path is {found!r}. Name the base encoder: "
        "base=FOLDER or --base FOLDER."
    )


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({error}). Copy the model again.") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path}: expected a JSON object. Copy the model again.")
    return value
