"""Token classifiers on torch: while they are trained, and before they are exported."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from nerbridge.alignment.inference import Logits
from nerbridge.alignment.label_columns import LabelColumns
from nerbridge.labels import LabelSet
from nerbridge.models.encoder import (
    EncoderSource,
    load_tokenizer,
    max_window_subwords,
    special_ids,
)
from nerbridge.models.manifest import Manifest
from nerbridge.models.word_model import TokenClassifier

BATCH_SUBWORDS = 2048
"""On a processor, larger batches are slower by a tenth."""
LIVE_BATCH_SUBWORDS = 4096
"""Of a network in training, which often runs on a GPU."""

AnyNetwork = PreTrainedModel | PeftModel


@dataclass(frozen=True)
class TorchNetwork:
    """A network with its tokenizer, as a `nerbridge.alignment.inference.Forward`.

    It follows every change of the network's weights, and runs on the device that they are on.
    ``columns`` says what the head's columns mean where they are not the tags of the label set,
    ``process`` which process loaded it.
    """

    model: AnyNetwork
    tokenizer: PreTrainedTokenizerFast
    columns: LabelColumns | None = None
    process: int = field(default_factory=os.getpid)

    def __call__(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        """Logits. Shape: (n_rows, width, n_tags)."""
        if os.getpid() != self.process and torch.get_num_threads() > 1:
            torch.set_num_threads(1)  # the threads of OpenMP do not survive a fork
        # A network in training is asked, too; dropout is then off for the question only.
        was_training = self.model.training
        if was_training:
            self.model.eval()
        try:
            logits = self._run(torch.from_numpy(ids), torch.from_numpy(mask))
        finally:
            if was_training:
                self.model.train()
        return logits if self.columns is None else self.columns.apply(logits)

    def _run(self, ids: torch.Tensor, mask: torch.Tensor) -> Logits:
        device = self.model.device
        with torch.inference_mode():
            output = self.model(input_ids=ids.to(device), attention_mask=mask.to(device))
        logits: Logits = output.logits.float().cpu().numpy()
        return logits


def to_live_model(
    model: AnyNetwork, tokenizer: PreTrainedTokenizerFast, label_set: LabelSet, max_subwords: int
) -> TokenClassifier:
    """A network in training as a word model for words in model form; it follows its weights."""
    network = TorchNetwork(model, tokenizer)
    # Every corpus of a recipe may have a script of its own, so that no script is set here.
    live = to_word_model(network, label_set, script=None, max_subwords=max_subwords)
    return replace(live, batch_subwords=LIVE_BATCH_SUBWORDS)


def with_tokenizer(
    model: AnyNetwork, source: EncoderSource, columns: LabelColumns | None = None
) -> TorchNetwork:
    """A loaded model with the tokenizer of its encoder, which cuts and pads nothing."""
    tokenizer = load_tokenizer(source)
    # Once, here: switching them off for each call would not be safe in several threads.
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    return TorchNetwork(model, tokenizer, columns)


def to_word_model(
    network: TorchNetwork,
    label_set: LabelSet,
    *,
    script: str | None,
    max_subwords: int | None = None,
    folder: Path = Path(),
    manifest: Manifest | None = None,
) -> TokenClassifier:
    """The word model that a network runs.

    Args:
        network: the network and its tokenizer.
        label_set: the tags of its logits.
        script: the one script that it reads; None: words as they are.
        max_subwords: the size of its windows; at most, and by default, what it has positions for.
        folder: where its files are.
        manifest: of its folder, if it has one.
    """
    limit = max_window_subwords(network.model)
    return TokenClassifier(
        name=str(folder),
        folder=folder,
        label_set=label_set,
        script=script,
        tokenizer=network.tokenizer.backend_tokenizer,
        specials=special_ids(network.tokenizer),
        max_subwords=limit if max_subwords is None else min(max_subwords, limit),
        forward=network,
        manifest=manifest,
        batch_subwords=BATCH_SUBWORDS,
    )
