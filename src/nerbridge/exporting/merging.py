"""Adapters merged into their base: one plain model with its columns in the order of the labels."""

from __future__ import annotations

from peft import PeftModel
from torch import nn
from transformers import PreTrainedModel

from nerbridge.alignment.label_columns import IMPOSSIBLE, LabelColumns
from nerbridge.errors import ModelError
from nerbridge.labels import LabelSet
from nerbridge.models.encoder import head_modules
from nerbridge.models.torch_model import TorchNetwork


def merge(network: TorchNetwork, label_set: LabelSet) -> PreTrainedModel:
    """The same model without an adapter, in place: the weights of ``network`` change.

    Raises:
        ModelError: if the head ends in no linear layer and its columns are in another order.
    """
    model = network.model
    if isinstance(model, PeftModel):
        model = model.merge_and_unload()
    model.eval()
    model.requires_grad_(False)
    if network.columns is not None:
        _order_columns(model, network.columns)
    model.config.id2label = dict(enumerate(label_set.tags))
    model.config.label2id = dict(label_set.tag_to_id)
    return model


def _order_columns(model: PreTrainedModel, columns: LabelColumns) -> None:
    """Put the head's outputs in the order of the tags; a tag that it lacks becomes impossible."""
    tags, targets = columns.label_set.tags, columns.targets
    if targets == tuple(range(len(tags))):
        return
    if shared := {tags[id_] for id_ in targets if targets.count(id_) > 1}:
        raise ModelError(
            f"several labels of the model mean {', '.join(sorted(shared))} (as E- and I- do, or O "
            "and [PAD]); an export needs one column for each tag. Tag with the model as it is, or "
            "train a model of its tags (`nerbridge pseudo-label`), which can be exported."
        )
    # A head may have layers before the one whose outputs are the labels (ModernBERT's has).
    name, head = list(head_modules(model).items())[-1]
    if not isinstance(head, nn.Linear):
        raise ModelError(
            f"the labels are in another order than {', '.join(tags)}, and the head is a "
            f"{type(head).__name__}. Order its labels, then export."
        )
    ordered = nn.Linear(head.in_features, len(tags)).requires_grad_(False)
    ordered.weight.zero_()
    ordered.bias.fill_(IMPOSSIBLE)
    ordered.weight[list(targets)] = head.weight
    ordered.bias[list(targets)] = 0.0 if head.bias is None else head.bias
    setattr(model, name, ordered)
