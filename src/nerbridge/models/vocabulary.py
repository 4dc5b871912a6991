"""Training only the vocabulary rows in use.

Of a 250,000-row embedding a training set reads a few thousand rows, but an optimiser keeps and
updates all of them. `trim_vocabulary` puts a small table in the model that still takes the original
ids, so that nothing else has to know; `VocabularyTrim.restore` puts the full table back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from nerbridge.alignment.subwords import SubwordSentence
from nerbridge.errors import ModelError


class TrimmedEmbedding(nn.Embedding):
    """An embedding that holds some rows of a larger one and takes the larger one's ids.

    Shape of ``weight``: (n_used, hidden). An id without a row is an error, as in any embedding.
    """

    lookup: torch.Tensor

    def __init__(self, full: nn.Embedding, used: torch.Tensor) -> None:
        # An id without a row leads to -1, which fails instead of giving the row of another id.
        lookup = torch.full((full.num_embeddings,), -1, dtype=torch.long)
        lookup[used] = torch.arange(len(used))
        padding = None if full.padding_idx is None else int(lookup[full.padding_idx])
        rows = full.weight.detach()[used.to(full.weight.device)].clone()
        super().__init__(len(used), full.embedding_dim, padding_idx=padding, _weight=rows)
        self.weight.requires_grad_(full.weight.requires_grad)
        # Not saved: the table of ids is no weight of the model.
        self.register_buffer("lookup", lookup.to(rows.device), persistent=False)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Embed original ids. Shape: (..., hidden)."""
        return functional.embedding(self.lookup[input], self.weight, self.padding_idx)


@dataclass(frozen=True)
class VocabularyTrim:
    """What is needed to give a trimmed model its full vocabulary back."""

    used: torch.Tensor
    padding_idx: int | None
    full: torch.Tensor
    """The full table as it was before training; restoring writes the trained rows into it."""

    def restore(self, model: PreTrainedModel) -> None:
        """Put the full embedding back, with the trained rows in their places, in place.

        Rows that were not in use are bit for bit what they were.

        Raises:
            ValueError: if the model is not trimmed.
        """
        trimmed = model.get_input_embeddings()
        if not isinstance(trimmed, TrimmedEmbedding):
            raise ValueError("the model's vocabulary is not trimmed")
        full = self.full
        full[self.used] = trimmed.weight.detach().cpu()
        embedding = nn.Embedding(
            full.shape[0], full.shape[1], padding_idx=self.padding_idx, _weight=full
        )
        embedding.weight.requires_grad_(trimmed.weight.requires_grad)
        model.set_input_embeddings(embedding.to(trimmed.weight.device))


def used_ids(sentences: Iterable[SubwordSentence], tokenizer: PreTrainedTokenizerFast) -> set[int]:
    """All ids that occur in the sentences, and all special tokens."""
    used = set(tokenizer.all_special_ids)
    for sentence in sentences:
        used.update(sentence.ids)
    return used


def trim_vocabulary(model: PreTrainedModel, ids: Iterable[int]) -> VocabularyTrim:
    """Keep only the embedding rows ``ids`` and the special tokens named in the config, in place.

    The model takes the same ids as before and gives the same logits on text made of them; other
    ids are an `IndexError`. It must be restored before it is saved.

    Args:
        model: a model with an ordinary input embedding.
        ids: ids that training and prediction will meet (see `used_ids`).

    Raises:
        ModelError: if the embedding is not an ordinary one, or an id lies outside of it.
    """
    full = model.get_input_embeddings()
    # A subclass may do more than look rows up (scale them, say), which would be lost.
    if type(full) is not nn.Embedding:
        raise ModelError(f"cannot trim the vocabulary of a {type(full).__name__}")
    used = torch.tensor(sorted({*ids, *_config_ids(model)}), dtype=torch.long)
    if int(used[0]) < 0 or int(used[-1]) >= full.num_embeddings:
        raise ModelError(
            f"token ids {int(used[0])} to {int(used[-1])} do not fit a vocabulary of "
            f"{full.num_embeddings}: tokenizer and model do not belong together."
        )
    trim = VocabularyTrim(used, full.padding_idx, full.weight.detach().cpu())
    model.set_input_embeddings(TrimmedEmbedding(full, used))
    _leave_the_file(model)
    return trim


def _leave_the_file(model: PreTrainedModel) -> None:
    """Copy the weights: as views of a mapped file they would keep the full table in memory."""
    for parameter in model.parameters():
        parameter.data = parameter.data.clone()


def _config_ids(model: PreTrainedModel) -> set[int]:
    names = ("pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id")
    found = (getattr(model.config, name, None) for name in names)
    return {id_ for id_ in found if id_ is not None}
