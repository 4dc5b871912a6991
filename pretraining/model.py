"""The encoder as training begins with it, and its two objectives.

Masked language modelling guesses the words that were taken out. Replaced-token detection (Source:
Clark et al. 2020, ELECTRA) fills the gaps with the guesses of a one-layer generator and asks the
encoder of every place whether what stands there is what stood there.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM

Objective = Literal["masked", "replaced"]
IGNORE = -100
SHARES = {"as": 0.5, "bn": 0.3, "hi": 0.2}
"""Assamese is the target and repeats more often."""
JUDGEMENT_WEIGHT = 50.0
"""Of the encoder's loss against the generator's, as in ELECTRA."""


@dataclass(frozen=True)
class Settings:
    """Everything that decides the outcome; stored beside the checkpoint and compared on resume."""

    tokens: int
    layers: int
    hidden: int
    heads: int
    intermediate: int
    length: int
    batch: int
    learning_rate: float
    warmup: float
    masked: float
    bf16: bool
    seed: int
    processes: int
    weights: str | None = None
    """Hash of the checkpoint that the weights started from."""
    objective: Objective = "masked"
    shares: dict[str, float] = field(default_factory=lambda: dict(SHARES))
    """Of the sequences, by language."""

    @property
    def n_steps(self) -> int:
        """Steps in the whole schedule."""
        return math.ceil(self.tokens / (self.length * self.batch * self.processes))


def build_model(settings: Settings, n_pieces: int, vectors: Path) -> XLMRobertaForMaskedLM:
    config = XLMRobertaConfig(
        vocab_size=n_pieces, hidden_size=settings.hidden, num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads, intermediate_size=settings.intermediate,
        max_position_embeddings=settings.length + 2, type_vocab_size=1,
        bos_token_id=0, pad_token_id=1, eos_token_id=2, attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=0.0,
    )  # fmt: skip
    torch.manual_seed(settings.seed)
    model = XLMRobertaForMaskedLM(config)
    if vectors.is_file():
        rows = torch.from_numpy(np.load(vectors).astype(np.float32))
        rows = rows / rows.norm(dim=1, keepdim=True).mean() * (0.05 * settings.hidden**0.5)
        with torch.no_grad():
            model.roberta.embeddings.word_embeddings.weight.copy_(rows)
            model.roberta.embeddings.word_embeddings.weight[1].zero_()
    look_at_neighbours(model)
    return model


def look_at_neighbours(model: XLMRobertaForMaskedLM, sharpness: float = 1.5) -> None:
    """Let the heads of the first two layers start out looking at the words around.

    Attention that is random at first learns to look at neighbours only after millions of tokens, a
    plateau a CPU cannot afford. Positions start as sinusoids, in which a shift is a rotation; the
    query of a head reads some of them and its key reads the same, rotated by the head's offset, so
    that their product peaks there. Everything stays trainable.
    """
    config = model.config
    hidden, size = config.hidden_size, config.hidden_size // config.num_attention_heads
    n_pairs = hidden // 2
    # Around a quarter turn a position: a word turned by an offset then no longer matches itself.
    frequencies = math.pi * (0.15 + 0.7 * torch.rand(n_pairs))
    angles = torch.arange(config.max_position_embeddings)[:, None] * frequencies
    amplitude = 0.05
    positions = torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1) * amplitude
    offsets = ((-1, 1, -2, 2), (1, -1, 3, -3))
    with torch.no_grad():
        embedding = model.roberta.embeddings.position_embeddings.weight
        embedding.copy_(positions)
        embedding[config.pad_token_id].zero_()
        for layer, layer_offsets in zip(model.roberta.encoder.layer, offsets, strict=False):
            attention = layer.attention.self
            for head, offset in zip(range(config.num_attention_heads), layer_offsets, strict=False):
                rows = slice(head * size, (head + 1) * size)
                pairs = torch.arange(head, n_pairs, n_pairs // (size // 2))[: size // 2]
                query, key = torch.zeros(size, hidden), torch.zeros(size, hidden)
                for i, pair in enumerate(pairs.tolist()):
                    turn = frequencies[pair] * offset
                    sin, cos = 2 * pair, 2 * pair + 1
                    # (sin, cos) of position p + offset, from those of p: that is where to look.
                    query[2 * i, sin], query[2 * i, cos] = turn.cos(), turn.sin()
                    query[2 * i + 1, sin], query[2 * i + 1, cos] = -turn.sin(), turn.cos()
                    key[2 * i, sin] = key[2 * i + 1, cos] = 1.0
                attention.query.weight[rows] = sharpness * query
                attention.key.weight[rows] = sharpness * key


class MaskedLoss(nn.Module):
    """The model and its loss in one module, so that a distributed wrapper sees a single forward."""

    def __init__(self, model: XLMRobertaForMaskedLM) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Loss, and share of right guesses, over the masked places."""
        hidden = self.model.roberta(ids).last_hidden_state
        masked = labels != IGNORE
        logits = self.model.lm_head(hidden[masked]).float()
        targets = labels[masked]
        return nn.functional.cross_entropy(logits, targets), (
            logits.argmax(-1) == targets
        ).float().mean()


class ReplacedLoss(nn.Module):
    """Generator and encoder share the vocabulary; the encoder's head judges every place."""

    def __init__(self, model: XLMRobertaForMaskedLM) -> None:
        super().__init__()
        self.model = model
        self.generator = copy.deepcopy(model.roberta.encoder.layer[0])
        self.judge = nn.Linear(model.config.hidden_size, 1)

    def forward(self, ids: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Both losses together, and the share of replaced places that were found out."""
        masked = labels != IGNORE
        logits = self.model.lm_head(self.generator(self.model.roberta.embeddings(ids))[masked])
        logits, targets = logits.float(), labels[masked]
        gumbel = -torch.empty_like(logits).exponential_().log()
        seen = ids.masked_scatter(masked, (logits.detach() + gumbel).argmax(-1))
        replaced = seen != torch.where(masked, labels, ids)
        judgement = self.judge(self.model.roberta(seen).last_hidden_state).squeeze(-1).float()
        loss = nn.functional.binary_cross_entropy_with_logits(judgement, replaced.float())
        guessing = nn.functional.cross_entropy(logits, targets)
        found = (judgement > 0)[replaced].float().mean()
        return guessing + JUDGEMENT_WEIGHT * loss, found


def build_loss(settings: Settings, n_pieces: int, vectors: Path) -> MaskedLoss | ReplacedLoss:
    """A new encoder inside its objective."""
    model = build_model(settings, n_pieces, vectors)
    return MaskedLoss(model) if settings.objective == "masked" else ReplacedLoss(model)
