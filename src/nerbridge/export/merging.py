"""Adapters merged into their base: one plain model with its columns in the order of the labels."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from peft import PeftModel
from torch import nn
from transformers import PreTrainedModel

from nerbridge.errors import ModelError
from nerbridge.models.encoder import head_modules, model_tags
from nerbridge.models.trained import TrainedModel


@dataclass(frozen=True)
class MergedModel(TrainedModel):
    """A trained model without an adapter."""

    model: PreTrainedModel


def merge(trained: TrainedModel) -> MergedModel:
    """The same model without an adapter, in place: the weights of ``trained`` change.

    Raises:
        ModelError: if the head ends in no linear layer and its columns are in another order.
    """
    model = trained.model
    if isinstance(model, PeftModel):
        model = model.merge_and_unload()
    model.eval()
    model.requires_grad_(False)
    _order_columns(model, trained.label_set.tags)
    model.config.id2label = dict(enumerate(trained.label_set.tags))
    model.config.label2id = dict(trained.label_set.tag_to_id)
    facts = {field.name: getattr(trained, field.name) for field in fields(TrainedModel)}
    return MergedModel(**{**facts, "model": model})


def _order_columns(model: PreTrainedModel, tags: tuple[str, ...]) -> None:
    """Put the head's outputs in the order of ``tags``."""
    found = model_tags(model)
    if found == tags:
        return
    # A head may have layers before the one whose outputs are the labels (ModernBERT's has).
    head = list(head_modules(model).values())[-1]
    if not isinstance(head, nn.Linear):
        raise ModelError(
            f"the labels are in the order {', '.join(found)}, expected {', '.join(tags)}, and the "
            f"head ends in a {type(head).__name__}. Order its labels, then export."
        )
    columns = torch.tensor([found.index(tag) for tag in tags])
    with torch.no_grad():
        head.weight.copy_(head.weight[columns].clone())
        head.bias.copy_(head.bias[columns].clone())
