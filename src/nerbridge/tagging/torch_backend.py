"""Trained models on torch, before they are exported."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from nerbridge.alignment.inference import Forward, Logits
from nerbridge.models.encoder import (
    max_window_subwords,
    resolve_encoder,
    special_ids,
)
from nerbridge.models.folder import ADAPTER_CONFIG_FILE, LINEAGE_FILE
from nerbridge.models.foreign import Names, load_foreign
from nerbridge.models.prediction import torch_forward
from nerbridge.models.trained import TrainedModel, load_trained
from nerbridge.tagging.backend import TaggerModel
from nerbridge.tagging.model_folder import read_temperature

BATCH_SUBWORDS = 2048


def load_torch(
    folder: Path, *, base: str | None, n_threads: int | None, names: Names | None = None
) -> TaggerModel:
    """Load an adapter with its base, a merged model, or any token classifier of transformers.

    Args:
        folder: a model folder. Without ``nerbridge.json`` its words are read as they are, and its
            labels are read by `nerbridge.alignment.label_columns`.
        base: where the base encoder of an adapter is now, if not where it was.
        n_threads: threads torch may use, in the whole process; None leaves them as they are.
        names: names for labels that have none, as in ``{"LABEL_0": "O"}``.

    Raises:
        ModelError: if anything is missing, damaged, pickled, in need of remote code, or does not
            fit.
        EnvironmentProblem: if the base is a hub model that is neither cached nor reachable.
    """
    if n_threads is not None:
        torch.set_num_threads(n_threads)
    return to_tagger_model(load_any(folder, base=base, names=names), folder)


def load_any(folder: Path, *, base: str | None = None, names: Names | None = None) -> TrainedModel:
    """The model itself, of any folder that `load_torch` takes; without lineage if it has none.

    Raises:
        ModelError: as `load_torch`.
        EnvironmentProblem: as `load_torch`.
    """
    if not (folder / LINEAGE_FILE).is_file():
        return load_foreign(folder, base=base, names=names)
    if not (folder / ADAPTER_CONFIG_FILE).is_file():
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
